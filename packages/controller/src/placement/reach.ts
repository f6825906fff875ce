import type { Eligible } from "./eligibility.ts";
import { abilityOf, type Served, type Sifted } from "./local-endpoints.ts";
import { maySpan, networksOf, widerThan } from "./networks.ts";
import type { NodeView } from "./node-view.ts";

/**
 * For how long a node must have reached more networks than that of an address before it gets the address, in ms. When a switch fails, it is read of
 * one node after the other: each would pass its addresses on to those of which it is not read yet.
 */
export const WIDER_AFTER_MS = 1000;

/** How many networks the node of an address reaches by the interfaces on which it is told. */
export interface Reach {
  /** Names and patterns. */
  readonly interfaces: readonly string[];
  readonly networks: number;
  /** The nodes that reach more and may have the address now. */
  readonly better: readonly string[];
  /** {@link WIDER_AFTER_MS} */
  readonly afterMs: number;
}

/** What this owner of an address reaches; undefined: one network at most. An owner that drains has its time. */
export function reachOf(
  owner: Eligible,
  { candidates, leaving }: Pick<Sifted, "candidates" | "leaving">,
  services: readonly Served[],
): Reach | undefined {
  const { node, interfaces, networks } = owner;
  if (!maySpan(interfaces)) return undefined;
  const wider = leaving.has(node.name) ? [] : widerThan(owner, candidates);
  const better = wider.filter((name) => abilityOf(name, services) === "Ready");
  return { interfaces, networks, better, afterMs: WIDER_AFTER_MS };
}

/**
 * The nodes to which the address goes now because they reach more networks: on those nobody answers while its owner has it.
 *
 * @param widerForMs for how long a node that reaches more could have had it without interruption, in ms; 0 for all
 */
export function goingWider(
  owner: Eligible,
  sifted: Pick<Sifted, "candidates" | "leaving">,
  services: readonly Served[],
  widerForMs: (node: string) => number = () => 0,
): readonly string[] {
  const reach = reachOf(owner, sifted, services);
  return reach?.better.filter((better) => widerForMs(better) >= reach.afterMs) ?? [];
}

/** The addresses that go to a node that reaches more networks, by the names of their VirtualIPs. */
export class ReachIndex {
  readonly #reaches = new Map<string, Reach>();

  /** @param reach undefined: the address stays where it is */
  set(name: string, reach: Reach | undefined): void {
    if (reach === undefined) this.#reaches.delete(name);
    else this.#reaches.set(name, reach);
  }

  /** The addresses that may have a reason to move now that this node has changed, or not to. @param view undefined: it is gone */
  *concerned(node: string, view: NodeView | undefined): IterableIterator<string> {
    // Addresses are many, and what advertisements name is little.
    const networks = new Map<string, number>();
    for (const [name, reach] of this.#reaches) {
      const key = reach.interfaces.join();
      const here = networks.get(key) ?? networksOf(view?.interfaces ?? [], reach.interfaces);
      networks.set(key, here);
      if (here > reach.networks || reach.better.includes(node)) yield name;
    }
  }
}
