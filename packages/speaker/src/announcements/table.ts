import { macToBytes } from "@fairlead/net/mac.ts";
import { formatPrefix } from "@fairlead/net/prefix.ts";
import type { Announcement, Place, Resolution } from "./announcement.ts";
import type { PresentInterface } from "./present-interface.ts";
import { type Candidate, candidatesOf, resolve } from "./resolve.ts";
import type { Right, RightChange } from "./right.ts";
import { type PlacedAddress, type SnapshotUpdate, samePlaced } from "./snapshot.ts";

/** What one step changed. */
export interface TableChange {
  /** New, or given out with another MAC. */
  readonly started: readonly Announcement[];
  /** Not answered for any more; a change of the MAC is a stop and a start. */
  readonly stopped: readonly Announcement[];
  /** What each address whose outcome changed came to, by the address's text; undefined: none of our business any more. */
  readonly outcomes: ReadonlyMap<string, Outcome | undefined>;
}

/** Where this node could answer for an address, with the decision that this was made under. */
export interface Outcome {
  readonly placed: PlacedAddress;
  readonly resolution: Resolution;
}

/**
 * Which addresses are answered for on which interface: those for which somebody gave the right, where the placed addresses and
 * the present interfaces allow it. Those who decide write it; what it changes, the packet path takes over into its own
 * tables. The result depends on placed addresses, interfaces and rights alone, not on the order in which they came.
 */
export class AnnouncementTable {
  readonly #excluded: readonly string[];
  readonly #placed = new Map<string, PlacedAddress>();
  readonly #outcomes = new Map<string, Outcome>();
  /** By address and interface. */
  readonly #rights = new Map<string, Map<number, Right>>();
  readonly #live = new Map<string, readonly Announcement[]>();
  #candidates: readonly Candidate[] = [];
  #usable = "";

  /** @param options.excluded patterns of interface names that are never used */
  constructor(options: { readonly excluded: readonly string[] }) {
    this.#excluded = options.excluded;
  }

  /** The outcome for each address that concerns this node. */
  get outcomes(): ReadonlyMap<string, Outcome> {
    return this.#outcomes;
  }

  /** Where the address of this text is answered for now. */
  live(address: string): readonly Announcement[] {
    return this.#live.get(address) ?? [];
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

  /** Changes the rights to answer for some addresses on one interface. Thousands that change at once are one change. */
  setRights(interfaceIndex: number, changes: Iterable<RightChange>): TableChange {
    const touched = new Set<string>();
    for (const { address, right } of changes) {
      const rights = this.#rights.get(address.text) ?? new Map<number, Right>();
      if (right === undefined) rights.delete(interfaceIndex);
      else rights.set(interfaceIndex, right);
      if (rights.size === 0) this.#rights.delete(address.text);
      else this.#rights.set(address.text, rights);
      touched.add(address.text);
    }
    const live = this.#carryOut(touched);
    return { ...live, outcomes: new Map() };
  }

  #decide(keys: Iterable<string>): TableChange {
    const touched = new Set(keys);
    const outcomes = new Map<string, Outcome | undefined>();
    for (const key of touched) {
      const outcome = this.#outcome(key);
      if (sameOutcome(this.#outcomes.get(key), outcome)) continue;
      outcomes.set(key, outcome);
      if (outcome === undefined) this.#outcomes.delete(key);
      else this.#outcomes.set(key, outcome);
    }
    return { ...this.#carryOut(touched), outcomes };
  }

  /** What is answered for of these follows from their outcomes and rights. */
  #carryOut(keys: Iterable<string>): Pick<TableChange, "started" | "stopped"> {
    const started: Announcement[] = [];
    const stopped: Announcement[] = [];
    for (const key of keys) {
      const before = this.live(key);
      const after = this.#announcements(key, this.#outcomes.get(key));
      for (const old of before) if (!after.some((now) => sameAnnouncement(old, now))) stopped.push(old);
      for (const now of after) if (!before.some((old) => sameAnnouncement(old, now))) started.push(now);
      if (after.length === 0) this.#live.delete(key);
      else this.#live.set(key, after);
    }
    return { started, stopped };
  }

  *#refusedKeys(): Iterable<string> {
    for (const [key, { resolution }] of this.#outcomes) if (resolution.kind === "Refused") yield key;
  }

  #outcome(key: string): Outcome | undefined {
    const placed = this.#placed.get(key);
    return placed && { placed, resolution: resolve(placed, this.#candidates) };
  }

  #announcements(key: string, outcome: Outcome | undefined): readonly Announcement[] {
    const rights = this.#rights.get(key);
    if (rights === undefined || outcome?.resolution.kind !== "Announce") return [];
    const { address } = outcome.placed;
    return outcome.resolution.on.flatMap((place): readonly Announcement[] => {
      const right = rights.get(place.interfaceIndex);
      if (right === undefined) return [];
      if (right.kind === "Own") return [{ address, ...place, caretaking: false }];
      return [{ address, ...place, mac: right.mac, macBytes: macToBytes(right.mac), caretaking: true }];
    });
  }
}

/** All that an announcement can depend on. */
function usableText(candidates: readonly Candidate[]): string {
  const usable = candidates.filter(({ refusal }) => refusal === undefined);
  return JSON.stringify(
    usable.map(({ present: { index, name, mac }, subnets }) => [index, name, mac, subnets.map(formatPrefix)]),
  );
}

function sameAnnouncement(a: Announcement, b: Announcement): boolean {
  return a.interfaceIndex === b.interfaceIndex && a.mac === b.mac && a.caretaking === b.caretaking;
}

function sameOutcome(a: Outcome | undefined, b: Outcome | undefined): boolean {
  if (a === undefined || b === undefined) return a === b;
  return samePlaced(a.placed, b.placed) && textOf(a.resolution) === textOf(b.resolution);
}

function textOf(resolution: Resolution): string {
  const places = (some: readonly Place[]): readonly string[] =>
    some.map(({ interfaceIndex, interfaceName, mac }) => `${interfaceIndex} ${interfaceName} ${mac}`);
  const waiting = places(resolution.waiting);
  return JSON.stringify(
    resolution.kind === "Announce" ? [places(resolution.on), waiting] : [resolution.refusal, waiting],
  );
}
