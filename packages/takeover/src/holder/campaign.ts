import type { NodeId } from "../claims/claim.ts";
import type { Timer } from "../clock.ts";
import type { Core } from "../core/core.ts";
import type { Entry } from "../core/ledger.ts";
import { TIMING } from "../timing.ts";

interface Pending {
  readonly entries: Map<string, Entry>;
  attempt: number;
  timer: Timer | undefined;
}

/** Says CLAIM to each that should know until it acknowledges: at once, a few times soon, then ever more seldom. */
export class Campaign {
  readonly #core: Core;
  readonly #pending = new Map<NodeId, Pending>();

  constructor(core: Core) {
    this.#core = core;
  }

  /** These are claimed anew. */
  tell(node: NodeId, entries: Iterable<Entry>): void {
    if (node === this.#core.self.id) return;
    const pending = this.#pending.get(node) ?? { entries: new Map(), attempt: 0, timer: undefined };
    for (const entry of entries) pending.entries.set(entry.address.text, entry);
    this.#pending.set(node, pending);
    this.#restart(node, pending);
  }

  /** A node that had not acknowledged is heard again. */
  hurry(node: NodeId): void {
    const pending = this.#pending.get(node);
    if (pending !== undefined && pending.attempt > 1 && this.#core.post.mayAnswer(node, "campaign"))
      this.#restart(node, pending);
  }

  /** It knows what this node announces the address under. */
  acknowledged(node: NodeId, entry: Entry): void {
    this.#pending.get(node)?.entries.delete(entry.address.text);
  }

  stop(): void {
    for (const { timer } of this.#pending.values()) timer?.cancel();
    this.#pending.clear();
  }

  #restart(node: NodeId, pending: Pending): void {
    pending.timer?.cancel();
    pending.attempt = 0;
    this.#attempt(node, pending);
  }

  #attempt(node: NodeId, pending: Pending): void {
    for (const [address, { mine }] of pending.entries)
      if (mine === undefined) pending.entries.delete(address);
    if (pending.entries.size === 0) {
      this.#pending.delete(node);
      return;
    }
    this.#core.post.claims(node, pending.entries.values());
    pending.timer = this.#core.clock.after(gapAfter(pending.attempt++), () => this.#attempt(node, pending));
  }
}

function gapAfter(attempt: number): number {
  const { claimRepeats, claimSlowest } = TIMING;
  const [now, next] = [claimRepeats[attempt], claimRepeats[attempt + 1]];
  if (now !== undefined && next !== undefined) return next - now;
  return Math.min(claimSlowest, 1000 * 2 ** (attempt - claimRepeats.length + 1));
}
