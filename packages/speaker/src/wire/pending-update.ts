import type { IpAddress } from "@fairlead/net/address.ts";
import type { PlacedAddress, SnapshotUpdate } from "../announcements/snapshot.ts";

/**
 * What the controller decided and is not carried out yet. It is taken out in slices, so that heartbeats and requests are not kept waiting by
 * thousands of addresses; what comes meanwhile about an address supersedes what waits. What is to be let go comes out first.
 */
export class PendingUpdate {
  readonly #removed = new Map<string, IpAddress>();
  readonly #set = new Map<string, PlacedAddress>();

  get size(): number {
    return this.#removed.size + this.#set.size;
  }

  /** An address in both parts is let go and begins anew; one that waits to be set and is removed is not set. */
  add({ set, removed }: SnapshotUpdate): void {
    for (const address of removed) {
      this.#set.delete(address.text);
      this.#removed.set(address.text, address);
    }
    for (const placed of set) this.#set.set(placed.address.text, placed);
  }

  /** The next slice, of so many addresses at most: none is set before all are removed that have to be. */
  take(most: number): SnapshotUpdate {
    const removed = takeFrom(this.#removed, most);
    return { removed, set: this.#removed.size > 0 ? [] : takeFrom(this.#set, most - removed.length) };
  }
}

function takeFrom<T>(from: Map<string, T>, most: number): readonly T[] {
  const taken: T[] = [];
  for (const [key, value] of from) {
    if (taken.length >= most) break;
    taken.push(value);
    from.delete(key);
  }
  return taken;
}
