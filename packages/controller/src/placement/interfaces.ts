import type { IpAddress } from "@fairlead/net/address.ts";
import { matchesAny } from "@fairlead/net/name-pattern.ts";
import { prefixContains } from "@fairlead/net/prefix.ts";
import type { Advertisement } from "./advertise.ts";
import type { NodeInterface, NodeView } from "./node-view.ts";

/** Why a node has no interface on which to answer for an address. */
export type InterfaceFault =
  /** It has none of the interfaces that the advertisement names, with carrier. */
  | "NoSuchInterface"
  /** Those that it has have no IPv6 link-local address, without which nobody is told of the groups that questions go to (RFC 3810 5.2.13). */
  | "NoLinkLocalAddress"
  /** None of its interfaces with carrier carries the address's subnet. */
  | "NoInterfaceInSubnet";

/** The interfaces with carrier on which the node may answer under this advertisement, or why there are none. */
export function interfacesFor(
  node: NodeView,
  address: IpAddress,
  { interfaces }: Pick<Advertisement, "interfaces">,
): readonly NodeInterface[] | InterfaceFault {
  if (interfaces.length === 0) {
    const carrying = node.interfaces.filter(({ subnets }) =>
      subnets.some((subnet) => prefixContains(subnet, address)),
    );
    return carrying.length > 0 ? carrying : "NoInterfaceInSubnet";
  }
  const named = node.interfaces.filter(({ name }) => matchesAny(name, interfaces));
  if (named.length === 0) return "NoSuchInterface";
  if (address.family === "IPv4") return named;
  const able = named.filter(({ subnets }) => subnets.some(isLinkLocal));
  return able.length > 0 ? able : "NoLinkLocalAddress";
}

/** fe80::/10, RFC 4291 2.5.6. */
function isLinkLocal({ network }: NodeInterface["subnets"][number]): boolean {
  return network.family === "IPv6" && network.value >> 118n === 0x3fan;
}
