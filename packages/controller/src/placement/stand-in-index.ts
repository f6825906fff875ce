/** How many of a list's stand-ins hear every heartbeat of its owner; the others, the reserve, hear one in ten. */
export const ACTIVE_STAND_INS = 3;

/** How a node stands to an owner: on none of its lists, far behind on one, or among the first of one. */
export type Tie = "None" | "Reserve" | "Active";

interface Counts {
  active: number;
  reserve: number;
}

/** Who stands in for whom, by the lists of the addresses. What one list changes costs what that list is long. */
export class StandInIndex {
  readonly #lists = new Map<string, readonly string[]>();
  /** The addresses on whose lists a node stands in. */
  readonly #naming = new Map<string, Set<string>>();
  /** In how many lists of an owner a node stands in. */
  readonly #counts = new Map<string, Map<string, Counts>>();
  /** For how many owners a node is among the first. */
  readonly #owners = new Map<string, number>();
  readonly #wanting = new Set<string>();

  /** The address, by the name of its VirtualIP, has this list: owner, then stand-ins. Empty: it lives nowhere. */
  set(name: string, list: readonly string[]): void {
    const before = this.#lists.get(name);
    if (before?.length === list.length && list.every((node, i) => node === before[i])) return;
    if (before !== undefined) this.#count(name, before, -1);
    this.#lists.set(name, list);
    this.#count(name, list, 1);
  }

  /** The address is held no more. */
  delete(name: string): void {
    const before = this.#lists.get(name);
    if (before !== undefined) this.#count(name, before, -1);
    this.#lists.delete(name);
    this.#wanting.delete(name);
  }

  /** The list of an address. */
  listOf(name: string): readonly string[] {
    return this.#lists.get(name) ?? [];
  }

  /** The addresses for which the node stands in. */
  naming(node: string): Iterable<string> {
    return this.#naming.get(node) ?? [];
  }

  tie(owner: string, node: string): Tie {
    const counts = this.#counts.get(owner)?.get(node);
    if (counts === undefined) return "None";
    return counts.active > 0 ? "Active" : "Reserve";
  }

  /** For how many owners the node is among the first stand-ins. */
  ownersOf(node: string): number {
    return this.#owners.get(node) ?? 0;
  }

  /** Whether the address has fewer stand-ins than it should, so that it needs a look when a node comes. */
  setWanting(name: string, wanting: boolean): void {
    if (wanting && this.#lists.has(name)) this.#wanting.add(name);
    else this.#wanting.delete(name);
  }

  /** The addresses with fewer stand-ins than they should have. */
  wanting(): Iterable<string> {
    return this.#wanting;
  }

  /** How many addresses have nobody who stands in. */
  alone(): number {
    let count = 0;
    for (const { length } of this.#lists.values()) if (length === 1) count++;
    return count;
  }

  #count(name: string, [owner, ...standIns]: readonly string[], by: 1 | -1): void {
    if (owner === undefined) return;
    for (const [i, node] of standIns.entries()) {
      this.#name(name, node, by);
      this.#tie(owner, node, i < ACTIVE_STAND_INS ? "active" : "reserve", by);
    }
  }

  #name(name: string, node: string, by: 1 | -1): void {
    const names = this.#naming.get(node) ?? new Set();
    if (by === 1) this.#naming.set(node, names.add(name));
    else if (names.delete(name) && names.size === 0) this.#naming.delete(node);
  }

  #tie(owner: string, node: string, kind: keyof Counts, by: 1 | -1): void {
    const ofOwner = this.#counts.get(owner) ?? new Map<string, Counts>();
    const counts = ofOwner.get(node) ?? { active: 0, reserve: 0 };
    const wasActive = counts.active > 0;
    counts[kind] += by;
    if (counts.active + counts.reserve > 0) ofOwner.set(node, counts);
    else ofOwner.delete(node);
    if (ofOwner.size > 0) this.#counts.set(owner, ofOwner);
    else this.#counts.delete(owner);
    const change = Number(counts.active > 0) - Number(wasActive);
    const owners = this.ownersOf(node) + change;
    if (owners > 0) this.#owners.set(node, owners);
    else this.#owners.delete(node);
  }
}
