import type { VirtualIP } from "@fairlead/api/virtual-ip.ts";
import type { Move } from "./report.ts";
import { isOn, nodesOf } from "./whereabouts.ts";

/** The addresses that leave a node, from one look to the next. */
export class Departures {
  readonly #node: string;
  /** Names of the VirtualIPs that were on the node, with the nodes that answered for them. */
  readonly #there = new Map<string, readonly string[]>();
  readonly #moves: Move[] = [];

  constructor(node: string) {
    this.#node = node;
  }

  /** All that have left so far. */
  get moves(): readonly Move[] {
    return this.#moves;
  }

  /** Takes in how all addresses are now. @returns those that have left since the last look and were not deleted */
  look(objects: readonly VirtualIP[]): readonly Move[] {
    const left = objects.flatMap((object): Move[] => {
      const { name } = object.metadata;
      const from = this.#there.get(name);
      if (isOn(object, this.#node)) {
        this.#there.set(name, from ?? nodesOf(object));
        return [];
      }
      this.#there.delete(name);
      return from === undefined ? [] : [{ address: object.spec.address, from, to: nodesOf(object) }];
    });
    this.#moves.push(...left);
    return left;
  }
}
