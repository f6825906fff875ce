import { FakeClock } from "@fairlead/runtime/fake-clock.ts";
import { Metrics } from "@fairlead/runtime/metrics.ts";
import { seededRandom } from "@fairlead/runtime/random.ts";
import { expect } from "chai";
import fc from "fast-check";
import { KubeMetrics } from "./metrics.ts";
import { RecordingLog } from "./testing/recording-log.ts";
import { ApiError } from "./transport.ts";
import { WorkQueue, type WorkQueueOptions } from "./work-queue.ts";

type Process = WorkQueueOptions["process"];

describe("WorkQueue", () => {
  let clock: FakeClock;
  let log: RecordingLog;
  let queue: WorkQueue;
  let runs: string[];

  beforeEach(() => {
    clock = new FakeClock();
    log = new RecordingLog();
    runs = [];
  });

  function begin(process: Process = async () => {}, options: Partial<WorkQueueOptions> = {}): void {
    queue = new WorkQueue({
      name: "test",
      clock,
      random: seededRandom(1),
      log,
      process: (key, signal) => {
        runs.push(key);
        return process(key, signal);
      },
      ...options,
    });
  }

  const settle = (): Promise<void> => clock.advanceAsync(0);

  it("processes a key once however often it was added, in order of arrival", async () => {
    begin();
    for (const key of ["a", "b", "a", "c", "b"]) queue.add(key);
    expect(queue.depth).to.equal(3);
    queue.start();
    queue.start();
    await settle();
    expect(runs).to.deep.equal(["a", "b", "c"]);
    expect(queue.depth).to.equal(0);
  });

  it("takes urgent keys first, and moves a waiting key over", async () => {
    begin();
    for (const key of ["a", "b", "c"]) queue.add(key);
    queue.add("d", { urgent: true });
    queue.add("c", { urgent: true });
    queue.add("d");
    queue.start();
    await settle();
    expect(runs).to.deep.equal(["d", "c", "a", "b"]);
  });

  it("never processes a key concurrently with itself, but once more if it was added meanwhile", async () => {
    const gates: (() => void)[] = [];
    begin(() => new Promise((resolve) => gates.push(resolve)), { concurrency: 4 });
    queue.start();
    queue.add("a");
    await settle();
    queue.add("a");
    queue.add("a", { urgent: true });
    queue.add("b");
    await settle();
    expect(runs).to.deep.equal(["a", "b"]);
    gates[0]?.();
    await settle();
    expect(runs).to.deep.equal(["a", "b", "a"]);
    gates[2]?.();
    await settle();
    expect(runs.length).to.equal(3);
  });

  it("runs as many keys at a time as it may, and no more", async () => {
    let now = 0;
    let most = 0;
    const gates: (() => void)[] = [];
    begin(
      async () => {
        now += 1;
        most = Math.max(most, now);
        await new Promise<void>((resolve) => gates.push(resolve));
        now -= 1;
      },
      { concurrency: 3 },
    );
    queue.start();
    for (let i = 0; i < 10; i++) queue.add(`k${i}`);
    for (let i = 0; i < 10; i++) {
      await settle();
      gates[i]?.();
    }
    await settle();
    expect(runs.length).to.equal(10);
    expect(most).to.equal(3);
  });

  it("puts a failing key back with growing delay, up to a minute, and forgets that on success", async () => {
    const at: number[] = [];
    let broken = true;
    begin(async () => {
      at.push(clock.nowMs());
      if (broken) throw new Error("no");
    });
    queue.start();
    queue.add("a");
    await clock.advanceAsync(600_000);
    const gaps = at.slice(1).map((time, i) => time - (at[i] ?? 0));
    gaps.slice(0, 14).forEach((gap, i) => {
      const full = Math.min(60_000, 5 * 2 ** i);
      expect(gap).to.be.within(full / 2, full);
    });
    broken = false;
    await clock.advanceAsync(60_000);
    broken = true;
    at.length = 0;
    queue.add("a");
    await clock.advanceAsync(5);
    expect(at.length).to.equal(2);
    expect(log.lines.map(({ event }) => event)).to.deep.equal(["key failed", "key recovered", "key failed"]);
  });

  it("does not make a changed key wait for its back-off", async () => {
    let broken = true;
    begin(async () => {
      if (broken) throw new Error("no");
    });
    queue.start();
    queue.add("a");
    await clock.advanceAsync(10_000);
    const before = runs.length;
    broken = false;
    queue.add("a");
    await settle();
    expect(runs.length).to.equal(before + 1);
  });

  it("treats a write conflict as no news", async () => {
    let attempts = 0;
    begin(async () => {
      attempts += 1;
      if (attempts < 3) throw new ApiError({ status: 409, reason: "Conflict" });
    });
    queue.start();
    queue.add("a");
    await clock.advanceAsync(1_000);
    expect(attempts).to.equal(3);
    expect(log.complaints).to.deep.equal([]);
  });

  it("comes back when the process asks for it, and of two delays takes the earlier", async () => {
    const at: number[] = [];
    begin(async () => {
      at.push(clock.nowMs());
      if (at.length === 1) return { requeueAfterMs: 5_000 };
      return undefined;
    });
    queue.start();
    queue.add("a");
    await settle();
    queue.addAfter("a", 9_000);
    await clock.advanceAsync(20_000);
    expect(at).to.deep.equal([0, 5_000]);
    queue.addAfter("a", 9_000);
    queue.addAfter("a", 3_000);
    queue.addAfter("b", 0);
    await clock.advanceAsync(20_000);
    expect(at).to.deep.equal([0, 5_000, 20_000, 23_000]);
  });

  it("on stop drops what waits, tells what runs, waits for it, and takes nothing more", async () => {
    let told = false;
    let finish = (): void => {};
    begin(async (_key, signal) => {
      signal.addEventListener("abort", () => {
        told = true;
      });
      await new Promise<void>((resolve) => {
        finish = resolve;
      });
      throw new Error("interrupted");
    });
    queue.start();
    queue.add("a");
    queue.add("b");
    queue.addAfter("c", 1_000);
    await settle();
    let stopped = false;
    const stop = queue.stop().then(() => {
      stopped = true;
    });
    queue.add("d");
    queue.start();
    await clock.advanceAsync(5_000);
    expect([told, stopped]).to.deep.equal([true, false]);
    finish();
    await stop;
    await clock.advanceAsync(60_000);
    expect(runs).to.deep.equal(["a"]);
    expect(clock.pending).to.equal(0);
    expect(log.complaints).to.deep.equal([]);
  });

  it("lets timers and sockets have their turn between many keys", async () => {
    let turns = 0;
    begin(async () => {
      // As if each took 10 ms of the processor.
      clock.advance(10);
    });
    queue.start();
    for (let i = 0; i < 20; i++) queue.add(`k${i}`);
    const turn = (): void => {
      turns += 1;
      if (runs.length < 20) setImmediate(turn);
    };
    turn();
    await clock.advanceAsync(1_000);
    expect(runs.length).to.equal(20);
    expect(turns).to.be.greaterThan(5);
  });

  it("shows its depth, the age of its oldest key and its retries", async () => {
    const metrics = new Metrics();
    begin(
      async () => {
        throw new Error("no");
      },
      { metrics: new KubeMetrics(metrics) },
    );
    queue.add("a");
    await clock.advanceAsync(2_000);
    queue.add("b", { urgent: true });
    expect(queue.oldestAgeMs).to.equal(2_000);
    queue.start();
    await settle();
    const text = await metrics.text();
    expect(text).to.match(/fairlead_queue_depth\{queue="test"\} 0/);
    expect(text).to.match(/fairlead_queue_retries_total\{queue="test"\} 2/);
    await queue.stop();
  });

  it("misses no key that comes just as its last worker leaves", async () => {
    for (let hops = 0; hops < 12; hops++) {
      begin();
      queue.start();
      queue.add("a");
      for (let i = 0; i < hops; i++) await Promise.resolve();
      queue.add("b");
      await settle();
      expect(runs.splice(0), `after ${hops} microtasks`).to.deep.equal(["a", "b"]);
    }
  });

  it("whatever happens, each key is processed after its last add", async () => {
    const action = fc.oneof(
      fc.record({
        do: fc.constant("add" as const),
        key: fc.constantFrom("a", "b", "c"),
        urgent: fc.boolean(),
      }),
      fc.record({ do: fc.constant("later" as const), key: fc.constantFrom("a", "b", "c"), ms: fc.nat(50) }),
      fc.record({ do: fc.constant("pass" as const), ms: fc.nat(30) }),
    );
    const run = fc.asyncProperty(
      fc.array(action, { maxLength: 40 }),
      fc.nat(3),
      async (actions, failures) => {
        clock = new FakeClock();
        const dirty = new Set<string>();
        const active = new Set<string>();
        let left = failures;
        begin(
          async (key) => {
            expect(active.has(key)).to.equal(false);
            active.add(key);
            dirty.delete(key);
            await new Promise<void>((resolve) => void clock.after(7, resolve));
            active.delete(key);
            left -= 1;
            if (left >= 0) {
              dirty.add(key);
              throw new Error("no");
            }
          },
          { concurrency: 2 },
        );
        queue.start();
        for (const step of actions) {
          if (step.do === "pass") await clock.advanceAsync(step.ms);
          else dirty.add(step.key);
          if (step.do === "add") queue.add(step.key, { urgent: step.urgent });
          if (step.do === "later") queue.addAfter(step.key, step.ms);
        }
        await clock.advanceAsync(2_000);
        await queue.stop();
        expect([...dirty, ...active]).to.deep.equal([]);
      },
    );
    await fc.assert(run, { numRuns: 100 });
  });
});
