import type { VirtualIP } from "@fairlead/api/virtual-ip.ts";
import type { IpAddress } from "@fairlead/net/address.ts";
import type { Clock, Timer } from "@fairlead/runtime/clock.ts";
import type { Log } from "@fairlead/runtime/log.ts";
import type { PlacedAddress, SnapshotUpdate } from "../announcements/snapshot.ts";
import { placedAddress, samePlaced } from "./placed-address.ts";

export interface SnapshotFeedOptions {
  readonly node: string;
  readonly clock: Clock;
  readonly log: Log;
  readonly send: (update: SnapshotUpdate) => void;
}

/**
 * Tells the wire thread what concerns this node, and only what changed. Nothing is told before {@link SnapshotFeed.open},
 * that is before all VirtualIPs were read once. An object that cannot be understood counts as one that is not there.
 */
export class SnapshotFeed {
  readonly #options: SnapshotFeedOptions;
  readonly #wanted = new Map<string, PlacedAddress>();
  readonly #sent = new Map<string, PlacedAddress>();
  readonly #invalid = new Map<string, string>();
  readonly #dirty = new Set<string>();
  #opened = false;
  #timer: Timer | undefined;

  constructor(options: SnapshotFeedOptions) {
    this.#options = options;
  }

  /** Why the VirtualIP of this key was left out, or undefined. */
  problemOf(key: string): string | undefined {
    return this.#invalid.get(key);
  }

  /** Number of VirtualIPs that were left out. */
  get leftOut(): number {
    return this.#invalid.size;
  }

  /** Takes the VirtualIP as it is now; undefined: it is gone. */
  set(key: string, virtualIP: VirtualIP | undefined): void {
    const { node, log } = this.#options;
    const placed = virtualIP === undefined ? undefined : placedAddress(virtualIP, node);
    const problem = placed?.ok === false ? placed.error : undefined;
    if (problem === undefined) this.#invalid.delete(key);
    else if (this.#invalid.get(key) !== problem) {
      this.#invalid.set(key, problem);
      log.warn("virtual ip left out", { vip: key, error: problem });
    }
    const wanted = placed?.ok === true ? placed.value : undefined;
    if (wanted === undefined) this.#wanted.delete(key);
    else this.#wanted.set(key, wanted);
    if (samePlaced(wanted, this.#sent.get(key))) this.#dirty.delete(key);
    else this.#dirty.add(key);
    this.#schedule();
  }

  /** All VirtualIPs have been read: what is known may be acted upon. */
  open(): void {
    this.#opened = true;
    this.#schedule();
  }

  stop(): void {
    this.#opened = false;
    this.#timer?.cancel();
  }

  /** One message for all that comes in one go. */
  #schedule(): void {
    if (!this.#opened || this.#dirty.size === 0 || this.#timer !== undefined) return;
    this.#timer = this.#options.clock.after(0, () => {
      this.#timer = undefined;
      this.#flush();
    });
  }

  #flush(): void {
    const set: PlacedAddress[] = [];
    const removed: IpAddress[] = [];
    for (const key of this.#dirty) {
      const wanted = this.#wanted.get(key);
      const sent = this.#sent.get(key);
      if (wanted !== undefined) {
        set.push(wanted);
        this.#sent.set(key, wanted);
      } else if (sent !== undefined) {
        removed.push(sent.address);
        this.#sent.delete(key);
      }
    }
    this.#dirty.clear();
    if (set.length + removed.length > 0) this.#options.send({ set, removed });
  }
}
