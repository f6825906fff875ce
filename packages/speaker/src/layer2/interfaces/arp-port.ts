import { addressToBytes } from "@fairlead/net/address.ts";
import { key4 } from "../../announcements/address-key.ts";
import type { Announcement } from "../../announcements/announcement.ts";
import type { InterfaceTable } from "../../announcements/interface-table.ts";
import { arpFilter } from "../arp/filter.ts";
import { writeGratuitous } from "../arp/gratuitous.ts";
import { ARP_FRAME_BYTES } from "../arp/packet.ts";
import { type ArpDropReason, ArpResponder } from "../arp/responder.ts";
import { ETHER_TYPE_ARP } from "../ethernet.ts";
import type { GratuitousForm } from "../gratuitous.ts";
import type { FamilyPort, FamilyPortOptions } from "./family-port.ts";
import { Port } from "./port.ts";

/** ARP on one interface. */
export class ArpPort implements FamilyPort {
  readonly table: InterfaceTable;
  readonly #port: Port<ArpDropReason>;
  readonly #frame = new Uint8Array(ARP_FRAME_BYTES);

  constructor(options: FamilyPortOptions) {
    const { table, openSocket, onError } = options;
    this.table = table;
    this.#port = new Port({
      interfaceIndex: table.index,
      etherType: ETHER_TYPE_ARP,
      responder: new ArpResponder(table),
      filter: arpFilter,
      words: () => table.v4.keys(),
      counts: options.counts.arp,
      openSocket,
      onError,
    });
  }

  open(): Error | undefined {
    return this.#port.open();
  }

  follow(started: readonly Announcement[], stopped: readonly Announcement[]): void {
    this.#port.follow(
      started.map(({ address }) => key4(address)),
      stopped.length > 0,
    );
  }

  announce(announcement: Announcement, form: GratuitousForm): void {
    const address = addressToBytes(announcement.address);
    writeGratuitous(this.#frame, form === "reply" ? "reply" : "request", announcement.macBytes, address);
    this.#port.send(this.#frame);
  }

  get kernelDrops(): number {
    return this.#port.socket?.kernelDrops ?? 0;
  }

  close(): void {
    this.#port.close();
  }
}
