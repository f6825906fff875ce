import { anySelectorMatches, selectorMatches } from "@fairlead/api/selector-matches.ts";
import type { IpAddress } from "@fairlead/net/address.ts";
import { prefixContains } from "@fairlead/net/prefix.ts";
import type { Advertisement } from "./advertise.ts";
import { lacksSpeaker, type NodeFault, type NodeView } from "./node-view.ts";

/** Why a node may not answer for an address. */
export type Ineligible =
  | NodeFault
  /** No advertisement selects the node. */
  | "NodeNotSelected"
  /** It has none of the interfaces that the advertisement names, with carrier. */
  | "NoSuchInterface"
  /** None of its interfaces with carrier carries the address's subnet. */
  | "NoInterfaceInSubnet"
  /** `externalTrafficPolicy: Local`, and no endpoint serves there. */
  | "NoLocalEndpoint"
  /** `externalTrafficPolicy: Local`, and what serves there terminates while another node has a ready endpoint. */
  | "LocalEndpointLeaving";

/** A node that may answer. */
export interface Eligible {
  readonly node: NodeView;
  /** Sum of the weights of the preferences that it matches. */
  readonly weight: number;
  /** The interfaces to answer on; undefined: the one that carries the address's subnet. */
  readonly interfaces: readonly string[] | undefined;
}

/** Whether the node may answer for the address under these advertisements, and on which interfaces. */
export function judgeNode(
  node: NodeView,
  address: IpAddress,
  advertisements: readonly Advertisement[],
): Eligible | Ineligible {
  if (node.fault !== undefined) return node.fault;
  const selecting = advertisements.filter(({ nodeSelectors }) =>
    anySelectorMatches(nodeSelectors, node.labels),
  );
  if (selecting.length === 0) return "NodeNotSelected";
  const usable = selecting.filter(
    (advertisement) => interfaceFault(node, address, advertisement) === undefined,
  );
  const [first] = selecting;
  if (usable.length === 0) return (first && interfaceFault(node, address, first)) ?? "NodeNotSelected";
  return { node, weight: weightOf(node, usable), interfaces: interfacesOf(usable) };
}

/**
 * Whether the node could answer, were it heard of and had its interfaces a link: it is on the lists of stand-ins for when that is
 * over, which the speakers see for themselves.
 */
export function judgeSilent(
  node: NodeView,
  address: IpAddress,
  advertisements: readonly Advertisement[],
): Eligible | undefined {
  if (node.fault !== undefined && node.fault !== "NodeNotReady" && !lacksSpeaker(node)) return undefined;
  const heard = { ...node, fault: undefined, interfaces: [...node.interfaces, ...node.dark] };
  const judged = judgeNode(heard, address, advertisements);
  return typeof judged === "string" ? undefined : judged;
}

function interfaceFault(
  node: NodeView,
  address: IpAddress,
  { interfaces }: Advertisement,
): Ineligible | undefined {
  if (interfaces.length > 0) {
    return node.interfaces.some(({ name }) => interfaces.includes(name)) ? undefined : "NoSuchInterface";
  }
  const inSubnet = node.interfaces.some(({ subnets }) =>
    subnets.some((subnet) => prefixContains(subnet, address)),
  );
  return inSubnet ? undefined : "NoInterfaceInSubnet";
}

function weightOf(node: NodeView, advertisements: readonly Advertisement[]): number {
  let weight = 0;
  for (const { preferredNodeSelectors } of advertisements) {
    for (const preferred of preferredNodeSelectors) {
      if (selectorMatches(preferred.preference, node.labels)) weight += preferred.weight;
    }
  }
  return weight;
}

/** The interfaces named by all, unless one of them names none and so leaves the choice to the subnet. */
function interfacesOf(advertisements: readonly Advertisement[]): readonly string[] | undefined {
  const named = advertisements.map(({ interfaces }) => interfaces);
  if (named.some((interfaces) => interfaces.length === 0)) return undefined;
  return [...new Set(named.flat())].sort();
}
