import { once } from "node:events";
import { createServer, type RequestListener } from "node:http";
import { type AddressInfo, createServer as createTcpServer, type Server, type Socket } from "node:net";
import { expect } from "chai";
import { askProxy, readProxyHealthUrl } from "./ask-proxy.ts";

describe("the question to kube-proxy", () => {
  const ends: (() => void)[] = [];
  afterEach(() => {
    for (const end of ends.splice(0)) end();
  });

  async function listening(server: Server): Promise<URL> {
    const sockets = new Set<Socket>();
    server.on("connection", (socket) => sockets.add(socket));
    ends.push(() => {
      server.close();
      for (const socket of sockets) socket.destroy();
    });
    server.listen(0, "127.0.0.1");
    await once(server, "listening");
    return new URL(`http://127.0.0.1:${(server.address() as AddressInfo).port}/healthz`);
  }
  const http = (listener: RequestListener): Promise<URL> => listening(createServer(listener));
  const raw = (text: string): Promise<URL> =>
    listening(createTcpServer((socket) => void socket.on("error", () => {}).write(text)));
  const ask = (url: URL, withinMs = 5_000) => {
    const late = new AbortController();
    const timer = setTimeout(() => late.abort(new Error("it took too long")), withinMs);
    return askProxy(url, late.signal).finally(() => clearTimeout(timer));
  };

  it("is answered well by 200, whatever the body says", async () => {
    const seen: string[] = [];
    const url = await http((request, response) => {
      seen.push(`${request.method} ${request.url} ${request.headers.connection}`);
      response.end('{"lastUpdated": "2026-01-01"}');
    });
    expect(await ask(url)).to.equal(undefined);
    expect(seen).to.deep.equal(["GET /healthz close"]);
  });

  for (const status of [204, 301, 307, 404, 500, 503])
    it(`is not answered well by ${status}, and nobody else is asked`, async () => {
      const seen: string[] = [];
      const url = await http((request, response) => {
        seen.push(String(request.url));
        response.writeHead(status, { location: "/elsewhere" }).end();
      });
      expect(await ask(url)).to.deep.equal({ kind: "Status", text: `answered ${status}` });
      expect(seen).to.deep.equal(["/healthz"]);
    });

  it("does not wait for a body, and keeps no connection for one without end", async () => {
    const closed = Promise.withResolvers<void>();
    const url = await http((_request, response) => {
      response.on("close", () => closed.resolve());
      response.write("x");
    });
    expect(await ask(url)).to.equal(undefined);
    await closed.promise;
  });

  it("gets no answer where nobody listens", async () => {
    const url = await http(() => {});
    for (const end of ends.splice(0)) end();
    const fault = await ask(url);
    expect(fault?.kind).to.equal("NoAnswer");
    expect(fault?.text).to.match(/^gave no answer: .*ECONNREFUSED/);
  });

  const nonsense: readonly [string, string][] = [
    ["no HTTP", "SSH-2.0-OpenSSH\r\n\r\n"],
    ["a head without end", `HTTP/1.1 200 OK\r\n${"x: y\r\n".repeat(5000)}`],
    ["a status that is none", "HTTP/1.1 2000 OK\r\n\r\n"],
  ];
  for (const [what, text] of nonsense)
    it(`gets no answer from ${what}`, async () => {
      expect((await ask(await raw(text)))?.kind).to.equal("NoAnswer");
    });

  it("is given up with its signal", async () => {
    const url = await raw("");
    expect(await ask(url, 50)).to.deep.equal({
      kind: "NoAnswer",
      text: "gave no answer: it took too long",
    });
  });
});

describe("the option --proxy-health-url", () => {
  const read = (text: string): string | undefined => {
    const url = readProxyHealthUrl(text);
    return url.ok ? url.value?.href : url.error;
  };

  it("is a URL of http, or nothing", () => {
    expect(read("http://[::1]:10256/healthz")).to.equal("http://[::1]:10256/healthz");
    expect(read("")).to.equal(undefined);
    expect(read("off")).to.equal(undefined);
  });

  const wrong: readonly [string, string][] = [
    ["127.0.0.1:10256", "is no URL"],
    ["https://127.0.0.1:10256/healthz", "begins with https:"],
    ["http://me:secret@127.0.0.1/", "names a user"],
  ];
  for (const [text, what] of wrong)
    it(`${what} if it is ${text}, and says what to write`, () => {
      expect(read(text))
        .to.match(new RegExp(`^--proxy-health-url ${what}; write a URL`))
        .and.not.to.contain("secret");
    });
});
