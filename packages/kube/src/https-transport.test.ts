import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { FakeClock } from "@fairlead/runtime/fake-clock.ts";
import { seededRandom } from "@fairlead/runtime/random.ts";
import { KubeConfig } from "@kubernetes/client-node";
import { expect } from "chai";
import { HttpsTransport, type HttpsTransportOptions } from "./https-transport.ts";
import { firstCertificate, secondCertificate } from "./testing/certificates.ts";
import { eventually } from "./testing/eventually.ts";
import { RecordingLog } from "./testing/recording-log.ts";
import {
  after,
  hang,
  json,
  reset,
  ScriptedServer,
  type ScriptedServerOptions,
  status,
  trickle,
  watch,
} from "./testing/scripted-server.ts";
import { ApiError, RequestRefused, TransportError } from "./transport.ts";

describe("HttpsTransport", () => {
  let clock: FakeClock;
  let log: RecordingLog;
  let server: ScriptedServer;
  let transport: HttpsTransport;
  const ended: (() => unknown)[] = [];

  beforeEach(() => {
    clock = new FakeClock();
    log = new RecordingLog();
  });

  afterEach(async () => {
    for (const end of ended.splice(0).reverse()) await end();
  });

  async function begin(
    options: Partial<HttpsTransportOptions> & { readonly server?: ScriptedServerOptions } = {},
  ): Promise<void> {
    server = await ScriptedServer.start(options.server);
    ended.push(() => server.stop());
    connect(options);
  }

  function connect(options: Partial<HttpsTransportOptions> = {}): void {
    const kubeConfig = options.kubeConfig ?? server.kubeConfig();
    const made = new HttpsTransport({ clock, random: seededRandom(1), log, ...options, kubeConfig });
    transport = made;
    ended.push(() => made.stop());
  }

  const get = (more: Partial<Parameters<HttpsTransport["request"]>[0]> = {}): Promise<unknown> =>
    transport.request({ method: "GET", path: "/api/v1/nodes?limit=1", ...more });

  it("makes one handshake for many requests in a row", async () => {
    await begin({ server: { certificate: firstCertificate } });
    server.on("list", json({ ok: true }));
    for (let i = 0; i < 100; i++) expect(await get()).to.deep.equal({ ok: true });
    expect(server.connections).to.equal(1);
  });

  it("reaches a server on an IPv6 address and checks its certificate", async () => {
    await begin({ server: { certificate: firstCertificate, host: "::1" } });
    server.on("list", json({ ok: true }));
    expect(await get()).to.deep.equal({ ok: true });
    connect({ kubeConfig: server.kubeConfig({}, { caData: base64(secondCertificate.certificate) }) });
    expect(await failure(get())).to.match(/^GET \/api\/v1\/nodes failed: .*certificate/);
  });

  it("names itself, sends JSON and keeps a path prefix of the server", async () => {
    await begin();
    server.on("PATCH", json({}));
    connect({ kubeConfig: server.kubeConfig({}, { server: `${server.url}/clusters/one/` }) });
    const contentType = "application/apply-patch+yaml";
    await transport.request({ method: "PATCH", path: "/api/v1/nodes/a", body: { a: "ü" }, contentType });
    expect(server.requests[0]).to.include({ path: "/clusters/one/api/v1/nodes/a", body: '{"a":"ü"}' });
    expect(server.requests[0]?.headers).to.include({ "content-type": contentType });
    expect(server.requests[0]?.headers["user-agent"]).to.match(/^fairlead\/\d/);
  });

  it("tells an error's status, reason, message and details", async () => {
    await begin();
    server.on("list", status(409, "Conflict", {}, { message: "the object has been modified" }));
    const error = await rejection(get());
    expect(error).to.be.instanceOf(ApiError);
    expect(error).to.include({ status: 409, reason: "Conflict", message: "the object has been modified" });
  });

  it("tells an error whose body is a proxy's page", async () => {
    await begin();
    server.on("list", (response) => {
      response.writeHead(502, { "content-type": "text/html" }).end("<h1>Bad gateway</h1>");
    });
    expect(await rejection(get())).to.include({ status: 502, reason: "", message: "<h1>Bad gateway</h1>" });
  });

  describe("waits when the server asks for it", () => {
    it("429 with Retry-After", async () => {
      await begin();
      server.on("list", status(429, "TooManyRequests", { "retry-after": "3" }), json({ ok: true }));
      const answer = get();
      await eventually("the first request", () => server.requests.length === 1);
      await clock.advanceAsync(2_900);
      expect(server.requests.length).to.equal(1);
      await eventually("the second request", () => server.requests.length === 2, { clock });
      expect(await answer).to.deep.equal({ ok: true });
    });

    it("503 with Retry-After, but not without", async () => {
      await begin();
      server.on("list", status(503, "ServiceUnavailable", { "retry-after": "1" }), status(503, "Down"));
      const answer = rejection(get());
      await eventually("the second request", () => server.requests.length === 2, { clock });
      expect(await answer).to.include({ status: 503, reason: "Down" });
    });

    it("no longer than the deadline; then the error says how long it would be", async () => {
      await begin();
      server.on("list", status(429, "TooManyRequests", { "retry-after": "120" }));
      expect(await rejection(get())).to.include({ status: 429, retryAfterMs: 120_000 });
      expect(clock.pending).to.equal(0);
    });
  });

  describe("ends an exchange", () => {
    it("when no head comes before the deadline", async () => {
      await begin();
      server.on("list", hang);
      const answer = rejection(get());
      await eventually("the request", () => server.requests.length === 1);
      await clock.advanceAsync(30_000);
      expect(await answer).to.include({ failure: "deadline" });
      await eventually("the connection is closed", () => server.open.size === 0);
    });

    it("when the body is too slow for the deadline", async () => {
      await begin();
      server.on("list", trickle(" "));
      const answer = rejection(get({ deadlineMs: 1_000 }));
      await eventually("the request", () => server.requests.length === 1);
      await clock.advanceAsync(1_000);
      expect(await answer).to.include({ failure: "deadline" });
    });

    it("when the answer is larger than its bound", async () => {
      await begin({ mostBytes: 1_000 });
      server.on("list", json({ text: "x".repeat(2_000) }));
      expect(await rejection(get())).to.include({ failure: "too-large" });
    });

    it("when the answer is not JSON", async () => {
      await begin();
      server.on("list", (response) => void response.end("{"));
      expect(await rejection(get())).to.include({ failure: "not-json" });
    });

    it("when its owner aborts, with the owner's reason", async () => {
      await begin();
      server.on("list", hang);
      const controller = new AbortController();
      const answer = rejection(get({ signal: controller.signal }));
      await eventually("the request", () => server.requests.length === 1);
      const reason = new Error("enough");
      controller.abort(reason);
      expect(await answer).to.equal(reason);
      await eventually("the connection is closed", () => server.open.size === 0);
      expect(await rejection(get({ signal: controller.signal }))).to.equal(reason);
      expect(server.requests.length).to.equal(1);
    });

    it("when the transport stops, for good", async () => {
      await begin();
      server.on("list", hang);
      const answer = rejection(get());
      await eventually("the request", () => server.requests.length === 1);
      transport.stop();
      expect(await answer).to.include({ failure: "stopped" });
      expect(await rejection(get())).to.include({ failure: "stopped" });
      expect(clock.pending).to.equal(0);
    });

    it("when the server cannot be reached, saying which", async () => {
      await begin();
      await server.stop();
      expect(await failure(get())).to.match(
        /^GET \/api\/v1\/nodes failed: connect ECONNREFUSED 127\.0\.0\.1/,
      );
    });
  });

  it("repeats a GET, and nothing else, when the idle connection turns out to be closed", async () => {
    await begin();
    server.on("list", json({}), reset, json({ ok: true }));
    server.on("POST", reset);
    await get();
    expect(await get()).to.deep.equal({ ok: true });
    expect(await rejection(transport.request({ method: "POST", path: "/x", body: {} }))).to.include({
      failure: "unreachable",
    });
    expect(server.seen("POST").length).to.equal(1);
  });

  it("does not repeat when a fresh connection is reset", async () => {
    await begin();
    server.on("list", reset);
    expect(await rejection(get())).to.be.instanceOf(TransportError);
    expect(server.requests.length).to.equal(1);
  });

  it("asks whether the request is still wanted after every wait", async () => {
    await begin();
    server.on("POST", status(429, "TooManyRequests", { "retry-after": "1" }), json({}));
    let leading = true;
    const refuse = (): string | undefined => (leading ? undefined : "not the leader");
    const answer = rejection(transport.request({ method: "POST", path: "/x", body: {}, refuse }));
    await eventually("the first request", () => server.requests.length === 1);
    leading = false;
    await clock.advanceAsync(2_000);
    const error = await answer;
    expect(error).to.be.instanceOf(RequestRefused);
    expect(error).to.include({ message: "not the leader" });
    expect(server.requests.length).to.equal(1);
  });

  it("asks once more when the connection is open, and lets nothing out then", async () => {
    await begin();
    server.on("POST", json({}));
    const refused = (): Promise<unknown> => {
      let asked = 0;
      const refuse = (): string | undefined => (++asked === 1 ? undefined : "not the leader");
      return rejection(transport.request({ method: "POST", path: "/x", body: {}, refuse }));
    };
    expect(await refused(), "on a new connection").to.be.instanceOf(RequestRefused);
    expect(server.requests.length).to.equal(0);
    await transport.request({ method: "POST", path: "/x", body: {}, refuse: () => undefined });
    expect(await refused(), "on one that was there").to.be.instanceOf(RequestRefused);
    expect(server.requests.length).to.equal(1);
  });

  it("holds requests back to the rate limit, except urgent ones", async () => {
    await begin({ rate: { perSecond: 1, burst: 1 } });
    server.on("list", json({}));
    await get();
    let done = false;
    const second = get().then(() => {
      done = true;
    });
    await get({ urgent: true });
    expect(done).to.equal(false);
    expect(server.requests.length).to.equal(2);
    await clock.advanceAsync(1_000);
    await second;
    expect(server.requests.length).to.equal(3);
  });

  describe("with credentials in files", () => {
    let folder: string;

    beforeEach(async () => {
      folder = await mkdtemp(join(tmpdir(), "fairlead-kube-"));
      ended.push(() => rm(folder, { recursive: true }));
    });

    function inCluster(): KubeConfig {
      const config = new KubeConfig();
      config.loadFromClusterAndUser(
        { name: "c", server: server.url, caFile: join(folder, "ca.crt"), skipTLSVerify: false },
        { name: "u", authProvider: { name: "tokenFile", config: { tokenFile: join(folder, "token") } } },
      );
      return config;
    }

    async function beginInCluster(): Promise<void> {
      await begin({ server: { certificate: firstCertificate } });
      await writeFile(join(folder, "ca.crt"), firstCertificate.certificate);
      await writeFile(join(folder, "token"), "first\n");
      server.on("list", (response, request) => {
        const code = request.headers.authorization === `Bearer ${expected}` ? 200 : 401;
        return (code === 200 ? json({ ok: true }) : status(401, "Unauthorized"))(response, request);
      });
      connect({ kubeConfig: inCluster() });
    }

    let expected = "first";

    it("reads a refused token again at once and repeats", async () => {
      await beginInCluster();
      expected = "first";
      await get();
      await clock.advanceAsync(5_000);
      expected = "second";
      await writeFile(join(folder, "token"), "second\n");
      expect(await get()).to.deep.equal({ ok: true });
      expect(server.requests.map(({ headers }) => headers.authorization)).to.deep.equal([
        "Bearer first",
        "Bearer first",
        "Bearer second",
      ]);
      expect(server.connections).to.equal(1);
    });

    it("repeats once only, and not at a rate that the file system would feel", async () => {
      await beginInCluster();
      expected = "other";
      expect(await rejection(get())).to.include({ status: 401 });
      expect(server.requests.length).to.equal(2);
    });

    it("reads everything again once a minute, before anything is refused", async () => {
      await beginInCluster();
      expected = "first";
      await get();
      await writeFile(join(folder, "token"), "second");
      await clock.advanceAsync(59_000);
      await get();
      await clock.advanceAsync(1_000);
      await rejection(get());
      expect(server.requests.at(-1)?.headers.authorization).to.equal("Bearer second");
    });

    it("makes a new agent when the CA changes, and only then", async () => {
      await beginInCluster();
      expected = "first";
      await get();
      await clock.advanceAsync(60_000);
      await get();
      expect(server.connections).to.equal(1);
      await writeFile(join(folder, "ca.crt"), secondCertificate.certificate);
      await clock.advanceAsync(60_000);
      expect(await failure(get())).to.match(/certificate/);
      await writeFile(
        join(folder, "ca.crt"),
        `${secondCertificate.certificate}\n${firstCertificate.certificate}`,
      );
      await clock.advanceAsync(60_000);
      expect(await get()).to.deep.equal({ ok: true });
    });

    it("keeps what it has while the files cannot be read, says so once, and never shows a token", async () => {
      await beginInCluster();
      expected = "first";
      await get();
      await rm(join(folder, "ca.crt"));
      for (let minute = 0; minute < 3; minute++) {
        await clock.advanceAsync(60_000);
        expect(await get()).to.deep.equal({ ok: true });
      }
      expect(log.complaints).to.deep.equal(["credentials could not be read"]);
      expect(JSON.stringify(log.lines))
        .to.match(/ENOENT/)
        .and.not.match(/first/);
    });
  });

  describe("streaming", () => {
    const stream = (
      onLine: (line: string) => void,
      signal?: AbortSignal,
      onOpen?: () => void,
    ): Promise<void> =>
      transport.stream(
        { method: "GET", path: "/api/v1/nodes?watch=true", ...(signal && { signal }) },
        onLine,
        onOpen,
      );

    it("gives whole lines of text cut anywhere, and resolves on a clean end", async () => {
      await begin();
      server.on("watch", (response) => {
        const bytes = Buffer.from("größe\n\nzwei\nrest");
        response.write(bytes.subarray(0, 3));
        setTimeout(() => response.write(bytes.subarray(3, 9)), 10);
        setTimeout(() => response.end(bytes.subarray(9)), 20);
      });
      const lines: string[] = [];
      let opened = 0;
      await stream(
        (line) => lines.push(line),
        undefined,
        () => {
          opened += 1;
        },
      );
      expect(lines).to.deep.equal(["größe", "zwei", "rest"]);
      expect(opened).to.equal(1);
    });

    it("rejects when the connection is reset", async () => {
      await begin();
      server.on("watch", watch(["a"], "resets"));
      const lines: string[] = [];
      expect(await rejection(stream((line) => lines.push(line)))).to.be.instanceOf(TransportError);
      expect(lines).to.deep.equal(["a"]);
    });

    it("has its deadline for the head only", async () => {
      await begin();
      let open = (): void => {};
      const gate = new Promise<void>((resolve) => {
        open = resolve;
      });
      server.on(
        "watch",
        (response) => {
          response.flushHeaders();
          void gate.then(() => response.end("late\n"));
        },
        hang,
      );
      const lines: string[] = [];
      let opened = false;
      const first = stream(
        (line) => lines.push(line),
        undefined,
        () => {
          opened = true;
        },
      );
      await eventually("the head", () => opened);
      await clock.advanceAsync(600_000);
      open();
      await first;
      expect(lines).to.deep.equal(["late"]);
      const second = rejection(stream(() => {}));
      await eventually("the second request", () => server.requests.length === 2);
      await clock.advanceAsync(30_000);
      expect(await second).to.include({ failure: "deadline" });
    });

    it("ends at a line longer than its bound", async () => {
      await begin({ mostLineChars: 1_000 });
      server.on("watch", trickle("x".repeat(100)));
      expect(await rejection(stream(() => {}))).to.include({ failure: "too-large" });
      await eventually("the connection is closed", () => server.open.size === 0);
    });

    it("ends with what the reader throws", async () => {
      await begin();
      server.on("watch", watch(["a", "b"]));
      const lines: string[] = [];
      const error = new Error("unreadable");
      const answer = rejection(
        stream((line) => {
          lines.push(line);
          throw error;
        }),
      );
      expect(await answer).to.equal(error);
      expect(lines).to.deep.equal(["a"]);
      await eventually("the connection is closed", () => server.open.size === 0);
    });

    it("gives no line after its owner has aborted", async () => {
      await begin();
      server.on("watch", watch(["a", "b", "c"]));
      const controller = new AbortController();
      const lines: string[] = [];
      const answer = rejection(
        stream((line) => {
          lines.push(line);
          controller.abort(new Error("enough"));
        }, controller.signal),
      );
      expect(await answer).to.have.property("message", "enough");
      expect(lines).to.deep.equal(["a"]);
    });

    it("tells an error answer as for any request", async () => {
      await begin();
      server.on("watch", after(Promise.resolve(), status(410, "Expired")));
      expect(await rejection(stream(() => {}))).to.include({ status: 410, reason: "Expired" });
    });
  });
});

function base64(text: string): string {
  return Buffer.from(text).toString("base64");
}

/** What the promise rejects with. @throws Error if it resolves */
async function rejection(promise: Promise<unknown>): Promise<unknown> {
  let value: unknown;
  try {
    value = await promise;
  } catch (error) {
    return error;
  }
  throw new Error(`resolved with ${JSON.stringify(value)}`);
}

async function failure(promise: Promise<unknown>): Promise<string> {
  const error = await rejection(promise);
  return error instanceof Error ? error.message : String(error);
}
