import type { IpAddress } from "@fairlead/net/address.ts";
import type { Mac } from "@fairlead/net/mac.ts";
import type { NodeId } from "@fairlead/takeover/claims/claim.ts";
import type { Measurement, Peer, Placement, Report } from "@fairlead/takeover/environment.ts";
import type { PresentInterface } from "../announcements/present-interface.ts";
import type { PlacedAddress } from "../announcements/snapshot.ts";
import { type Neighbor, type NeighborNode, neighborsOf } from "./neighbors.ts";
import { nodeIdOf } from "./node-id.ts";

/** The other nodes as one segment sees them: who is on it, and of whom it is known that they are not. */
export class Neighborhood {
  #neighbors = new Map<NodeId, Neighbor>();
  #elsewhere: ReadonlySet<string> = new Set();

  /** Takes in all other nodes. @returns whether others than before are known to be elsewhere */
  set(present: PresentInterface, others: Iterable<NeighborNode>): boolean {
    const { on, elsewhere } = neighborsOf(present, others);
    this.#neighbors = new Map(on.map((one) => [nodeIdOf(one.name), one]));
    const moved = [...elsewhere].join() !== [...this.#elsewhere].join();
    this.#elsewhere = elsewhere;
    return moved;
  }

  get(id: NodeId): Neighbor | undefined {
    return this.#neighbors.get(id);
  }

  /** As the protocol knows them. */
  get peers(): readonly Peer[] {
    return [...this.#neighbors].map(([id, { mac, kernel }]) => ({ id, mac, kernel }));
  }

  get macs(): readonly Mac[] {
    return [...this.#neighbors.values()].map(({ mac }) => mac);
  }

  /** What their kernels answer for. */
  get kernels(): readonly IpAddress[] {
    return [...this.#neighbors.values()].flatMap(({ kernel }) => kernel ?? []);
  }

  /** The name of the node that something is about, if it is about one that is known. */
  nameOf(what: Report | Measurement): string | undefined {
    const id = "peer" in what ? what.peer : "holder" in what ? what.holder : undefined;
    return id === undefined ? undefined : this.#neighbors.get(id)?.name;
  }

  /** Placements as the protocol knows them: without the nodes of which it is known that they are elsewhere, and none whose owner is. */
  placements(some: Iterable<PlacedAddress>): readonly Placement[] {
    const placements: Placement[] = [];
    // Thousands of addresses have a few lists between them.
    const lists = new Map<string, readonly NodeId[]>();
    for (const { address, epoch, nodes, first, nowhereElse } of some) {
      const [owner] = nodes;
      if (owner === undefined || this.#elsewhere.has(owner)) continue;
      const key = nodes.join();
      const list = lists.get(key) ?? nodes.filter((name) => !this.#elsewhere.has(name)).map(nodeIdOf);
      lists.set(key, list);
      placements.push({ address, epoch, list, first, ...(nowhereElse && { nowhereElse }) });
    }
    return placements;
  }
}
