import type { Node } from "@fairlead/api/core/node.ts";
import type { KubeObject } from "@fairlead/api/object-meta.ts";
import type { Change } from "@fairlead/kube/store.ts";
import { FakeClock } from "@fairlead/runtime/fake-clock.ts";
import { expect } from "chai";
import { node, speaker, speakerPod } from "../testing/objects.ts";
import { NodeIndex, SPEAKER_GRACE_MS } from "./node-index.ts";

const LAN = [{ name: "lan0", addresses: ["192.0.2.11/24"] }];

/** An index of one node, and what it told. */
class Bench {
  readonly clock = new FakeClock();
  readonly told: string[] = [];
  readonly index = new NodeIndex({
    clock: this.clock,
    settleMs: 0,
    cordonedNodes: "avoid",
    onChange: (name) => this.told.push(`${name} ${this.state}`),
  });

  get state(): string {
    const view = this.index.get("a");
    return view === undefined ? "none" : `${view.speaker} ${view.fault ?? "well"} ${view.interfaces.length}`;
  }

  node(parts: Parameters<typeof node>[1] = {}): void {
    this.index.applyNode(change("a", node("a", parts)));
  }

  pod(parts: Parameters<typeof speakerPod>[1] | "none" = {}): void {
    const before = speakerPod("a");
    const current = parts === "none" ? undefined : speakerPod("a", parts);
    this.index.applyPod({ key: "speaker-a", previous: before, current });
  }

  report(there = true): void {
    this.index.applySpeaker(change("a", there ? speaker("a", LAN) : undefined));
  }

  /** Everything is there and has been read. */
  run(): this {
    this.node();
    this.pod();
    this.report();
    this.index.begin();
    this.told.length = 0;
    return this;
  }
}

function change<T extends KubeObject>(key: string, current: T | undefined): Change<T> {
  return { key, previous: undefined, current } as Change<T>;
}

describe("the index of nodes", () => {
  const restarting = "Restarting SpeakerNotRunning 1";
  const gone = "Gone SpeakerNotRunning 1";

  it("waits for a speaker that is not there, then tells that it is gone", () => {
    const bench = new Bench().run();
    bench.pod({ ready: false });
    expect(bench.state).to.equal(restarting);
    bench.clock.advance(SPEAKER_GRACE_MS - 1);
    expect(bench.state).to.equal(restarting);
    bench.clock.advance(1);
    expect(bench.told).to.deep.equal([`a ${restarting}`, `a ${gone}`]);
    bench.pod();
    expect(bench.state).to.equal("Running well 1");
  });

  it("waits anew each time, and no longer for one that is back", () => {
    const bench = new Bench().run();
    for (let i = 0; i < 5; i++) {
      bench.pod("none");
      bench.clock.advance(SPEAKER_GRACE_MS - 1);
      expect(bench.state).to.equal(restarting);
      bench.pod();
      bench.clock.advance(1);
    }
    expect(bench.state).to.equal("Running well 1");
    expect(bench.clock.pending).to.equal(0);
  });

  it("counts one absence from its beginning, whatever else changes meanwhile", () => {
    const bench = new Bench().run();
    bench.pod({ ready: false });
    bench.clock.advance(SPEAKER_GRACE_MS / 2);
    bench.node({ labels: { rack: "1" } });
    bench.pod("none");
    bench.clock.advance(SPEAKER_GRACE_MS / 2);
    expect(bench.state).to.equal(gone);
  });

  it("waits from when everything has been read, if a speaker was not there before", () => {
    const bench = new Bench();
    bench.node();
    bench.report();
    bench.clock.advance(10 * SPEAKER_GRACE_MS);
    expect(bench.state).to.equal(restarting);
    bench.index.begin();
    bench.clock.advance(SPEAKER_GRACE_MS - 1);
    expect(bench.state).to.equal(restarting);
    bench.clock.advance(1);
    expect(bench.state).to.equal(gone);
  });

  it("waits from when the node is heard of again, since its pod is said to be ready only later", () => {
    const bench = new Bench().run();
    bench.node({ ready: false });
    bench.pod({ ready: false });
    bench.clock.advance(10 * SPEAKER_GRACE_MS);
    bench.node();
    expect(bench.state).to.equal(restarting);
    bench.clock.advance(SPEAKER_GRACE_MS);
    expect(bench.state).to.equal(gone);
  });

  it("does not wait for the speaker of a node that is cordoned", () => {
    const bench = new Bench().run();
    bench.node({ cordoned: true });
    bench.pod({ leaving: true });
    expect(bench.state).to.equal(gone);
  });

  it("goes on by the last report while that is taken away for a moment", () => {
    const bench = new Bench().run();
    bench.report(false);
    expect(bench.state).to.equal("Restarting SpeakerNotReported 1");
    bench.clock.advance(SPEAKER_GRACE_MS);
    expect(bench.state).to.equal("Gone SpeakerNotReported 0");
    bench.report();
    expect(bench.state).to.equal("Running well 1");
  });

  it("waits for nobody on a node that is gone, and knows nothing of it when it comes back", () => {
    const bench = new Bench().run();
    bench.report(false);
    bench.index.applyNode(change<Node>("a", undefined));
    expect(bench.state).to.equal("none");
    expect(bench.clock.pending).to.equal(0);
    bench.node();
    expect(bench.state).to.equal("Restarting SpeakerNotReported 0");
  });

  it("sets no timer once it is stopped", () => {
    const bench = new Bench().run();
    bench.pod("none");
    bench.index.stop();
    expect(bench.clock.pending).to.equal(0);
  });
});
