import { anySelectorMatches, selectorMatches } from "@fairlead/api/selector-matches.ts";
import type { IpAddress } from "@fairlead/net/address.ts";
import type { Advertised, Advertisement } from "./advertise.ts";
import { type InterfaceFault, interfacesFor } from "./interfaces.ts";
import { maySpan, networksOf } from "./networks.ts";
import { isSilent, lacksSpeaker, type NodeFault, type NodeView } from "./node-view.ts";

/** Why a node may not answer for an address. */
export type Ineligible =
  | NodeFault
  | InterfaceFault
  /** No advertisement selects the node. */
  | "NodeNotSelected"
  /** It may answer for one of the Services that share the address and not for another, or not on one interface for both. */
  | "NotForAllSharers"
  /** `externalTrafficPolicy: Local`, and no endpoint serves there. */
  | "NoLocalEndpoint"
  /** `externalTrafficPolicy: Local`, and what serves there terminates while another node has a ready endpoint. */
  | "LocalEndpointLeaving";

/** A node that may answer. */
export interface Eligible {
  readonly node: NodeView;
  /** Sum of the weights of the preferences that it matches. */
  readonly weight: number;
  /** The interfaces to answer on, by name or pattern; undefined: the one that carries the address's subnet. */
  readonly interfaces: readonly string[] | undefined;
  /** How many networks those are on that are named; at least 1. */
  readonly networks: number;
}

/**
 * Whether the node may answer for the address, and on which interfaces: for each of the Services that hold it, under one of the
 * advertisements that the Service goes by.
 */
export function judgeNode(
  node: NodeView,
  address: IpAddress,
  groups: readonly Advertised[],
): Eligible | Ineligible {
  if (node.fault !== undefined) return node.fault;
  const usable: (readonly Advertisement[])[] = [];
  let fault: Ineligible | undefined;
  for (const { advertisements } of groups) {
    const judged = usableOf(node, address, advertisements);
    if (typeof judged === "string") fault ??= judged;
    else usable.push(judged);
  }
  if (fault !== undefined) return usable.length > 0 ? "NotForAllSharers" : fault;
  const interfaces = commonInterfaces(node, address, usable);
  if (interfaces !== undefined && interfaces.length === 0) return "NotForAllSharers";
  const weight = weightOf(node, new Set(usable.flat()));
  const networks = maySpan(interfaces)
    ? networksOf(interfacesFor(node, address, { interfaces }), interfaces)
    : 0;
  return { node, weight, interfaces, networks: Math.max(1, networks) };
}

/**
 * Whether the node could answer, were it heard of and had its interfaces a link: it is on the lists of stand-ins for when that is
 * over, which the speakers see for themselves.
 */
export function judgeSilent(
  node: NodeView,
  address: IpAddress,
  groups: readonly Advertised[],
): Eligible | undefined {
  const mayReturn = isSilent(node) || lacksSpeaker(node);
  if (node.fault !== undefined && !mayReturn) return undefined;
  const heard = { ...node, fault: undefined, interfaces: [...node.interfaces, ...node.dark] };
  const judged = judgeNode(heard, address, groups);
  return typeof judged === "string" ? undefined : judged;
}

/** Whether all that keeps the node from answering is that it lost its link, which its stand-ins see for themselves. */
export function hasLostLink(node: NodeView, address: IpAddress, groups: readonly Advertised[]): boolean {
  if (node.fault !== undefined || typeof judgeNode(node, address, groups) !== "string") return false;
  return judgeSilent(node, address, groups) !== undefined;
}

/** The advertisements under which the node may answer, or why there are none. */
function usableOf(
  node: NodeView,
  address: IpAddress,
  advertisements: readonly Advertisement[],
): readonly Advertisement[] | Ineligible {
  const selecting = advertisements.filter(({ nodeSelectors }) =>
    anySelectorMatches(nodeSelectors, node.labels),
  );
  let fault: Ineligible = "NodeNotSelected";
  const usable = selecting.filter((advertisement, i) => {
    const found = interfacesFor(node, address, advertisement);
    if (typeof found === "string" && i === 0) fault = found;
    return typeof found !== "string";
  });
  return usable.length > 0 ? usable : fault;
}

/** The sum of the weights of the preferences that the node matches. */
export function weightOf(node: NodeView, advertisements: Iterable<Advertisement>): number {
  let weight = 0;
  for (const { preferredNodeSelectors } of advertisements) {
    for (const preferred of preferredNodeSelectors) {
      if (selectorMatches(preferred.preference, node.labels)) weight += preferred.weight;
    }
  }
  return weight;
}

/** The interfaces that all groups allow: as they say it if they say the same, else by the names that they have on the node. */
function commonInterfaces(
  node: NodeView,
  address: IpAddress,
  groups: readonly (readonly Advertisement[])[],
): readonly string[] | undefined {
  const said = groups.map(interfacesOf);
  const [first] = said;
  if (said.every((one) => JSON.stringify(one) === JSON.stringify(first))) return first;
  const names = said.map((interfaces = []) => {
    const found = interfacesFor(node, address, { interfaces });
    return typeof found === "string" ? [] : found.map(({ name }) => name);
  });
  return (names[0] ?? []).filter((name) => names.every((others) => others.includes(name))).sort();
}

/** The interfaces named by all, unless one of them names none and so leaves the choice to the subnet. */
function interfacesOf(advertisements: readonly Advertisement[]): readonly string[] | undefined {
  const named = advertisements.map(({ interfaces }) => interfaces);
  if (named.some((interfaces) => interfaces.length === 0)) return undefined;
  return [...new Set(named.flat())].sort();
}
