import type { ProxyHealth } from "@fairlead/api/speaker.ts";
import { RecordingLog } from "@fairlead/kube/testing/recording-log.ts";
import { FakeClock } from "@fairlead/runtime/fake-clock.ts";
import { expect } from "chai";
import type { ProxyFault } from "./ask-proxy.ts";
import { ANSWERED_WITHIN_MS, ASKED_EVERY_MS, ProxyWatch } from "./proxy-watch.ts";

const UNWELL: ProxyFault = { kind: "Status", text: "answered 503" };

/** A watch whose question is answered by `answer` after `afterMs`. */
function make() {
  const clock = new FakeClock();
  const log = new RecordingLog();
  const changes: (ProxyHealth | undefined)[] = [];
  const events: { readonly reason: string; readonly note: string; readonly about: string }[] = [];
  const proxy = { fault: undefined as ProxyFault | undefined, afterMs: 10, asked: 0 };
  const watch: ProxyWatch = new ProxyWatch({
    node: "worker-1",
    url: "http://127.0.0.1:10256/healthz",
    ask: (signal) => {
      proxy.asked++;
      return new Promise((resolve) => {
        const text = (): string => `gave no answer: ${String(signal.reason?.message)}`;
        signal.addEventListener("abort", () => resolve({ kind: "NoAnswer", text: text() }));
        clock.after(proxy.afterMs, () => resolve(proxy.fault));
      });
    },
    onChange: () => changes.push(watch.health),
    events: {
      record: ({ reason, note, regarding }) =>
        events.push({ reason, note, about: `${regarding.kind} ${regarding.metadata.name}` }),
    },
    clock,
    log,
  });
  const pass = async (ms: number): Promise<void> => {
    for (let i = 0; i < 100; i++) await clock.advanceAsync(ms / 100);
  };
  return { clock, log, changes, events, proxy, watch, pass };
}

describe("the watch over kube-proxy", () => {
  it("asks at once and every 3 s, and says nothing before the first answer", async () => {
    const { watch, proxy, changes, pass } = make();
    watch.start(undefined);
    expect(proxy.asked).to.equal(1);
    expect(watch.health).to.equal(undefined);
    await pass(10 * (ASKED_EVERY_MS + 10));
    expect(proxy.asked).to.be.within(10, 11);
    expect(changes).to.deep.equal(["Healthy"]);
    watch.stop();
  });

  it("tells in the log and on the Node when it becomes unhealthy and healthy, once each, with fault and cure", async () => {
    const { watch, proxy, changes, events, log, pass } = make();
    watch.start(undefined);
    await pass(1000);
    proxy.fault = UNWELL;
    await pass(9_000);
    expect(changes, "three failures").to.deep.equal(["Healthy"]);
    await pass(600_000);
    proxy.fault = undefined;
    await pass(600_000);
    expect(changes).to.deep.equal(["Healthy", "Unhealthy", "Healthy"]);
    expect(log.lines.map(({ level, event }) => `${level} ${event}`)).to.deep.equal([
      "warn kube-proxy became unhealthy",
      "info kube-proxy became healthy",
    ]);
    expect(events.map(({ about, reason }) => `${about} ${reason}`)).to.deep.equal([
      "Node worker-1 ProxyUnhealthy",
      "Node worker-1 ProxyHealthy",
    ]);
    expect(events[0]?.note)
      .to.match(
        /^kube-proxy is unhealthy on node worker-1: http:\/\/127.0.0.1:10256\/healthz answered 503\. /,
      )
      .and.to.contain("restart it");
    watch.stop();
  });

  it("says that it knows nothing where nothing ever was well, and complains to nobody", async () => {
    const { watch, proxy, changes, events, log, pass } = make();
    proxy.fault = UNWELL;
    watch.start(undefined);
    await pass(600_000);
    expect(changes).to.deep.equal(["Unknown"]);
    expect([...events, ...log.lines]).to.deep.equal([]);
    watch.stop();
  });

  const earlier: readonly [ProxyHealth, ProxyFault | undefined, readonly ProxyHealth[]][] = [
    ["Healthy", undefined, []],
    ["Healthy", UNWELL, ["Unhealthy"]],
    ["Unhealthy", undefined, ["Healthy"]],
    ["Unhealthy", UNWELL, []],
    ["Unknown", UNWELL, []],
    ["Unknown", undefined, ["Healthy"]],
  ];
  for (const [before, fault, after] of earlier)
    it(`goes on from ${before} of an earlier process, with ${fault?.text ?? "good answers"}`, async () => {
      const { watch, proxy, changes, pass } = make();
      proxy.fault = fault;
      watch.start(before);
      expect(watch.health).to.equal(before);
      await pass(600_000);
      expect(changes).to.deep.equal(after);
      watch.stop();
    });

  it("takes no answer in time for a failure, and asks one question at a time", async () => {
    const { watch, proxy, changes, log, pass } = make();
    watch.start("Healthy");
    proxy.afterMs = 3_600_000;
    await pass(4 * (ANSWERED_WITHIN_MS + ASKED_EVERY_MS) + 1000);
    expect(proxy.asked).to.be.within(4, 6);
    expect(changes).to.deep.equal(["Unhealthy"]);
    expect(log.lines[0]?.fields.fault).to.equal("gave no answer: it took too long");
    expect(watch.count("NoAnswer")).to.be.within(4, 5);
    watch.stop();
  });

  it("takes nothing for a failure that came while it stood still itself", async () => {
    const { clock, watch, proxy, changes, pass } = make();
    watch.start("Healthy");
    await pass(1000);
    // The timer that ends the waiting comes as late as the answer.
    const after = clock.after.bind(clock);
    clock.after = (ms, run) => after(ms === ANSWERED_WITHIN_MS ? 4000 : ms, run);
    proxy.afterMs = 3_600_000;
    await pass(600_000);
    expect(changes).to.deep.equal([]);
    expect(watch.count("Stalled")).to.be.greaterThan(50);
    watch.stop();
  });

  it("asks and tells nothing once it is stopped", async () => {
    const { clock, watch, proxy, changes, pass } = make();
    watch.start(undefined);
    watch.stop();
    await pass(600_000);
    expect(proxy.asked).to.equal(1);
    expect(changes).to.deep.equal([]);
    expect(clock.pending).to.equal(0);
  });
});
