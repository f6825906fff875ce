import type { NodeId } from "../claims/claim.ts";
import type { Timer } from "../clock.ts";
import type { Core } from "../core/core.ts";
import { type Entry, itemOf, listOf } from "../core/ledger.ts";
import { pagesOf } from "../core/post.ts";
import { TIMING } from "../timing.ts";
import type { Holder } from "./holder.ts";

/** Hands over what this node announces: one stand-in after the other is offered it until somebody claims. */
export class Offers {
  readonly #core: Core;
  readonly #holder: Holder;
  #next: Timer | undefined;

  constructor(core: Core, holder: Holder) {
    this.#core = core;
    this.#holder = holder;
  }

  /** Offers everything for up to 2 s, 75 ms apart, responsive members first. @param done called when nothing is left, or at the end */
  all(done: () => void = () => {}): void {
    this.stop();
    this.#offer(0, this.#core.clock.nowMs() + TIMING.offerFor, done);
  }

  /** What made this node offer everything is over. */
  stop(): void {
    this.#next?.cancel();
  }

  /** Offers everything that this member may take to it, once. */
  to(node: NodeId): void {
    this.#send(node, this.#holder.held.of(node));
  }

  #offer(turn: number, untilMs: number, done: () => void): void {
    const { clock } = this.#core;
    if (this.#holder.held.size === 0 || clock.nowMs() >= untilMs) {
      done();
      return;
    }
    const byNode = new Map<NodeId, Entry[]>();
    for (const entry of this.#holder.held.all()) {
      const members = this.#responsiveFirst(entry);
      const node = members[turn % Math.max(1, members.length)];
      if (node === undefined) continue;
      const same = byNode.get(node);
      if (same === undefined) byNode.set(node, [entry]);
      else same.push(entry);
    }
    for (const [node, entries] of byNode) this.#send(node, entries);
    this.#next = clock.after(TIMING.offerNext, () => this.#offer(turn + 1, untilMs, done));
  }

  #send(node: NodeId, entries: readonly Entry[]): void {
    for (const { list, part } of pagesOf(entries)) {
      const items = part.flatMap((entry) => (entry.mine === undefined ? [] : [itemOf(entry, entry.mine)]));
      this.#core.post.send(node, { type: "Offer", list, items });
    }
  }

  #responsiveFirst(entry: Entry): readonly NodeId[] {
    const members = listOf(entry).filter((node) => node !== this.#core.self.id);
    const isResponsive = (node: NodeId): boolean =>
      this.#core.clock.nowMs() - this.#holder.beats.acknowledgedMs(node) <= TIMING.acknowledged;
    return [...members.filter(isResponsive), ...members.filter((node) => !isResponsive(node))];
  }
}
