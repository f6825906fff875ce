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

  describe("that lets nodes settle", () => {
    const SETTLE_MS = 10_000;
    const begin = (cordonedNodes: "avoid" | "keep" = "avoid") => {
      const clock = new FakeClock();
      const told: string[] = [];
      const settled = (name: string): string => (index.get(name)?.settled === true ? "settled" : "new");
      const onChange = (name: string): void => {
        told.push(`${name} ${settled(name)}`);
      };
      const index: NodeIndex = new NodeIndex({ clock, settleMs: SETTLE_MS, cordonedNodes, onChange });
      const set = (name: string, parts: Parameters<typeof node>[1] = {}): void =>
        index.applyNode(change(name, node(name, parts)));
      const pod = (name: string, ready = true): void => {
        const current = speakerPod(name, { ready });
        index.applyPod({ key: `speaker-${name}`, previous: undefined, current });
      };
      for (const name of ["a", "b"]) {
        set(name);
        pod(name);
        index.applySpeaker(change(name, speaker(name, LAN)));
      }
      index.begin();
      clock.advance(SETTLE_MS);
      told.length = 0;
      return { clock, told, set, pod, index, settled };
    };

    it("tells when a node that was not ready has been ready for a while", () => {
      const { clock, told, set } = begin();
      set("b", { ready: false });
      set("b");
      clock.advance(SETTLE_MS - 1);
      expect(told).to.deep.equal(["b new", "b new"]);
      clock.advance(1);
      expect(told).to.deep.equal(["b new", "b new", "b settled"]);
    });

    it("takes a speaker that starts for a start", () => {
      const { clock, pod, settled } = begin();
      pod("b", false);
      pod("b");
      expect([settled("a"), settled("b")]).to.deep.equal(["settled", "new"]);
      clock.advance(SETTLE_MS);
      expect(settled("b")).to.equal("settled");
    });

    it("takes no change of labels, cordon or exclusion for a start", () => {
      const { set, settled } = begin();
      set("b", { cordoned: true });
      set("b", { labels: { rack: "1" } });
      expect(settled("b")).to.equal("settled");
      set("b", { labels: { "node.kubernetes.io/exclude-from-external-load-balancers": "" } });
      set("b");
      expect(settled("b")).to.equal("settled");
    });

    it("takes all nodes for new when it begins, however long they were read before", () => {
      const { clock, index, settled } = begin();
      index.begin();
      expect([settled("a"), settled("b")]).to.deep.equal(["new", "new"]);
      clock.advance(SETTLE_MS);
      expect([settled("a"), settled("b")]).to.deep.equal(["settled", "settled"]);
    });

    it("waits for the speaker of a cordoned node that keeps its addresses", () => {
      const { pod, set, index } = begin("keep");
      set("b", { cordoned: true });
      pod("b", false);
      expect(index.get("b")).to.include({ speaker: "Restarting", keeps: true, cordoned: true });
    });

    it("sets no timer for a node that is gone", () => {
      const { clock, set, index } = begin();
      set("b", { ready: false });
      set("b");
      index.applyNode(change<Node>("b", undefined));
      expect(clock.pending).to.equal(0);
    });
  });

  it("sets no timer once it is stopped", () => {
    const bench = new Bench().run();
    bench.pod("none");
    bench.index.stop();
    expect(bench.clock.pending).to.equal(0);
  });
});
