import { FailbackIndex } from "./failback.ts";
import type { PlacementDecision } from "./place.ts";
import { ReachIndex } from "./reach.ts";
import { StandInIndex } from "./stand-in-index.ts";

/** Which address (by the name of its VirtualIP) lives on which node, how many live on each, and who stands in. */
export class Occupancy {
  readonly standIns = new StandInIndex();
  readonly failback = new FailbackIndex();
  readonly reach = new ReachIndex();
  /** The node of each address; undefined if it lives nowhere. */
  readonly #nodes = new Map<string, string | undefined>();
  readonly #addresses = new Map<string, Set<string>>();
  readonly #nowhere = new Set<string>();

  /** The address has this list of nodes, the one that it lives on first; empty: it lives nowhere. */
  set(name: string, list: readonly string[]): void {
    const [node] = list;
    this.standIns.set(name, list);
    this.#forget(name);
    this.#nodes.set(name, node);
    if (node === undefined) this.#nowhere.add(name);
    else this.#addresses.set(node, (this.#addresses.get(node) ?? new Set()).add(name));
  }

  /** What the decision leaves to hope for when nodes change: a better node, one that reaches more networks, stand-ins. */
  decided(name: string, decision: PlacementDecision): void {
    const placed = decision.kind === "Placed" ? decision : undefined;
    this.standIns.setWanting(name, placed?.standIns.wanting ?? false);
    this.failback.set(name, placed?.failback);
    this.reach.set(name, placed?.reach);
  }

  /** The address is held no more. */
  delete(name: string): void {
    this.standIns.delete(name);
    this.failback.set(name, undefined);
    this.reach.set(name, undefined);
    this.#forget(name);
  }

  /** How many addresses other than this one live on the node. */
  loadWithout(name: string, node: string): number {
    const addresses = this.#addresses.get(node);
    return (addresses?.size ?? 0) - (addresses?.has(name) ? 1 : 0);
  }

  /** The node of an address; undefined: it lives nowhere. */
  nodeOf(name: string): string | undefined {
    return this.#nodes.get(name);
  }

  /** The addresses on a node. */
  on(node: string): Iterable<string> {
    return this.#addresses.get(node) ?? [];
  }

  /** The addresses that live nowhere. */
  nowhere(): Iterable<string> {
    return this.#nowhere;
  }

  /** Number of addresses by node. */
  counts(): ReadonlyMap<string, number> {
    return new Map([...this.#addresses].map(([node, addresses]) => [node, addresses.size]));
  }

  #forget(name: string): void {
    const node = this.#nodes.get(name);
    this.#nodes.delete(name);
    this.#nowhere.delete(name);
    if (node === undefined) return;
    const addresses = this.#addresses.get(node);
    addresses?.delete(name);
    if (addresses?.size === 0) this.#addresses.delete(node);
  }
}
