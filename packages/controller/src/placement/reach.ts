import { matchesAny } from "@fairlead/net/name-pattern.ts";
import { networksOf } from "./networks.ts";
import type { NodeView } from "./node-view.ts";

/** How many networks the node of an address reaches by the interfaces on which it is told. */
export interface Reach {
  /** Names and patterns. */
  readonly interfaces: readonly string[];
  readonly networks: number;
}

/** The addresses that go to a node that reaches more networks, by the names of their VirtualIPs. */
export class ReachIndex {
  readonly #reaches = new Map<string, Reach>();

  /** @param reach undefined: the address stays where it is */
  set(name: string, reach: Reach | undefined): void {
    if (reach === undefined) this.#reaches.delete(name);
    else this.#reaches.set(name, reach);
  }

  /** The addresses that may have a reason to move to this node now that it has changed. @param view undefined: it is gone */
  *concerned(view: NodeView | undefined): IterableIterator<string> {
    if (view === undefined) return;
    // Addresses are many, and what advertisements name is little.
    const networks = new Map<string, number>();
    for (const [name, reach] of this.#reaches) {
      const key = reach.interfaces.join();
      const here = networks.get(key) ?? networksBy(view, reach.interfaces);
      networks.set(key, here);
      if (here > reach.networks) yield name;
    }
  }
}

function networksBy({ interfaces }: NodeView, names: readonly string[]): number {
  return networksOf(interfaces.filter(({ name }) => matchesAny(name, names)));
}
