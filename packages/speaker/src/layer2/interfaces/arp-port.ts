import { addressToBytes, type IpAddress } from "@fairlead/net/address.ts";
import { key4 } from "../../announcements/address-key.ts";
import type { Announcement } from "../../announcements/announcement.ts";
import type { InterfaceTable } from "../../announcements/interface-table.ts";
import { arpFilter } from "../arp/filter.ts";
import { writeGratuitous, writeTold } from "../arp/gratuitous.ts";
import { ARP_FRAME_BYTES } from "../arp/packet.ts";
import { writeProbe } from "../arp/probe.ts";
import { type ArpDropReason, ArpResponder } from "../arp/responder.ts";
import { ETHER_TYPE_ARP } from "../ethernet.ts";
import type { GratuitousForm } from "../gratuitous.ts";
import type { FamilyPort, FamilyPortOptions, PortChange, ProbeForm } from "./family-port.ts";
import { Port } from "./port.ts";

/** ARP on one interface. */
export class ArpPort implements FamilyPort {
  readonly table: InterfaceTable;
  readonly #port: Port<ArpDropReason>;
  readonly #frame = new Uint8Array(ARP_FRAME_BYTES);

  constructor(options: FamilyPortOptions) {
    const { table, openSocket, beforeFrame, onSeen, onError } = options;
    this.table = table;
    this.#port = new Port({
      interfaceIndex: table.index,
      etherType: ETHER_TYPE_ARP,
      responder: new ArpResponder(table, onSeen),
      filter: arpFilter,
      targets: () => table.v4.keys(),
      senders: () => senderWords(table),
      counts: options.counts.arp,
      openSocket,
      beforeFrame,
      onError,
    });
  }

  open(): Error | undefined {
    return this.#port.open();
  }

  follow({ started, stopped, watched, unwatched }: PortChange): void {
    const targets = started.map(({ address }) => key4(address));
    const senders = [...targets, ...watched.map(key4)];
    this.#port.follow(
      { added: targets, removed: stopped.length },
      { added: senders, removed: stopped.length + unwatched.length },
    );
  }

  announce(announcement: Announcement, form: GratuitousForm): void {
    const address = addressToBytes(announcement.address);
    const { macBytes } = announcement;
    if (form === "gateway") {
      const { gateway } = this.table;
      if (gateway?.mac === undefined) return;
      const own = gateway.address.family === "IPv4" ? addressToBytes(gateway.address) : address;
      writeTold(this.#frame, { mac: gateway.mac, address: own }, macBytes, address);
    } else writeGratuitous(this.#frame, form === "reply" ? "reply" : "request", macBytes, address);
    this.#port.send(this.#frame, "Gratuitous");
  }

  probe(target: IpAddress, form: ProbeForm): void {
    const { macBytes, own4 } = this.table;
    writeProbe(this.#frame, macBytes, form === "Request" ? own4 : undefined, addressToBytes(target));
    this.#port.send(this.#frame, "Probe");
  }

  get kernelDrops(): number {
    return this.#port.socket?.kernelDrops ?? 0;
  }

  close(): void {
    this.#port.close();
  }
}

/** What is announced is watched too: another's claim to it is seen. */
function* senderWords({ v4, watched }: InterfaceTable): Iterable<number> {
  yield* v4.keys();
  yield* watched.v4.keys();
}
