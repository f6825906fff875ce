import { connect } from "node:net";
import { expect } from "chai";
import { type Check, HttpEndpoint } from "./http-endpoint.ts";
import { Metrics } from "./metrics.ts";

describe("the HTTP endpoint", () => {
  let ready: Record<string, Check>;
  let endpoint: HttpEndpoint;
  let port: number;

  beforeEach(async () => {
    ready = {};
    endpoint = new HttpEndpoint({ host: "127.0.0.1", port: 0, metrics: new Metrics(), alive: {}, ready });
    port = await endpoint.start();
  });
  afterEach(() => endpoint.stop());

  const get = async (path: string, method = "GET"): Promise<string> => {
    const response = await fetch(`http://127.0.0.1:${port}${path}`, { method });
    return `${response.status} ${await response.text()}`;
  };

  it("is well when no check has anything to say", async () => {
    ready.cache = () => undefined;
    expect(await get("/readyz")).to.equal("200 ok\n");
    expect(await get("/healthz")).to.equal("200 ok\n");
  });

  it("names each check that fails, and why; one that throws fails too", async () => {
    ready.cache = () => "not read yet";
    ready.lease = () => {
      throw new Error("no clock");
    };
    ready.other = () => undefined;
    expect(await get("/readyz")).to.equal("503 cache: not read yet\nlease: no clock\n");
    expect(await get("/healthz")).to.equal("200 ok\n");
  });

  it("serves metrics, with a query or without", async () => {
    expect(await get("/metrics?x=1")).to.match(/^200 [\s\S]*process_resident_memory_bytes/);
  });

  it("refuses other paths and methods", async () => {
    expect(await get("/")).to.equal("404 try /metrics, /healthz or /readyz\n");
    expect(await get("/metrics", "POST")).to.equal("405 GET only\n");
  });

  it("survives noise", async () => {
    await new Promise<void>((resolve, reject) => {
      const socket = connect(port, "127.0.0.1", () => socket.end("\0\u00ff nonsense\r\n\r\n"));
      socket.on("close", () => resolve()).on("error", reject);
      socket.resume();
    });
    expect(await get("/healthz")).to.equal("200 ok\n");
  });

  it("says so when it cannot have its port", async () => {
    const second = new HttpEndpoint({
      host: "127.0.0.1",
      port,
      metrics: new Metrics(),
      alive: {},
      ready: {},
    });
    const failed = await second.start().then(
      () => undefined,
      (error: NodeJS.ErrnoException) => error.code,
    );
    expect(failed).to.equal("EADDRINUSE");
  });

  it("stops while a client holds its connection open", async () => {
    const socket = connect(port, "127.0.0.1");
    await new Promise((resolve) => socket.once("connect", resolve));
    const closed = new Promise((resolve) => socket.once("close", resolve));
    socket.on("error", () => {});
    await endpoint.stop();
    await closed;
  });
});
