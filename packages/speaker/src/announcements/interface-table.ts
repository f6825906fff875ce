import type { Family, IpAddress } from "@fairlead/net/address.ts";
import type { Mac } from "@fairlead/net/mac.ts";
import { key4, words6 } from "./address-key.ts";
import { AddressMap6 } from "./address-map6.ts";
import type { Announcement } from "./announcement.ts";
import { MacSet } from "./mac-set.ts";
import { WatchedAddresses } from "./watched-addresses.ts";

/** An interface as frames are sent from it. */
export interface TableInterface {
  readonly index: number;
  readonly mac: Mac;
  /** The same MAC in transmission order. */
  readonly macBytes: Uint8Array;
}

/** A router on the segment. */
export interface Gateway {
  readonly address: IpAddress;
  /** In transmission order. */
  mac: Uint8Array | undefined;
}

/**
 * What is answered for on one interface, and what is watched there: all that the packet path reads. Lookups take numbers and
 * allocate nothing. Another MAC of the interface makes another table.
 */
export class InterfaceTable implements TableInterface {
  readonly index: number;
  /** The interface's own MAC, whatever is given out for an address. */
  readonly mac: Mac;
  readonly macBytes: Uint8Array;
  /** What is answered for, by the address as a signed 32-bit integer. */
  readonly v4: Map<number, Announcement>;
  /** What is answered for, by the four words of the address. */
  readonly v6: AddressMap6<Announcement>;
  readonly watched: WatchedAddresses;
  /** MACs of the other speakers on the segment. */
  readonly speakers: MacSet;
  /** An IPv4 address of the interface, in network order. */
  own4: Uint8Array | undefined;
  /** The interface's link-local IPv6 address, in network order. */
  linkLocal: Uint8Array | undefined;
  /** The gateway, and its MAC if it was seen. */
  gateway: Gateway | undefined;
  /** While set, nothing is answered. */
  silent = false;

  /** @param before the table of the same interface under its last MAC; it is taken over and not to be used any more */
  constructor(own: TableInterface, before?: InterfaceTable) {
    this.index = own.index;
    this.mac = own.mac;
    this.macBytes = own.macBytes;
    this.v4 = before?.v4 ?? new Map();
    this.v6 = before?.v6 ?? new AddressMap6();
    this.watched = before?.watched ?? new WatchedAddresses();
    this.speakers = before?.speakers ?? new MacSet();
    this.own4 = before?.own4;
    this.linkLocal = before?.linkLocal;
    this.gateway = before?.gateway;
    this.silent = before?.silent ?? false;
  }

  /** Whether there is anything to answer for or to watch. */
  isUsed(family: Family): boolean {
    const announced = family === "IPv4" ? this.v4.size : this.v6.size;
    return announced > 0 || this.watched.size(family) > 0;
  }

  /** The announcement of this address. */
  get(address: IpAddress): Announcement | undefined {
    return address.family === "IPv4" ? this.v4.get(key4(address)) : this.v6.get(...words6(address));
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
