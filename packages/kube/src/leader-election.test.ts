import { FakeClock } from "@fairlead/runtime/fake-clock.ts";
import { seededRandom } from "@fairlead/runtime/random.ts";
import { expect } from "chai";
import { ApiClient } from "./client.ts";
import { LeaderElection, type LeaderElectionOptions } from "./leader-election.ts";
import { LeaseServer, type Line } from "./testing/lease-server.ts";
import { RecordingLog } from "./testing/recording-log.ts";

interface Replica {
  readonly election: LeaderElection;
  readonly line: Line;
  readonly log: RecordingLog;
  /** What it was told, for example `gained`, `aborted`, `lost`. */
  readonly told: string[];
}

describe("LeaderElection", () => {
  let clock: FakeClock;
  let server: LeaseServer;
  const replicas: Replica[] = [];

  beforeEach(() => {
    clock = new FakeClock();
    server = new LeaseServer(clock);
  });

  afterEach(async () => {
    for (const { election, line } of replicas.splice(0)) {
      line.cut = false;
      line.deaf = false;
      line.answerDelayMs = 0;
      const stopped = election.stop();
      await clock.advanceAsync(20_000);
      await stopped;
    }
  });

  function replica(identity: string, options: Partial<LeaderElectionOptions> = {}): Replica {
    const { transport, line } = server.connect();
    const log = new RecordingLog();
    const told: string[] = [];
    const election = new LeaderElection({
      client: new ApiClient({ transport, fieldManager: "test", refuseWrites: () => "not the leader" }),
      namespace: "system",
      name: "controller",
      identity,
      clock: options.clock ?? clock,
      random: seededRandom(identity.length),
      log,
      onGained: (signal) => {
        told.push("gained");
        signal.addEventListener("abort", () => told.push("aborted"));
      },
      onLost: () => void told.push("lost"),
      ...options,
    });
    const made = { election, line, log, told };
    replicas.push(made);
    election.start();
    return made;
  }

  const leaders = (): readonly number[] =>
    replicas.flatMap(({ election }, i) => (election.leading ? [i] : []));

  it("makes one of several the leader, and keeps it", async () => {
    replica("a");
    replica("bb");
    replica("ccc");
    await clock.advanceAsync(5_000);
    expect(leaders().length).to.equal(1);
    const [first] = leaders();
    await clock.advanceAsync(600_000);
    expect(leaders()).to.deep.equal([first]);
    expect(replicas.map(({ told }) => told.length).sort()).to.deep.equal([0, 0, 1]);
    expect(server.lease?.spec).to.include({ leaseDurationSeconds: 15, leaseTransitions: 0 });
  });

  it("renews with one request each time", async () => {
    replica("a");
    await clock.advanceAsync(1_000);
    server.requests.length = 0;
    await clock.advanceAsync(20_000);
    expect(server.requests).to.deep.equal(Array(10).fill("PUT"));
  });

  it("starts once", async () => {
    const { election } = replica("a");
    election.start();
    await clock.advanceAsync(1_000);
    expect(server.requests).to.deep.equal(["GET", "POST"]);
  });

  it("hands over at once on stop, after what led has stopped", async () => {
    let finish = (): void => {};
    const finished = new Promise<void>((resolve) => {
      finish = resolve;
    });
    const first = replica("a", { onLost: () => finished });
    await clock.advanceAsync(1_000);
    const second = replica("bb");
    await clock.advanceAsync(5_000);
    const stopping = first.election.stop();
    expect(first.election.leading).to.equal(false);
    expect(first.told).to.deep.equal(["gained", "aborted"]);
    await clock.advanceAsync(3_000);
    expect(second.election.leading).to.equal(false);
    finish();
    await stopping;
    expect(server.lease?.spec?.holderIdentity).to.equal("");
    await clock.advanceAsync(2_500);
    expect(second.election.leading).to.equal(true);
    expect(server.lease?.spec).to.include({ holderIdentity: "bb", leaseTransitions: 1 });
  });

  it("takes over 15 s after the holder was last seen to renew, whatever the times in the lease say", async () => {
    const first = replica("a", { clock: behind(clock, -86_400_000) });
    await clock.advanceAsync(1_000);
    const second = replica("bb", { clock: behind(clock, 86_400_000) });
    await clock.advanceAsync(60_000);
    expect(second.told).to.deep.equal([]);
    first.line.cut = true;
    const cutAt = clock.nowMs();
    while (!second.election.leading) await clock.advanceAsync(100);
    expect(clock.nowMs() - cutAt).to.be.within(12_500, 18_500);
    expect(first.election.leading).to.equal(false);
    expect(first.told).to.deep.equal(["gained", "aborted", "lost"]);
  });

  for (const fault of ["cut", "deaf"] as const) {
    it(`never has two leaders when the leader's line is ${fault}, and the old one stops in time`, async () => {
      const first = replica("a");
      await clock.advanceAsync(1_000);
      const second = replica("bb");
      await clock.advanceAsync(20_000);
      first.line[fault] = true;
      let gap = 0;
      for (let i = 0; i < 400; i++) {
        await clock.advanceAsync(100);
        expect(leaders().length).to.be.lessThan(2);
        if (leaders().length === 0) gap += 100;
      }
      expect(second.election.leading).to.equal(true);
      expect(gap).to.be.within(3_000, 9_000);
      first.line[fault] = false;
      await clock.advanceAsync(60_000);
      expect(second.election.leading).to.equal(true);
      expect([first.told, second.told]).to.deep.equal([["gained", "aborted", "lost"], ["gained"]]);
    });
  }

  it("leads on through an outage shorter than its deadline", async () => {
    const first = replica("a");
    await clock.advanceAsync(1_000);
    first.line.cut = true;
    await clock.advanceAsync(6_000);
    first.line.cut = false;
    await clock.advanceAsync(60_000);
    expect(first.told).to.deep.equal(["gained"]);
    expect(first.log.complaints).to.deep.equal(["lease could not be read or written"]);
  });

  it("knows after a pause, before any timer has run, that it no longer leads", async () => {
    const paused = pausable(clock);
    const first = replica("a", { clock: paused });
    await clock.advanceAsync(1_000);
    const second = replica("bb");
    await clock.advanceAsync(4_000);
    paused.pause();
    await clock.advanceAsync(30_000);
    expect(second.election.leading).to.equal(true);
    expect(first.told).to.deep.equal(["gained"]);
    expect(first.election.leading).to.equal(false);
    paused.resume();
    await clock.advanceAsync(0);
    expect(first.told).to.deep.equal(["gained", "aborted", "lost"]);
    await clock.advanceAsync(60_000);
    expect(leaders()).to.deep.equal([1]);
  });

  it("ends one leadership before it begins the next, even if the lease is still its own", async () => {
    const paused = pausable(clock);
    const first = replica("a", { clock: paused });
    await clock.advanceAsync(5_000);
    paused.pause();
    await clock.advanceAsync(12_000);
    expect(first.election.leading).to.equal(false);
    paused.resume();
    await clock.advanceAsync(5_000);
    expect(first.told).to.deep.equal(["gained", "aborted", "lost", "gained"]);
  });

  it("does not take up its leadership again after a pause in which the lease went through other hands", async () => {
    const paused = pausable(clock);
    const first = replica("a", { clock: paused });
    await clock.advanceAsync(1_000);
    const { lease } = server;
    if (lease === undefined) throw new Error("no lease");
    server.lease = {
      ...lease,
      metadata: { ...lease.metadata, resourceVersion: "other" },
      spec: { ...lease.spec, holderIdentity: "" },
    };
    // The renewal that finds this is under way when the pause begins; its answer is the first thing after it.
    first.line.answerDelayMs = 11_000;
    await clock.advanceAsync(1_500);
    first.line.answerDelayMs = 0;
    paused.pause();
    await clock.advanceAsync(12_000);
    expect(first.election.leading).to.equal(false);
    expect(first.told).to.deep.equal(["gained", "aborted", "lost"]);
    paused.resume();
    await clock.advanceAsync(5_000);
    expect(first.told.at(-1)).to.equal("gained");
  });

  it("does not lead on an answer that took longer than the deadline", async () => {
    const first = replica("a", { clock, renewDeadlineMs: 14_000, leaseDurationMs: 15_000 });
    first.line.answerDelayMs = 14_500;
    await clock.advanceAsync(60_000);
    expect(first.told).to.deep.equal([]);
  });

  it("counts the time that a machine slept", async () => {
    let sleptMs = 0;
    const sleeper = {
      nowMs: () => clock.nowMs(),
      wall: () => new Date(clock.wall().getTime() + sleptMs),
      after: clock.after.bind(clock),
    };
    const first = replica("a", { clock: sleeper });
    await clock.advanceAsync(1_000);
    expect(first.election.leading).to.equal(true);
    sleptMs = 60_000;
    expect(first.election.leading).to.equal(false);
  });

  it("steps down when it sees another holder", async () => {
    const first = replica("a");
    await clock.advanceAsync(1_000);
    const { lease } = server;
    if (lease === undefined) throw new Error("no lease");
    server.lease = {
      ...lease,
      metadata: { ...lease.metadata, resourceVersion: "forced" },
      spec: { ...lease.spec, holderIdentity: "somebody" },
    };
    await clock.advanceAsync(2_100);
    expect(first.told).to.deep.equal(["gained", "aborted", "lost"]);
    expect(first.log.lines.at(-1)?.fields.reason).to.equal("the lease is held by somebody");
  });

  it("makes the lease again when somebody deleted it", async () => {
    const first = replica("a");
    await clock.advanceAsync(1_000);
    server.lease = undefined;
    await clock.advanceAsync(30_000);
    expect(server.lease).to.have.nested.property("spec.holderIdentity", "a");
    expect(first.told.at(-1)).to.equal("gained");
  });

  it("releases nothing that it does not hold", async () => {
    replica("a");
    await clock.advanceAsync(1_000);
    const second = replica("bb");
    await clock.advanceAsync(5_000);
    await second.election.stop();
    expect(server.lease?.spec?.holderIdentity).to.equal("a");
  });

  it("refuses times with which two could lead", () => {
    expect(() => replica("a", { renewDeadlineMs: 15_000 })).to.throw(RangeError, /leaseDurationMs > renew/);
    expect(() => replica("a", { retryPeriodMs: 0 })).to.throw(RangeError);
  });
});

/** A clock whose wall is off by this much. */
function behind(clock: FakeClock, ms: number): LeaderElectionOptions["clock"] {
  return {
    nowMs: () => clock.nowMs(),
    wall: () => new Date(clock.wall().getTime() + ms),
    after: clock.after.bind(clock),
  };
}

/** A clock as a process sees it that can be stopped: time goes on, timers wait for it to run again. */
function pausable(clock: FakeClock): LeaderElectionOptions["clock"] & { pause(): void; resume(): void } {
  let paused = false;
  let late: (() => void)[] = [];
  return {
    nowMs: () => clock.nowMs(),
    wall: () => clock.wall(),
    after: (delayMs, run) => {
      let cancelled = false;
      const timer = clock.after(delayMs, () => {
        const fire = (): void => {
          if (!cancelled) run();
        };
        if (paused) late.push(fire);
        else fire();
      });
      return {
        cancel: () => {
          cancelled = true;
          timer.cancel();
        },
      };
    },
    pause: () => {
      paused = true;
    },
    resume: () => {
      paused = false;
      const due = late;
      late = [];
      for (const fire of due) fire();
    },
  };
}
