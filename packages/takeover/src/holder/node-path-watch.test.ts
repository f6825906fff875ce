import { type Mac, macFromBytes } from "@fairlead/net/mac.ts";
import { expect } from "chai";
import type { NodeId } from "../claims/claim.ts";
import type { Clock, Timer } from "../clock.ts";
import type { Core } from "../core/core.ts";
import type { Body, Path, Sighted } from "../messages/message.ts";
import { Directory } from "../peers/directory.ts";
import type { Holder } from "./holder.ts";
import { NodePathWatch } from "./node-path-watch.ts";
import type { Offers } from "./offers.ts";
import { SightQuestions } from "./sight-questions.ts";

const MAC: Mac = macFromBytes(new Uint8Array([2, 0, 0, 0, 0, 1]));

/** Node 1 holds what nodes 1 and 2 may have; node 3 has nothing to do with it. */
class Watched {
  readonly reports: string[] = [];
  readonly offered: NodeId[] = [];
  asked: { readonly to: NodeId; readonly round: number; readonly only: Path | undefined }[] = [];
  lists: readonly (readonly NodeId[])[] = [[1n, 2n]];
  readonly #questions: SightQuestions;
  readonly #watch: NodePathWatch;
  #nowMs = 0;
  #timers: { readonly atMs: number; readonly run: () => void }[] = [];

  constructor(options: { readonly hasAnchor?: boolean } = {}) {
    const clock: Clock = { nowMs: () => this.#nowMs, after: (delayMs, run) => this.#after(delayMs, run) };
    const directory = new Directory(1n);
    directory.set([1n, 2n, 3n].map((id) => ({ id, mac: MAC, address: undefined }) as never));
    const post = {
      hasNodePath: true,
      send: (to: NodeId, body: Body, only?: Path) => {
        if (body.type === "Sight") this.asked.push({ to, round: body.round, only });
      },
    };
    const core = {
      ...{ self: { id: 1n }, clock, directory, post, draining: false },
      surroundings: { anchor: options.hasAnchor === false ? undefined : { text: "192.0.2.1" } },
      environment: { report: ({ type }: { readonly type: string }) => this.reports.push(type) },
    } as unknown as Core;
    const lists = (): readonly (readonly NodeId[])[] => this.lists;
    const held = {
      get size(): number {
        return lists().length;
      },
      lists,
    };
    this.#questions = new SightQuestions(core.post);
    this.#watch = new NodePathWatch({
      ...{ core, questions: this.#questions },
      holder: { held } as unknown as Holder,
      offers: { to: (node: NodeId) => this.offered.push(node) } as unknown as Offers,
    });
    this.#watch.start();
  }

  /** Time passes in which node 2 acknowledges on these paths, and those who are asked answer as this says. */
  run(
    forMs: number,
    paths: readonly Path[],
    answer: (asked: Watched["asked"][number]) => void = () => {},
  ): void {
    for (const untilMs = this.#nowMs + forMs; this.#nowMs < untilMs; this.#nowMs += 100) {
      for (const path of paths) this.#watch.acknowledged(2n, path);
      const due = this.#timers.filter(({ atMs }) => atMs <= this.#nowMs);
      this.#timers = this.#timers.filter((timer) => !due.includes(timer));
      for (const { run } of due) run();
      for (const one of this.asked.splice(0)) answer(one);
    }
  }

  sighted(from: NodeId, path: Path, said: Omit<Sighted, "type">): void {
    this.#questions.sighted(from, path, { type: "Sighted", ...said });
  }

