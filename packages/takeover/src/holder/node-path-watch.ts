import type { NodeId } from "../claims/claim.ts";
import type { Timer } from "../clock.ts";
import type { Core } from "../core/core.ts";
import type { Path, Sighted } from "../messages/message.ts";
import { TIMING } from "../timing.ts";
import type { Holder } from "./holder.ts";
import type { Offers } from "./offers.ts";
import type { SightQuestions } from "./sight-questions.ts";

export interface NodePathWatchOptions {
  readonly core: Core;
  readonly holder: Holder;
  readonly offers: Offers;
  readonly questions: SightQuestions;
}

const NEVER = Number.NEGATIVE_INFINITY;

/**
 * A holder that is acknowledged on the segment and by nobody on the node path any more answers for addresses whose pods on other nodes it does
 * not reach. After 3 s of that it asks its stand-ins each second whether they hear others there, and offers its addresses to the first that does.
 * If nobody does, it is no better elsewhere, and nothing moves; nor where that path never led to anybody.
 */
export class NodePathWatch {
  readonly #options: NodePathWatchOptions;
  /** When each stand-in last acknowledged on each path. */
  readonly #acknowledgedMs = new Map<NodeId, Record<Path, number>>();
  /** When each was last offered what is announced here. */
  readonly #offeredMs = new Map<NodeId, number>();
  #withdraw = (): void => {};
  #timer: Timer | undefined;

  constructor(options: NodePathWatchOptions) {
    this.#options = options;
  }

  start(): void {
    const { core } = this.#options;
    if (core.post.hasNodePath) this.#timer = core.clock.after(TIMING.nodePathCheck, () => this.#check());
  }

  stop(): void {
    this.#timer?.cancel();
  }

  /** A stand-in has acknowledged. */
  acknowledged(from: NodeId, path: Path): void {
    const known = this.#acknowledgedMs.get(from) ?? { Node: NEVER, Segment: NEVER };
    known[path] = this.#options.core.clock.nowMs();
    this.#acknowledgedMs.set(from, known);
  }

  #check(): void {
    const { core, holder, questions } = this.#options;
    this.#withdraw();
    // While nothing is announced nobody acknowledges.
    if (holder.held.size === 0 || core.draining) this.#acknowledgedMs.clear();
    else if (this.#isLost()) {
      core.environment.report({ type: "NodePathLost" });
      this.#withdraw = questions.ask(this.#candidates(), (from, sighted) => this.#sighted(from, sighted));
    }
    this.start();
  }

  #sighted(from: NodeId, { sight, others }: Sighted): void {
    const { core, offers } = this.#options;
    if (!others || sight === 0 || !this.#isLost()) return;
    this.#withdraw();
    this.#offeredMs.set(from, core.clock.nowMs());
    offers.to(from);
  }

  #isLost(): boolean {
    const nowMs = this.#options.core.clock.nowMs();
    let isHeard = false;
    for (const { Node, Segment } of this.#acknowledgedMs.values()) {
      if (nowMs - Node < TIMING.nodePathLost) return false;
      isHeard ||= Node > NEVER && nowMs - Segment <= TIMING.pathWell;
    }
    return isHeard;
  }

  /** Stand-ins that were not offered everything just now. */
  #candidates(): Iterable<NodeId> {
    const { core, holder } = this.#options;
    const sinceMs = core.clock.nowMs() - TIMING.offeredAgain;
    for (const [node, atMs] of this.#offeredMs) if (atMs <= sinceMs) this.#offeredMs.delete(node);
    return new Set(
      holder.held
        .lists()
        .flat()
        .filter((node) => node !== core.self.id && !this.#offeredMs.has(node)),
    );
  }
}
