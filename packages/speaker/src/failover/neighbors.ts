import { bitsOf, type IpAddress } from "@fairlead/net/address.ts";
import type { Mac } from "@fairlead/net/mac.ts";
import { type IpPrefix, prefixContains, prefixOf } from "@fairlead/net/prefix.ts";
import { shareSegment } from "@fairlead/net/segment.ts";
import type { PresentInterface } from "../announcements/present-interface.ts";
import { interfaceIdOf } from "./node-id.ts";

/** An interface of another node, as its Speaker object says. */
export interface NeighborInterface {
  readonly name: string;
  readonly mac: Mac;
  readonly addresses: readonly IpAddress[];
  /** Of each of the addresses, in their order. */
  readonly subnets: readonly IpPrefix[];
}

/** A node with a speaker. */
export interface NeighborNode {
  readonly name: string;
  /** The node's own address, on whatever network; undefined: its speaker does not say. */
  readonly address?: IpAddress | undefined;
  readonly interfaces: readonly NeighborInterface[];
}

/** A node on one of our segments. */
export interface Neighbor {
  readonly name: string;
  readonly mac: Mac;
  /** What its kernel answers for there: see {@link kernelAddress}. Its speaker is reached by it. */
  readonly kernel: IpAddress | undefined;
  /** The node's own address if it is not on this segment: the node path leads to it. */
  readonly apart: IpAddress | undefined;
  /** How its messages on the node path name its interface here. */
  readonly interfaceId: number;
}

/** An address of an interface with its subnet. */
export interface KernelAddress {
  readonly address: IpAddress;
  readonly subnet: IpPrefix;
}

/**
 * What the kernel answers for on an interface with these addresses, and its speaker is reached by. One in a subnet that is `near` is on the
 * segment for certain; one without a subnet (a prefix of a single address) may be on another node tomorrow, as the address of an API server
 * that floats. Without IPv4 it is the link-local address.
 */
export function kernelAddress(
  addresses: readonly KernelAddress[],
  near: readonly IpPrefix[],
): IpAddress | undefined {
  const v4 = addresses.filter(({ address }) => address.family === "IPv4");
  const lasting = v4.filter(({ subnet }) => subnet.length < bitsOf("IPv4"));
  const isNear = ({ address }: KernelAddress): boolean =>
    near.some(
      (prefix) =>
        prefix.network.family === "IPv4" && prefix.length < bitsOf("IPv4") && prefixContains(prefix, address),
    );
  const best = lasting.find(isNear) ?? lasting[0] ?? v4[0];
  return best?.address ?? addresses.find(({ address }) => isLinkLocal(address))?.address;
}

/** fe80::/10, RFC 4291 2.5.6. */
export function isLinkLocal({ family, value }: IpAddress): boolean {
  return family === "IPv6" && value >> 118n === 0x3fan;
}

/** Which interface of a node has this MAC address, in words; undefined: none that is known. */
export function machineOf(mac: Mac, nodes: Iterable<NeighborNode>): string | undefined {
  for (const node of nodes) {
    const found = node.interfaces.find((one) => one.mac === mac);
    if (found !== undefined) return `interface ${found.name} of node ${node.name}`;
  }
  return undefined;
}

export function subnetsOf({ addresses }: Pick<PresentInterface, "addresses">): readonly IpPrefix[] {
  return addresses.map(({ address, prefixLength }) => prefixOf(address, prefixLength));
}

/** The nodes that have an interface on the segment of this one, and those of which it is known that they have none. */
export function neighborsOf(
  present: PresentInterface,
  nodes: Iterable<NeighborNode>,
): { readonly on: readonly Neighbor[]; readonly elsewhere: ReadonlySet<string> } {
  const subnets = subnetsOf(present);
  const on: Neighbor[] = [];
  const elsewhere = new Set<string>();
  for (const { name, address, interfaces } of nodes) {
    const found = interfaces.find((one) => shareSegment(one.subnets, subnets));
    if (found === undefined) {
      elsewhere.add(name);
      continue;
    }
    on.push({
      name,
      mac: found.mac,
      kernel: kernelAddress(addressesOf(found), subnets),
      apart: isAmong(address, found.addresses) ? undefined : address,
      interfaceId: interfaceIdOf(found.name),
    });
  }
  return { on, elsewhere };
}

export function isAmong(address: IpAddress | undefined, addresses: readonly IpAddress[]): boolean {
  return addresses.some(({ text }) => text === address?.text);
}

/** Each address with its subnet: both are told in the same order. */
function addressesOf({ addresses, subnets }: NeighborInterface): readonly KernelAddress[] {
  return addresses.flatMap((address, i): KernelAddress[] => {
    const subnet = subnets[i];
    return subnet === undefined ? [] : [{ address, subnet }];
  });
}
