import { addressToBytes, type IpAddress } from "@fairlead/net/address.ts";
import { words6 } from "../../announcements/address-key.ts";
import type { Announcement } from "../../announcements/announcement.ts";
import type { InterfaceTable } from "../../announcements/interface-table.ts";
import { ETHER_TYPE_IPV6 } from "../ethernet.ts";
import type { GratuitousForm } from "../gratuitous.ts";
import { ndpFilter } from "../ndp/filter.ts";
import { SolicitedNodeGroups } from "../ndp/groups.ts";
import type { Memberships } from "../ndp/memberships.ts";
import { ADVERTISEMENT_BYTES, ALL_NODES_MAC, SOLICITATION_BYTES } from "../ndp/packet.ts";
import { writeProbe } from "../ndp/probe.ts";
import { type NdpDropReason, NdpResponder } from "../ndp/responder.ts";
import { groupMac } from "../ndp/solicited-node.ts";
import { writeUnsolicited } from "../ndp/unsolicited.ts";
import type { FamilyPort, FamilyPortOptions, PortChange, ProbeForm } from "./family-port.ts";
import { Port } from "./port.ts";

/** NDP on one interface, with the multicast groups that solicitations come to. */
export class NdpPort implements FamilyPort {
  readonly table: InterfaceTable;
  readonly #port: Port<NdpDropReason>;
  readonly #memberships: Memberships;
  readonly #groups: SolicitedNodeGroups;
  readonly #frame = new Uint8Array(ADVERTISEMENT_BYTES);
  readonly #question = new Uint8Array(SOLICITATION_BYTES);

  constructor(options: FamilyPortOptions) {
    const { table, openSocket, beforeFrame, onSeen, onError } = options;
    this.table = table;
    this.#port = new Port({
      interfaceIndex: table.index,
      etherType: ETHER_TYPE_IPV6,
      responder: new NdpResponder(table, onSeen),
      filter: ndpFilter,
      targets: () => targetWords(table),
      senders: () => senderWords(table),
      counts: options.counts.ndp,
      openSocket,
      beforeFrame,
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

  follow({ started, stopped, watched, unwatched }: PortChange): void {
    for (const { address } of started) this.#groups.add(address);
    // What stopped may have been started again with another MAC; a group that is left, if only for a moment, is not heard.
    for (const { address } of stopped)
      if (this.table.get(address) === undefined) this.#groups.remove(address);
    const targets = started.map(({ address }) => lowWord(address));
    const senders = [...targets, ...watched.map(lowWord)];
    this.#port.follow(
      { added: targets, removed: stopped.length },
      { added: senders, removed: stopped.length + unwatched.length },
    );
  }

  announce({ address, macBytes }: Announcement, form: GratuitousForm): void {
    const to = form === "gateway" ? this.table.gateway?.mac : ALL_NODES_MAC;
    if (to === undefined) return;
    writeUnsolicited(this.#frame, macBytes, addressToBytes(address), to);
    this.#port.send(this.#frame, "Gratuitous");
  }

  /** Without a link-local address there is no form that is harmless to a node that boots, so that none is sent. */
  probe(target: IpAddress, form: ProbeForm): void {
    const { macBytes, linkLocal } = this.table;
    if (form === "Request" && linkLocal === undefined) return;
    const length = writeProbe(this.#question, macBytes, linkLocal, target);
    this.#port.send(this.#question.subarray(0, length), "Probe");
  }

  get kernelDrops(): number {
    return this.#port.socket?.kernelDrops ?? 0;
  }

  close(): void {
    this.#memberships.close();
    this.#port.close();
  }
}

function lowWord(address: IpAddress): number {
  return words6(address)[3];
}

function* targetWords({ v6 }: InterfaceTable): Iterable<number> {
  for (const { address } of v6.values()) yield lowWord(address);
}

/** What is announced is watched too: another's claim to it is seen. */
function* senderWords(table: InterfaceTable): Iterable<number> {
  yield* targetWords(table);
  for (const address of table.watched.v6.values()) yield lowWord(address);
}
