import type { VirtualIP } from "@fairlead/api/virtual-ip.ts";
import { virtualIPName } from "@fairlead/api/virtual-ip-name.ts";
import type { IpAddress } from "@fairlead/net/address.ts";
import type { Clock, Timer } from "@fairlead/runtime/clock.ts";
import type { Log } from "@fairlead/runtime/log.ts";
import { type PlacedAddress, type SnapshotUpdate, samePlaced } from "../announcements/snapshot.ts";
import { placedAddress } from "./placed-address.ts";

export interface SnapshotFeedOptions {
  readonly node: string;
  readonly clock: Clock;
  readonly log: Log;
  readonly send: (update: SnapshotUpdate) => void;
  /** Whether the wire thread answers for the VirtualIP of this key. */
  readonly isAnnounced: (key: string) => boolean;
  /** What the last process knew; the wire thread has it already. */
  readonly known?: Iterable<PlacedAddress>;
}

/**
 * Tells the wire thread what concerns this node, and only what changed: addresses of whose list it is a member, and those for which it
 * answers until another node takes them. Nothing is told before {@link SnapshotFeed.open},
 * that is before all VirtualIPs were read once. An object that cannot be understood counts as one that is not there.
 */
export class SnapshotFeed {
  readonly #options: SnapshotFeedOptions;
  readonly #wanted = new Map<string, PlacedAddress>();
  readonly #sent = new Map<string, PlacedAddress>();
  readonly #invalid = new Map<string, string>();
  readonly #dirty = new Set<string>();
  readonly #uids = new Map<string, string | undefined>();
  /** Deleted and made again: whatever was known of them is over, their epochs begin anew. */
  readonly #madeAgain = new Set<string>();
  #opened = false;
  #timer: Timer | undefined;

  constructor(options: SnapshotFeedOptions) {
    this.#options = options;
    for (const placed of options.known ?? []) {
      const key = virtualIPName(placed.address);
      this.#sent.set(key, placed);
      // Whether they are still there is known when everything was read.
      this.#dirty.add(key);
    }
  }

  /** What the wire thread was told last. */
  get sent(): Iterable<PlacedAddress> {
    return this.#sent.values();
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
    const { log } = this.#options;
    const placed = virtualIP === undefined ? undefined : placedAddress(virtualIP);
    const problem = placed?.ok === false ? placed.error : undefined;
    if (problem === undefined) this.#invalid.delete(key);
    else if (this.#invalid.get(key) !== problem) {
      this.#invalid.set(key, problem);
      log.warn("virtual ip left out", { vip: key, error: problem });
    }
    this.#noteUid(key, virtualIP);
    const wanted = placed?.ok === true ? placed.value : undefined;
    if (wanted === undefined) this.#wanted.delete(key);
    else this.#wanted.set(key, wanted);
    this.#look(key);
  }

  /** What the wire thread does for this key has changed. */
  answeredOrNot(key: string): void {
    if (this.#sent.has(key)) this.#look(key);
  }

  #noteUid(key: string, virtualIP: VirtualIP | undefined): void {
    if (virtualIP === undefined) {
      if (!this.#sent.has(key)) this.#uids.delete(key);
      return;
    }
    const { uid } = virtualIP.metadata;
    if (this.#sent.has(key) && this.#uids.has(key) && this.#uids.get(key) !== uid) this.#madeAgain.add(key);
    this.#uids.set(key, uid);
  }

  #look(key: string): void {
    if (!this.#madeAgain.has(key) && samePlaced(this.#concerning(key), this.#sent.get(key)))
      this.#dirty.delete(key);
    else this.#dirty.add(key);
    this.#schedule();
  }

  #concerning(key: string): PlacedAddress | undefined {
    const { node, isAnnounced } = this.#options;
    const wanted = this.#wanted.get(key);
    return wanted?.nodes.includes(node) || isAnnounced(key) ? wanted : undefined;
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
    const over: IpAddress[] = [];
    for (const key of this.#dirty) {
      const wanted = this.#concerning(key);
      const sent = this.#sent.get(key);
      if (wanted !== undefined) {
        if (this.#madeAgain.delete(key) && sent !== undefined) over.push(sent.address);
        set.push(wanted);
        this.#sent.set(key, wanted);
      } else if (sent !== undefined) {
        removed.push(sent.address);
        this.#sent.delete(key);
        this.#madeAgain.delete(key);
        if (!this.#wanted.has(key)) this.#uids.delete(key);
      }
    }
    this.#dirty.clear();
    if (over.length > 0) this.#options.send({ set: [], removed: over });
    if (set.length + removed.length > 0) this.#options.send({ set, removed });
  }
}
