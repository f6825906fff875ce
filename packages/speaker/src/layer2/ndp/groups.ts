import type { IpAddress } from "@fairlead/net/address.ts";
import { solicitedNodeGroup } from "./solicited-node.ts";

/**
 * The solicited-node groups of the addresses on one interface. A group is joined with its first address and left with its
 * last: addresses that are equal in the low 24 bits share one.
 */
export class SolicitedNodeGroups {
  readonly #members = new Map<string, Set<string>>();
  readonly #join: (group: IpAddress) => void;
  readonly #leave: (group: IpAddress) => void;

  constructor(options: {
    readonly join: (group: IpAddress) => void;
    readonly leave: (group: IpAddress) => void;
  }) {
    this.#join = options.join;
    this.#leave = options.leave;
  }

  /** Adding an address twice is the same as adding it once. */
  add(address: IpAddress): void {
    const group = solicitedNodeGroup(address);
    const members = this.#members.get(group.text) ?? new Set();
    if (members.size === 0) {
      this.#members.set(group.text, members);
      this.#join(group);
    }
    members.add(address.text);
  }

  remove(address: IpAddress): void {
    const group = solicitedNodeGroup(address);
    const members = this.#members.get(group.text);
    if (members?.delete(address.text) !== true || members.size > 0) return;
    this.#members.delete(group.text);
    this.#leave(group);
  }
}
