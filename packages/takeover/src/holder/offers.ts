import type { NodeId } from "../claims/claim.ts";
import type { Timer } from "../clock.ts";
import type { Core } from "../core/core.ts";
import { type Entry, listOf } from "../core/ledger.ts";
import { MOST_ITEMS } from "../messages/items.ts";
import { TIMING } from "../timing.ts";
import type { Holder } from "./holder.ts";

/** So many each member is offered in one go: what it can claim before the next. */
const OFFERED_AT_ONCE: number = 16 * MOST_ITEMS;

/** Hands over what this node announces: one stand-in after the other is offered it until somebody claims. */
export class Offers {
  readonly #core: Core;
  readonly #holder: Holder;
  #next: Timer | undefined;

  constructor(core: Core, holder: Holder) {
    this.#core = core;
    this.#holder = holder;
  }

  /** Offers everything for up to 2 s, some hundred at a time and each anew after 75 ms, responsive members first. @param done called when nothing is left, or at the end */
  all(done: () => void = () => {}): void {
    this.stop();
    this.#offer(new Map(), this.#core.clock.nowMs() + TIMING.offerFor, done);
  }

  /** What made this node offer everything is over. */
  stop(): void {
    this.#next?.cancel();
  }

  /** Offers everything that this member may take to it, once. */
  to(node: NodeId): void {
    this.#core.post.offers(node, this.#holder.held.of(node));
  }

  /** @param tries how often each was offered */
  #offer(tries: Map<Entry, number>, untilMs: number, done: () => void): void {
    const { clock } = this.#core;
    if (this.#holder.held.size === 0 || clock.nowMs() >= untilMs) {
      done();
      return;
    }
    const byNode = new Map<NodeId, Entry[]>();
    for (const entry of this.#holder.held.all()) {
      const members = this.#responsiveFirst(entry);
      const tried = tries.get(entry) ?? 0;
      const node = members[tried % Math.max(1, members.length)];
      if (node === undefined) continue;
      const same = byNode.get(node) ?? [];
      byNode.set(node, same);
      if (same.length === OFFERED_AT_ONCE) continue;
      same.push(entry);
      tries.set(entry, tried + 1);
    }
    for (const [node, entries] of byNode) this.#core.post.offers(node, entries);
    this.#next = clock.after(TIMING.offerNext, () => this.#offer(tries, untilMs, done));
  }

  #responsiveFirst(entry: Entry): readonly NodeId[] {
    const members = listOf(entry).filter((node) => node !== this.#core.self.id);
    const isResponsive = (node: NodeId): boolean =>
      this.#core.clock.nowMs() - this.#holder.beats.acknowledgedMs(node) <= TIMING.acknowledged;
    return [...members.filter(isResponsive), ...members.filter((node) => !isResponsive(node))];
  }
}
