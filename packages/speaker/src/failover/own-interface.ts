import type { IpAddress } from "@fairlead/net/address.ts";
import { macToBytes } from "@fairlead/net/mac.ts";
import { prefixContains, prefixOf } from "@fairlead/net/prefix.ts";
import type { PresentInterface } from "../announcements/present-interface.ts";
import type { InterfaceSelf } from "../layer2/interface-self.ts";
import { isLinkLocal, kernelAddress } from "./neighbors.ts";

/** What frames of this node say of it. @throws Error if the interface has no MAC */
export function selfOf(present: PresentInterface): InterfaceSelf {
  const { index, name, mac, addresses } = present;
  if (mac === undefined) throw new Error(`interface ${name} has no MAC and cannot be answered on`);
  const own = addresses.map(({ address }) => address);
  const kernel = kernelOf(present);
  return {
    index,
    name,
    mac,
    macBytes: macToBytes(mac),
    v4: kernel?.family === "IPv4" ? kernel : undefined,
    linkLocal: own.find(isLinkLocal),
  };
}

/** The address by which the others know this node's kernel: in the gateway's subnet if there is one, for a router takes no questions from elsewhere. */
export function kernelOf(present: PresentInterface): IpAddress | undefined {
  const addresses = present.addresses.map(({ address, prefixLength }) => ({
    address,
    subnet: prefixOf(address, prefixLength),
  }));
  const anchor = anchorOf(present);
  const subnets = addresses.map(({ subnet }) => subnet);
  return kernelAddress(
    addresses,
    subnets.filter((subnet) => anchor !== undefined && prefixContains(subnet, anchor)),
  );
}

/** The gateway, as a witness that the segment behind this port is the real one. */
export function anchorOf({ gateways }: PresentInterface): IpAddress | undefined {
  return gateways[0];
}

/** Whether both have the same addresses, in the same order. */
export function sameAddresses(a: PresentInterface, b: PresentInterface): boolean {
  const text = ({ addresses }: PresentInterface): string =>
    addresses.map(({ address, prefixLength }) => `${address.text}/${prefixLength}`).join();
  return text(a) === text(b);
}

/** Whether what was built upon `self` still holds: another MAC or address of the kernel is another speaker to the others. */
export function isStill(self: InterfaceSelf, present: PresentInterface): boolean {
  const now = selfOf(present);
  const isKept = (before: IpAddress | undefined, other: IpAddress | undefined): boolean =>
    before === undefined
      ? other === undefined
      : present.addresses.some(({ address }) => address.text === before.text);
  return (
    now.name === self.name &&
    now.mac === self.mac &&
    isKept(self.v4, now.v4) &&
    isKept(self.linkLocal, now.linkLocal)
  );
}
