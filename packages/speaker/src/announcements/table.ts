import { formatPrefix } from "@fairlead/net/prefix.ts";
import type { Announcement, Resolution } from "./announcement.ts";
import { InterfaceTable } from "./interface-table.ts";
import type { PresentInterface } from "./present-interface.ts";
import { type Candidate, candidatesOf, resolve } from "./resolve.ts";
import { mayAnnounce } from "./right.ts";
import type { PlacedAddress, SnapshotUpdate } from "./snapshot.ts";

/** What one step changed. */
export interface TableChange {
  /** New, given out with another MAC, or held under a new epoch: the segment must be told. */
  readonly started: readonly Announcement[];
  /** Not answered for any more; a change of the MAC is a stop and a start. */
  readonly stopped: readonly Announcement[];
  /** What each address whose outcome changed came to, by the address's text; undefined: none of our business any more. */
  readonly outcomes: ReadonlyMap<string, Outcome | undefined>;
}

/** The resolution of an address that this node may answer for, with the epoch that it was made under. */
export interface Outcome {
  readonly epoch: number;
  readonly resolution: Resolution;
}

/**
 * Which addresses are answered for on which interface. Those who decide write it, the packet path only looks up in it. The
 * result depends on the placed addresses and the present interfaces alone, not on the order in which they came.
 */
export class AnnouncementTable {
  readonly #node: string;
  readonly #excluded: readonly string[];
  readonly #placed = new Map<string, PlacedAddress>();
  readonly #outcomes = new Map<string, Outcome>();
  readonly #tables = new Map<number, InterfaceTable>();
  #candidates: readonly Candidate[] = [];
  #usable = "";

  /** @param options.excluded patterns of interface names that are never used */
  constructor(options: { readonly node: string; readonly excluded: readonly string[] }) {
    this.#node = options.node;
    this.#excluded = options.excluded;
  }

  /** The part of the table of this interface; undefined if nothing is answered for there. */
  onInterface(index: number): InterfaceTable | undefined {
    return this.#tables.get(index);
  }

  /** The outcome for each address that this node may answer for. */
  get outcomes(): ReadonlyMap<string, Outcome> {
    return this.#outcomes;
  }

  /** Takes in what the controller decided. */
  update(update: SnapshotUpdate): TableChange {
    const touched = new Set<string>();
    for (const address of update.removed) {
      this.#placed.delete(address.text);
      touched.add(address.text);
    }
    for (const placed of update.set) {
      this.#placed.set(placed.address.text, placed);
      touched.add(placed.address.text);
    }
    return this.#decide(touched);
  }

  /** Takes in the interfaces that there are now. */
  setInterfaces(interfaces: readonly PresentInterface[]): TableChange {
    this.#candidates = candidatesOf(interfaces, this.#excluded);
    const usable = usableText(this.#candidates);
    // What is announced depends on usable interfaces alone; those of pods come and go all the time.
    const keys = usable === this.#usable ? this.#refusedKeys() : this.#placed.keys();
    this.#usable = usable;
    return this.#decide(keys);
  }

  #decide(keys: Iterable<string>): TableChange {
    const started: Announcement[] = [];
    const stopped: Announcement[] = [];
    const outcomes = new Map<string, Outcome | undefined>();
    const steps = [...keys].map((key) => ({
      key,
      before: this.#outcomes.get(key),
      after: this.#outcome(key),
    }));
    // All stops come before all starts: an interface's table has one MAC.
    for (const { before, after } of steps)
      for (const old of announcementsOf(before))
        if (!announcementsOf(after).some((now) => samePlace(old, now))) {
          this.#remove(old);
          stopped.push(old);
        }
    for (const { key, before, after } of steps) {
      for (const now of announcementsOf(after)) {
        this.#put(now);
        const old = announcementsOf(before).find((one) => samePlace(one, now));
        if (old === undefined || old.epoch !== now.epoch) started.push(now);
      }
      if (sameOutcome(before, after)) continue;
      outcomes.set(key, after);
      if (after === undefined) this.#outcomes.delete(key);
      else this.#outcomes.set(key, after);
    }
    return { started, stopped, outcomes };
  }

  *#refusedKeys(): Iterable<string> {
    for (const [key, { resolution }] of this.#outcomes) if (resolution.kind === "Refused") yield key;
  }

  #outcome(key: string): Outcome | undefined {
    const placed = this.#placed.get(key);
    if (placed === undefined || !mayAnnounce(placed, this.#node)) return undefined;
    return { epoch: placed.epoch, resolution: resolve(placed, this.#candidates) };
  }

  #put(announcement: Announcement): void {
    const table = this.#tables.get(announcement.interfaceIndex) ?? new InterfaceTable(announcement);
    this.#tables.set(announcement.interfaceIndex, table);
    table.set(announcement);
  }

  #remove(announcement: Announcement): void {
    const table = this.#tables.get(announcement.interfaceIndex);
    table?.delete(announcement);
    if (table?.empty) this.#tables.delete(announcement.interfaceIndex);
  }
}

/** All that an announcement can depend on. */
function usableText(candidates: readonly Candidate[]): string {
  const usable = candidates.filter(({ refusal }) => refusal === undefined);
  return JSON.stringify(
    usable.map(({ present: { index, name, mac }, subnets }) => [index, name, mac, subnets.map(formatPrefix)]),
  );
}

function announcementsOf(outcome: Outcome | undefined): readonly Announcement[] {
  return outcome?.resolution.kind === "Announce" ? outcome.resolution.on : [];
}

function samePlace(a: Announcement, b: Announcement): boolean {
  return a.interfaceIndex === b.interfaceIndex && a.mac === b.mac;
}

function sameOutcome(a: Outcome | undefined, b: Outcome | undefined): boolean {
  if (a === undefined || b === undefined) return a === b;
  if (a.epoch !== b.epoch) return false;
  if (a.resolution.kind === "Refused" || b.resolution.kind === "Refused") {
    if (a.resolution.kind !== "Refused" || b.resolution.kind !== "Refused") return false;
    const [one, other] = [a.resolution.refusal, b.resolution.refusal];
    return one.reason === other.reason && one.message === other.message;
  }
  const theirs = b.resolution.on;
  return (
    a.resolution.on.length === theirs.length &&
    a.resolution.on.every((one, i) => {
      const other = theirs[i];
      return other !== undefined && samePlace(one, other) && one.interfaceName === other.interfaceName;
    })
  );
}
