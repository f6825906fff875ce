import type { Mac } from "@fairlead/net/mac.ts";
import { key4 } from "./address-key.ts";
import { AddressMap6 } from "./address-map6.ts";
import type { Announcement } from "./announcement.ts";

/** What is answered for on one interface: all that the packet path reads. Lookups take numbers and allocate nothing. */
export class InterfaceTable {
  readonly index: number;
  readonly mac: Mac;
  readonly macBytes: Uint8Array;
  /** By the address as a signed 32-bit integer. */
  readonly v4 = new Map<number, Announcement>();
  /** By the four words of the address. */
  readonly v6 = new AddressMap6<Announcement>();

  constructor(first: Announcement) {
    this.index = first.interfaceIndex;
    this.mac = first.mac;
    this.macBytes = first.macBytes;
  }

  get empty(): boolean {
    return this.v4.size === 0 && this.v6.size === 0;
  }

  set(announcement: Announcement): void {
    if (announcement.address.family === "IPv4") this.v4.set(key4(announcement.address), announcement);
    else this.v6.set(announcement.address, announcement);
  }

  delete(announcement: Announcement): void {
    if (announcement.address.family === "IPv4") this.v4.delete(key4(announcement.address));
    else this.v6.delete(announcement.address);
  }
}
