import type { NodeId } from "../claims/claim.ts";
import type { Core } from "../core/core.ts";
import type { Entry } from "../core/ledger.ts";
import { TIMING } from "../timing.ts";

/** A path that came back longer ago is not why this node gives way now, in ms. */
const BACK_WITHIN_MS = 5000;
/** Giving way takes several messages; what it came to is told once, in ms. */
const TOLD_AFTER_MS = 1000;

interface Gap {
  readonly sinceMs: number;
  readonly untilMs: number;
}

interface Split {
  readonly entry: Entry;
  addresses: number;
  lastedMs: number;
}

/**
 * For how long two nodes announced one address, as far as this one can know: at most since the other was last heard, while this one was not
 * silent itself. After a break of the segment the one that gives way tells it; a hand-over is measured by the one that took it.
 */
export class Overlaps {
  readonly #core: Core;
  readonly #sinceMs = new Map<Entry, number>();
  /** When nodes were not heard last, of those that may have begun to announce meanwhile. */
  readonly #gaps = new Map<NodeId, Gap>();
  readonly #splits = new Map<NodeId, Split>();
  #silent = false;
  #spokeMs = Number.NEGATIVE_INFINITY;

  constructor(core: Core) {
    this.#core = core;
  }

  /** The address came to be announced here. */
  begun(entry: Entry): void {
    this.#sinceMs.set(entry, this.#core.clock.nowMs());
  }

  /** It is not any more. */
  ended(entry: Entry): void {
    this.#sinceMs.delete(entry);
  }

  /** Nothing is answered for from now on, or again. */
  silent(on: boolean): void {
    this.#silent = on;
    if (!on) this.#spokeMs = this.#core.clock.nowMs();
  }

  /** A node is heard again. */
  back(node: NodeId, silentMs: number): void {
    const nowMs = this.#core.clock.nowMs();
    for (const [other, { untilMs }] of this.#gaps)
      if (nowMs - untilMs > BACK_WITHIN_MS) this.#gaps.delete(other);
    this.#gaps.set(node, { sinceMs: nowMs - silentMs, untilMs: nowMs });
  }

  /** A node asks about addresses before it claims them: until now it announced none of them. */
  asked(node: NodeId, entries: readonly Entry[]): void {
    if (entries.some((entry) => this.#sinceMs.has(entry))) this.#gaps.delete(node);
  }

  /** To be called before the address ends to be announced in favor of a node whose claim was heard. */
  yielded(node: NodeId, entry: Entry): void {
    const gap = this.#gaps.get(node);
    if (gap !== undefined && this.#core.clock.nowMs() - gap.untilMs <= BACK_WITHIN_MS)
      this.gaveWay(node, entry, gap.sinceMs);
  }

  /** To be called before the address ends to be announced in favor of a node that has announced it since then. */
  gaveWay(node: NodeId, entry: Entry, sinceMs: number): void {
    const ownMs = this.#sinceMs.get(entry);
    if (ownMs === undefined || this.#silent) return;
    const lastedMs = this.#core.clock.nowMs() - Math.max(sinceMs, ownMs, this.#spokeMs);
    const split = this.#splits.get(node);
    if (split === undefined) {
      this.#splits.set(node, { entry, addresses: 1, lastedMs });
      this.#core.clock.after(TOLD_AFTER_MS, () => this.#tell(node));
    } else {
      split.addresses++;
      split.lastedMs = Math.max(split.lastedMs, lastedMs);
    }
  }

  /** Who announced the address before agrees that it is this node's. One that agrees late was not heard meanwhile, and tells it itself. */
  agreed(entry: Entry): void {
    const lastedMs = this.#core.clock.nowMs() - (this.#sinceMs.get(entry) ?? Number.NEGATIVE_INFINITY);
    if (lastedMs < TIMING.pathBack)
      this.#core.environment.measured({ type: "Overlap", lastedMs, addresses: 1 });
  }

  #tell(node: NodeId): void {
    const split = this.#splits.get(node);
    this.#splits.delete(node);
    if (split === undefined) return;
    const { entry, addresses, lastedMs } = split;
    const { environment } = this.#core;
    environment.measured({ type: "Overlap", lastedMs, addresses });
    environment.report({ type: "SplitBrain", peer: node, address: entry.address, addresses, lastedMs });
  }
}
