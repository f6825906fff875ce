import { compareAddresses, type IpAddress } from "@fairlead/net/address.ts";
import type { Mac } from "@fairlead/net/mac.ts";
import { type LinkAddress, RTM_DELADDR, RTM_NEWADDR, readAddress } from "./address.ts";
import type { Gateways } from "./gateway-table.ts";
import { type Link, LinkFlag, RTM_DELLINK, RTM_NEWLINK, readLink } from "./link.ts";
import type { NetlinkMessage } from "./message.ts";

/** An address that an interface has and the kernel answers for. */
export interface InterfaceAddress {
  readonly address: IpAddress;
  /** Length of the on-link prefix in bits. */
  readonly prefixLength: number;
}

/** A network interface as it is now. */
export interface NetInterface {
  /** Stays the same when the interface is renamed; never used again for another one while it exists. */
  readonly index: number;
  readonly name: string;
  /** Undefined for what is not Ethernet (or the loopback). */
  readonly mac: Mac | undefined;
  /** Up, with a carrier, and allowed to carry traffic. */
  readonly carrier: boolean;
  readonly broadcast: boolean;
  readonly loopback: boolean;
  readonly noArp: boolean;
  /** Index of the bridge, bond or VRF it belongs to. */
  readonly master: number | undefined;
  /** Usable ones only, in order of family and value. */
  readonly addresses: readonly InterfaceAddress[];
  /** Those of the default routes in the main table, in order of family and value. */
  readonly gateways: readonly IpAddress[];
}

/**
 * The interfaces of a network namespace with their addresses, put together from rtnetlink messages. A dump brings it in line with the kernel:
 * what is neither in the dump nor told meanwhile is gone.
 */
export class InterfaceTable {
  readonly #links = new Map<number, Link>();
  readonly #addresses = new Map<string, LinkAddress>();
  #seenLinks: Set<number> | undefined;
  #seenAddresses: Set<string> | undefined;

  /** From now on, notes what is told of. */
  beginDump(): void {
    this.#seenLinks = new Set();
    this.#seenAddresses = new Set();
  }

  /** Forgets what has not been told of since {@link beginDump}. */
  endDump(): void {
    for (const index of this.#links.keys())
      if (this.#seenLinks?.has(index) === false) this.#links.delete(index);
    for (const key of this.#addresses.keys())
      if (this.#seenAddresses?.has(key) === false) this.#addresses.delete(key);
    this.#seenLinks = undefined;
    this.#seenAddresses = undefined;
  }

  /** Takes a message of a dump or a notification. @returns why it was ignored, or undefined. */
  apply(message: NetlinkMessage): string | undefined {
    switch (message.type) {
      case RTM_NEWLINK:
      case RTM_DELLINK:
        return this.#applyLink(message);
      case RTM_NEWADDR:
      case RTM_DELADDR:
        return this.#applyAddress(message);
      default:
        return `message type ${message.type} is of no interest`;
    }
  }

  /** All interfaces in order of their index. */
  interfaces(gateways: Gateways): readonly NetInterface[] {
    const byIndex = new Map<number, InterfaceAddress[]>();
    for (const { interfaceIndex, address, prefixLength, usable } of this.#addresses.values()) {
      if (!usable) continue;
      const addresses = byIndex.get(interfaceIndex) ?? [];
      byIndex.set(interfaceIndex, addresses);
      addresses.push({ address, prefixLength });
    }
    return [...this.#links.values()]
      .sort((a, b) => a.index - b.index)
      .map((link) => describe(link, byIndex.get(link.index) ?? [], gateways.get(link.index) ?? []));
  }

  #applyLink(message: NetlinkMessage): string | undefined {
    const read = readLink(message.payload);
    if (!read.ok) return read.error;
    const link = read.value;
    // A port that leaves a bridge is told as the deletion of a link of family AF_BRIDGE.
    if (link.family !== 0) return `a link of family ${link.family}`;
    if (message.type === RTM_NEWLINK) {
      this.#links.set(link.index, link);
      this.#seenLinks?.add(link.index);
      return undefined;
    }
    this.#links.delete(link.index);
    for (const [key, { interfaceIndex }] of this.#addresses)
      if (interfaceIndex === link.index) this.#addresses.delete(key);
    return undefined;
  }

  #applyAddress(message: NetlinkMessage): string | undefined {
    const read = readAddress(message.payload);
    if (!read.ok) return read.error;
    const { interfaceIndex, address, prefixLength } = read.value;
    const key = `${interfaceIndex} ${address.text}/${prefixLength}`;
    if (message.type === RTM_NEWADDR) {
      this.#addresses.set(key, read.value);
      this.#seenAddresses?.add(key);
    } else this.#addresses.delete(key);
    return undefined;
  }
}

/**
 * The index of the interface that this message tells to be gone or down, or to have lost an address; undefined for any other
 * message.
 */
export function weakenedInterface(message: NetlinkMessage): number | undefined {
  if (message.type === RTM_DELADDR) {
    const read = readAddress(message.payload);
    return read.ok ? read.value.interfaceIndex : undefined;
  }
  if (message.type !== RTM_NEWLINK && message.type !== RTM_DELLINK) return undefined;
  const read = readLink(message.payload);
  if (!read.ok) return undefined;
  const { index, flags } = read.value;
  return message.type === RTM_DELLINK || (flags & LinkFlag.up) === 0 ? index : undefined;
}

function describe(
  link: Link,
  addresses: readonly InterfaceAddress[],
  gateways: readonly IpAddress[],
): NetInterface {
  const has = (flag: number): boolean => (link.flags & flag) !== 0;
  return {
    index: link.index,
    name: link.name,
    mac: link.mac,
    carrier: has(LinkFlag.up) && has(LinkFlag.running) && has(LinkFlag.lowerUp),
    broadcast: has(LinkFlag.broadcast),
    loopback: has(LinkFlag.loopback),
    noArp: has(LinkFlag.noArp),
    master: link.master,
    addresses: addresses.toSorted(
      (a, b) => compareAddresses(a.address, b.address) || a.prefixLength - b.prefixLength,
    ),
    gateways,
  };
}

/** Whether two lists of interfaces say the same. */
export function sameInterfaces(a: readonly NetInterface[], b: readonly NetInterface[]): boolean {
  return a.length === b.length && a.every((left, i) => textOf(left) === textOf(b[i]));
}

function textOf(value: NetInterface | undefined): string {
  if (value === undefined) return "";
  const addresses = value.addresses.map(({ address, prefixLength }) => `${address.text}/${prefixLength}`);
  return JSON.stringify({ ...value, addresses, gateways: value.gateways.map(({ text }) => text) });
}
