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

/** How many others are asked on the node path at once. */
const MOST_ASKED = 7;

/** When a stand-in acknowledged, in ms. */
interface Acknowledged extends Record<Path, number> {
  /** Since when it has done so on the segment without a pause. */
  segmentSinceMs: number;
}

/**
 * A holder that is acknowledged on the segment and by nobody on the node path any more answers for addresses whose pods on other nodes it does
 * not reach. After 2 s of that it asks there whoever else there is: who answers shows that the path leads to somebody. If nobody has in another
 * second, it asks its stand-ins each second whether they hear others there, and offers its addresses to the first that does and sees the
 * segment, unless somebody answers there in the meantime: where the path was dead for all, it is back for all at once. If no
 * stand-in hears others, it is no better elsewhere, and nothing moves; nor where that path never led to anybody.
 */
export class NodePathWatch {
  readonly #options: NodePathWatchOptions;
  readonly #acknowledged = new Map<NodeId, Acknowledged>();
  /** When each was last offered what is announced here. */
  readonly #offeredMs = new Map<NodeId, number>();
  readonly #withdraw: (() => void)[] = [];
  #timer: Timer | undefined;
  /** Runs while somebody is about to be offered everything. */
  #offering: Timer | undefined;
  /** Somebody was asked on the node path, and nobody has answered there since. */
  #isUnheard = false;
  /** How many have been asked there. */
  #turn = 0;

  constructor(options: NodePathWatchOptions) {
    this.#options = options;
  }

  start(): void {
    const { core } = this.#options;
    if (core.post.hasNodePath) this.#timer = core.clock.after(TIMING.nodePathCheck, () => this.#check());
  }

  stop(): void {
    this.#timer?.cancel();
    this.#offering?.cancel();
  }

  /** A stand-in has acknowledged. */
  acknowledged(from: NodeId, path: Path): void {
    const nowMs = this.#options.core.clock.nowMs();
    const known = this.#acknowledged.get(from) ?? { Node: NEVER, Segment: NEVER, segmentSinceMs: nowMs };
    if (path === "Segment" && nowMs - known.Segment > TIMING.pathWell) known.segmentSinceMs = nowMs;
    known[path] = nowMs;
    this.#acknowledged.set(from, known);
  }

  #check(): void {
    const { core, holder, questions } = this.#options;
    this.#offering?.cancel();
    this.#offering = undefined;
    for (const withdraw of this.#withdraw.splice(0)) withdraw();
    for (const node of this.#acknowledged.keys())
      if (core.directory.get(node) === undefined) this.#acknowledged.delete(node);
    const isHolder = holder.held.size > 0 && !core.draining;
    if (isHolder && this.#isLost()) {
      core.environment.report({ type: "NodePathLost" });
      this.#withdraw.push(questions.ask(this.#candidates(), (from, said) => this.#sighted(from, said)));
    }
    this.#isUnheard = isHolder && this.#isSilentFor(TIMING.nodePathLost - TIMING.nodePathCheck);
    if (this.#isUnheard)
      this.#withdraw.push(questions.ask(this.#around(), (_, __, path) => this.#answered(path), "Node"));
    this.start();
  }

  /** Somebody who was asked on the node path alone answers: it carries both ways if the answer comes by it too. */
  #answered(path: Path): void {
    if (path === "Node") this.#isUnheard = false;
  }

  /** Who does not see the anchor would take the addresses into the dark. */
  #sighted(from: NodeId, { sight, others }: Sighted): void {
    const { core } = this.#options;
    const needed = core.surroundings.anchor === undefined ? 1 : 2;
    if (!others || sight < needed || this.#offering !== undefined) return;
    this.#offering = core.clock.after(TIMING.nodePathLastAnswer, () => this.#offer(from));
  }

  #offer(to: NodeId): void {
    const { core, offers } = this.#options;
    this.#offering = undefined;
    if (!this.#isLost()) return;
    for (const withdraw of this.#withdraw.splice(0)) withdraw();
    this.#offeredMs.set(to, core.clock.nowMs());
    offers.to(to);
  }

  #isLost(): boolean {
    return this.#isUnheard && this.#isSilentFor(TIMING.nodePathLost);
  }

  /**
   * Whether for so long nobody acknowledged on the node path, where somebody once did who has acknowledged on the segment all that time: one who
   * was away for a moment is heard again on one path first.
   */
  #isSilentFor(forMs: number): boolean {
    const nowMs = this.#options.core.clock.nowMs();
    let isHeard = false;
    for (const { Node, Segment, segmentSinceMs } of this.#acknowledged.values()) {
      if (nowMs - Node < forMs) return false;
      isHeard ||= Node > NEVER && nowMs - Segment <= TIMING.pathWell && nowMs - segmentSinceMs >= forMs;
    }
    return isHeard;
  }

  /** Some others, each time the next: whether they have to do with what is announced here or not. */
  #around(): readonly NodeId[] {
    const all = [...this.#options.core.directory.others()].map(({ id }) => id);
    const from = all.length > MOST_ASKED ? this.#turn % all.length : 0;
    this.#turn = from + MOST_ASKED;
    return [...all.slice(from), ...all.slice(0, from)].slice(0, MOST_ASKED);
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