  #after(delayMs: number, run: () => void): Timer {
    const timer = { atMs: this.#nowMs + delayMs, run };
    this.#timers.push(timer);
    return { cancel: () => (this.#timers = this.#timers.filter((one) => one !== timer)) };
  }
}

/** Node 2 answers on the segment what it is asked there too. */
function answering(watched: Watched, said: { readonly sight: 0 | 1 | 2; readonly others: boolean }) {
  return ({ to, round, only }: Watched["asked"][number]): void => {
    if (to === 2n && only === undefined) watched.sighted(2n, "Segment", { round, ...said });
  };
}

describe("a holder that nobody acknowledges on the node path any more", () => {
  const well = { sight: 2, others: true } as const;

  it("offers what it has to a stand-in that hears others there and sees the gateway", () => {
    const watched = new Watched();
    watched.run(5000, ["Node", "Segment"], answering(watched, well));
    expect(watched.reports).to.deep.equal([]);
    watched.run(2900, ["Segment"], answering(watched, well));
    expect(watched.reports).to.deep.equal([]);
    watched.run(700, ["Segment"], answering(watched, well));
    expect(watched.reports).to.deep.equal(["NodePathLost"]);
    expect(watched.offered).to.deep.equal([2n]);
  });

  it("keeps it if another node answers there: only the way to this stand-in is broken", () => {
    const watched = new Watched();
    watched.run(5000, ["Node", "Segment"]);
    watched.run(60_000, ["Segment"], (asked) => {
      answering(watched, well)(asked);
      if (asked.to === 3n) watched.sighted(3n, "Node", { round: asked.round, ...well });
    });
    expect(watched.reports).to.deep.equal([]);
    expect(watched.offered).to.deep.equal([]);
  });

  it("keeps it if the path, dead for all, is back for all: its stand-in hears others before it does itself", () => {
    const watched = new Watched();
    watched.run(5000, ["Node", "Segment"]);
    watched.run(8000, ["Segment"], answering(watched, { sight: 2, others: false }));
    expect(watched.reports).to.include("NodePathLost");
    watched.run(2000, ["Segment"], (asked) => {
      answering(watched, well)(asked);
      if (asked.to === 3n) watched.sighted(3n, "Node", { round: asked.round, ...well });
    });
    watched.run(10_000, ["Node", "Segment"], answering(watched, well));
    expect(watched.offered).to.deep.equal([]);
  });

  it("offers it to one stand-in, though another says later that it hears others too", () => {
    const watched = new Watched();
    watched.lists = [[1n, 2n, 3n]];
    watched.run(5000, ["Node", "Segment"]);
    let late: (() => void) | undefined;
    watched.run(3600, ["Segment"], (asked) => {
      answering(watched, well)(asked);
      if (asked.to === 3n && asked.only === undefined)
        late = () => watched.sighted(3n, "Segment", { round: asked.round, ...well });
    });
    expect(watched.offered).to.deep.equal([2n]);
    late?.();
    watched.run(400, ["Segment"]);
    expect(watched.offered).to.deep.equal([2n]);
  });

  it("does not if what it asked there is answered on the segment alone, for it may be heard and not hear", () => {
    const watched = new Watched();
    watched.run(5000, ["Node", "Segment"]);
    watched.run(5000, ["Segment"], (asked) => {
      answering(watched, well)(asked);
      if (asked.only === "Node") watched.sighted(asked.to, "Segment", { round: asked.round, ...well });
    });
    expect(watched.offered).to.deep.equal([2n]);
  });

  it("keeps it while nobody hears others there, or sees less of the segment", () => {
    for (const said of [
      { sight: 2, others: false },
      { sight: 1, others: true },
    ] as const) {
      const watched = new Watched();
      watched.run(5000, ["Node", "Segment"]);
      watched.run(10_000, ["Segment"], answering(watched, said));
      expect(watched.reports).to.include("NodePathLost");
      expect(watched.offered).to.deep.equal([]);
    }
    const without = new Watched({ hasAnchor: false });
    without.run(5000, ["Node", "Segment"]);
    without.run(5000, ["Segment"], answering(without, { sight: 1, others: true }));
    expect(without.offered).to.deep.equal([2n]);
  });

  it("waits for a stand-in that was away and is heard on one path first", () => {
    const watched = new Watched();
    watched.run(5000, ["Node", "Segment"]);
    watched.run(10_000, []);
    watched.run(1500, ["Segment"], answering(watched, well));
    watched.run(5000, ["Node", "Segment"], answering(watched, well));
    expect(watched.reports).to.deep.equal([]);
  });

  it("remembers that the path led to somebody when it has something again", () => {
    const watched = new Watched();
    watched.run(5000, ["Node", "Segment"]);
    watched.run(5000, ["Segment"], answering(watched, well));
    expect(watched.offered).to.deep.equal([2n]);
    watched.lists = [];
    watched.run(70_000, []);
    watched.lists = [[1n, 2n]];
    watched.run(5000, ["Segment"], answering(watched, well));
    expect(watched.offered).to.deep.equal([2n, 2n]);
  });
});
