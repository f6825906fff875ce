import { addressToBytes } from "@fairlead/net/address.ts";
import { words6 } from "../../announcements/address-key.ts";
import type { Announcement } from "../../announcements/announcement.ts";
import type { InterfaceTable } from "../../announcements/interface-table.ts";
import { ETHER_TYPE_IPV6 } from "../ethernet.ts";
import { ndpFilter } from "../ndp/filter.ts";
import { SolicitedNodeGroups } from "../ndp/groups.ts";
import type { Memberships } from "../ndp/memberships.ts";
import { ADVERTISEMENT_BYTES } from "../ndp/packet.ts";
import { type NdpDropReason, NdpResponder } from "../ndp/responder.ts";
import { groupMac } from "../ndp/solicited-node.ts";
import { writeUnsolicited } from "../ndp/unsolicited.ts";
import type { FamilyPort, FamilyPortOptions } from "./family-port.ts";
import { Port } from "./port.ts";

/** NDP on one interface, with the multicast groups that solicitations come to. */
export class NdpPort implements FamilyPort {
  readonly table: InterfaceTable;
  readonly #port: Port<NdpDropReason>;
  readonly #memberships: Memberships;
  readonly #groups: SolicitedNodeGroups;
  readonly #frame = new Uint8Array(ADVERTISEMENT_BYTES);

  constructor(options: FamilyPortOptions) {
    const { table, openSocket, onError } = options;
    this.table = table;
    this.#port = new Port({
      interfaceIndex: table.index,
      etherType: ETHER_TYPE_IPV6,
      responder: new NdpResponder(table),
      filter: ndpFilter,
      words: () => lowWords(table),
      counts: options.counts.ndp,
      openSocket,
      onError,
    });
    this.#memberships = options.memberships(table.index);
    this.#groups = new SolicitedNodeGroups({
      join: (group) => {
        // Both: the one programs the card even where the kernel has no IPv6 on the interface, the other tells switches.
        this.#port.socket?.joinMulticast(groupMac(group));
        const failure = this.#memberships.join(group);
        if (failure !== undefined) options.onGroupFailure(group, failure);
      },
      leave: (group) => {
        this.#port.socket?.leaveMulticast(groupMac(group));
        this.#memberships.leave(group);
      },
    });
  }

  open(): Error | undefined {
    const failure = this.#port.open();
    if (failure === undefined) for (const { address } of this.table.v6.values()) this.#groups.add(address);
    return failure;
  }

  follow(started: readonly Announcement[], stopped: readonly Announcement[]): void {
    this.#port.follow(
      started.map(({ address }) => words6(address)[3]),
      stopped.length > 0,
    );
    for (const { address } of stopped) this.#groups.remove(address);
    for (const { address } of started) this.#groups.add(address);
  }

  announce(announcement: Announcement): void {
    writeUnsolicited(this.#frame, announcement.macBytes, addressToBytes(announcement.address));
    this.#port.send(this.#frame);
  }

  get kernelDrops(): number {
    return this.#port.socket?.kernelDrops ?? 0;
  }

  close(): void {
    this.#memberships.close();
    this.#port.close();
  }
}

function* lowWords(table: InterfaceTable): Iterable<number> {
  for (const { address } of table.v6.values()) yield words6(address)[3];
}
