import type { KubeObject } from "@fairlead/api/object-meta.ts";
import { FakeClock } from "@fairlead/runtime/fake-clock.ts";
import { Metrics } from "@fairlead/runtime/metrics.ts";
import { expect } from "chai";
import { ApiClient } from "./client.ts";
import { EventRecorder, type KubeEvent, type RecordedEvent } from "./events.ts";
import { KubeMetrics } from "./metrics.ts";
import { RecordingLog } from "./testing/recording-log.ts";
import { ApiError, type ApiRequest, RequestRefused, TransportError } from "./transport.ts";

const service: KubeObject = {
  apiVersion: "v1",
  kind: "Service",
  metadata: { name: "web", namespace: "shop", uid: "u1", resourceVersion: "7" },
};

describe("EventRecorder", () => {
  let clock: FakeClock;
  let log: RecordingLog;
  let metrics: Metrics;
  let recorder: EventRecorder;
  let requests: ApiRequest[];
  let answer: (request: ApiRequest) => Promise<unknown>;

  beforeEach(() => {
    clock = new FakeClock();
    log = new RecordingLog();
    metrics = new Metrics();
    requests = [];
    answer = async ({ body }) => body;
    const request = async <T>(request: ApiRequest): Promise<T> => {
      requests.push(request);
      return (await answer(request)) as T;
    };
    const transport = { request, stream: () => Promise.reject(new Error("no watches here")) };
    recorder = new EventRecorder({
      client: new ApiClient({ transport, fieldManager: "test" }),
      clock,
      log,
      metrics: new KubeMetrics(metrics),
      component: "fairlead.dev/controller",
      instance: "controller-0",
    });
  });

  const say = (more: Partial<RecordedEvent> = {}): void =>
    recorder.record({
      regarding: service,
      type: "Normal",
      reason: "Allocated",
      action: "Allocate",
      note: "got 192.0.2.1",
      ...more,
    });
  const settle = (): Promise<void> => clock.advanceAsync(0);
  const notes = (): readonly string[] => requests.map(({ body }) => (body as KubeEvent).note);
  const dropped = async (cause: string): Promise<number> =>
    Number(
      new RegExp(`events_dropped_total\\{cause="${cause}"\\} (\\d+)`).exec(await metrics.text())?.[1] ?? 0,
    );

  it("writes an Event as events.k8s.io/v1 wants it, without waiting", async () => {
    say();
    expect(requests.length).to.be.lessThan(2);
    await settle();
    const [request] = requests;
    expect(request?.path).to.equal("/apis/events.k8s.io/v1/namespaces/shop/events?fieldManager=test");
    const written = request?.body as KubeEvent | undefined;
    const { metadata = { name: "" }, ...event } = written ?? {};
    expect(event).to.deep.equal({
      apiVersion: "events.k8s.io/v1",
      kind: "Event",
      eventTime: "2026-01-01T00:00:00.000000Z",
      reportingController: "fairlead.dev/controller",
      reportingInstance: "controller-0",
      action: "Allocate",
      reason: "Allocated",
      regarding: {
        apiVersion: "v1",
        kind: "Service",
        name: "web",
        namespace: "shop",
        uid: "u1",
        resourceVersion: "7",
      },
      note: "got 192.0.2.1",
      type: "Normal",
    });
    expect(metadata.namespace).to.equal("shop");
    expect(metadata.name).to.match(/^web\.[0-9a-f]{16}$/);
  });

  it("puts an Event about a cluster-scoped object in the namespace default", async () => {
    say({
      regarding: { apiVersion: "fairlead.dev/v1beta1", kind: "IPAddressPool", metadata: { name: "pool" } },
    });
    await settle();
    expect(requests[0]?.path).to.match(/namespaces\/default\/events/);
  });

  it("cuts what the API server would refuse for its length", async () => {
    say({
      note: "x".repeat(2_000),
      regarding: { ...service, metadata: { ...service.metadata, name: "n".repeat(253) } },
    });
    await settle();
    const event = requests[0]?.body as KubeEvent;
    expect(event.note.length).to.equal(1_024);
    expect(event.metadata.name.length).to.be.lessThan(254);
    say({
      note: "ü".repeat(1_000),
      regarding: { ...service, metadata: { name: `${"n".repeat(229)}.example` } },
    });
    await settle();
    const other = requests[1]?.body as KubeEvent;
    expect(Buffer.byteLength(other.note)).to.be.within(1_020, 1_024);
    expect(other.note).to.match(/^ü+\.\.\.$/);
    expect(other.metadata.name).to.match(/^n{229}\.[0-9a-f]+$/);
  });

  it("leaves out a repeat, but not what is true again", async () => {
    say();
    say();
    say({ note: "got 192.0.2.2" });
    say();
    say({ reason: "Announced" });
    say({ regarding: { ...service, metadata: { ...service.metadata, uid: "u2" } } });
    await settle();
    expect(notes()).to.deep.equal([
      "got 192.0.2.1",
      "got 192.0.2.2",
      "got 192.0.2.1",
      "got 192.0.2.1",
      "got 192.0.2.1",
    ]);
    await clock.advanceAsync(600_000);
    say();
    await settle();
    expect(requests.length).to.equal(6);
  });

  it("bounds what one object can say", async () => {
    for (let i = 0; i < 100; i++) say({ note: `got ${i}` });
    await settle();
    expect(requests.length).to.equal(20);
    expect(await dropped("too many")).to.equal(80);
  });

  it("bounds its queue and drops the surplus", async () => {
    answer = () => new Promise(() => {});
    const queued = 4096;
    const underWay = 2;
    for (let i = 0; i < queued + underWay + 10; i++) {
      say({ regarding: { ...service, metadata: { ...service.metadata, uid: `u${i}` } } });
    }
    expect(await dropped("queue full")).to.equal(10);
  });

  it("tries again when the server is away, then gives up", async () => {
    answer = async () => {
      throw new TransportError("unreachable", "connect ECONNREFUSED");
    };
    say();
    await clock.advanceAsync(60_000);
    expect(requests.length).to.equal(4);
    expect(await dropped("failed")).to.equal(1);
    expect(log.complaints).to.deep.equal(["event could not be written"]);
  });

  it("takes another name when there is one of that name", async () => {
    answer = async ({ body }) => {
      if (requests.length === 1) throw new ApiError({ status: 409, reason: "AlreadyExists" });
      return body;
    };
    say();
    await settle();
    const [first, second] = requests.map(({ body }) => (body as KubeEvent).metadata.name);
    expect(first).to.not.equal(second);
    expect(requests.length).to.equal(2);
  });

  it("says once that it is forbidden, and does not repeat the request", async () => {
    answer = async () => {
      throw new ApiError({
        status: 403,
        reason: "Forbidden",
        message: `events is forbidden ${requests.length}`,
      });
    };
    for (let i = 0; i < 5; i++) say({ note: `got ${i}` });
    await clock.advanceAsync(60_000);
    expect(requests.length).to.equal(5);
    expect(log.complaints).to.deep.equal(["event could not be written"]);
  });

  it("keeps quiet about a namespace that is going", async () => {
    answer = async () => {
      throw new ApiError({ status: 403, reason: "Forbidden", message: "because it is being terminated" });
    };
    say();
    await settle();
    expect(log.complaints).to.deep.equal([]);
  });

  it("keeps quiet when its author is no longer the leader", async () => {
    answer = async () => {
      throw new RequestRefused("not the leader");
    };
    say();
    await clock.advanceAsync(60_000);
    expect(requests.length).to.equal(1);
    expect(log.complaints).to.deep.equal([]);
  });

  it("on stop sends what is queued, for at most 2 s, and takes nothing more", async () => {
    say();
    say({ note: "got 192.0.2.2" });
    await recorder.stop();
    say({ note: "got 192.0.2.3" });
    await settle();
    expect(requests.length).to.equal(2);
    expect(await dropped("stopped")).to.equal(1);
  });

  it("when it is to be abandoned waits for what is being sent, and sends nothing more", async () => {
    const sent: (() => void)[] = [];
    answer = ({ body }) => new Promise((resolve) => sent.push(() => resolve(body)));
    for (let i = 0; i < 4; i++) say({ note: `got 192.0.2.${i}` });
    let over = false;
    const abandoned = recorder.abandon().then(() => {
      over = true;
    });
    await settle();
    expect(over).to.equal(false);
    for (const answered of sent) answered();
    await abandoned;
    expect(requests.length).to.equal(2);
    expect(await dropped("stopped")).to.equal(2);
  });

  it("on stop does not wait longer than that", async () => {
    answer = ({ signal }) =>
      new Promise((_resolve, reject) => signal?.addEventListener("abort", () => reject(signal.reason)));
    for (let i = 0; i < 6; i++) say({ note: `got 192.0.2.${i}` });
    const stopped = recorder.stop();
    await clock.advanceAsync(2_000);
    await stopped;
    expect(requests.length).to.equal(2);
    expect(clock.pending).to.equal(0);
  });
});
