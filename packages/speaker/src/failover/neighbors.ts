import type { IpAddress } from "@fairlead/net/address.ts";
import type { Mac } from "@fairlead/net/mac.ts";
import { type IpPrefix, prefixOf } from "@fairlead/net/prefix.ts";
import { shareSegment } from "@fairlead/net/segment.ts";
import type { PresentInterface } from "../announcements/present-interface.ts";

/** An interface of another node, as its Speaker object says. */
export interface NeighborInterface {
  readonly mac: Mac;
  readonly addresses: readonly IpAddress[];
  readonly subnets: readonly IpPrefix[];
}

/** A node with a speaker. */
export interface NeighborNode {
  readonly name: string;
  readonly interfaces: readonly NeighborInterface[];
}

/** A node on one of our segments. */
export interface Neighbor {
  readonly name: string;
  readonly mac: Mac;
  /** What its kernel answers for there: the first IPv4 address, else the link-local IPv6 one. Its speaker is reached by it. */
  readonly kernel: IpAddress | undefined;
}

/** What the kernel answers for on an interface with these addresses. */
export function kernelAddress(addresses: readonly IpAddress[]): IpAddress | undefined {
  return addresses.find(({ family }) => family === "IPv4") ?? addresses.find(isLinkLocal);
}

/** fe80::/10, RFC 4291 2.5.6. */
export function isLinkLocal({ family, value }: IpAddress): boolean {
  return family === "IPv6" && value >> 118n === 0x3fan;
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
  for (const { name, interfaces } of nodes) {
    const found = interfaces.find((one) => shareSegment(one.subnets, subnets));
    if (found === undefined) elsewhere.add(name);
    else on.push({ name, mac: found.mac, kernel: kernelAddress(found.addresses) });
  }
  return { on, elsewhere };
}
