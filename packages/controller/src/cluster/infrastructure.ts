import type { Node } from "@fairlead/api/core/node.ts";
import type { Speaker } from "@fairlead/api/speaker.ts";
import { addressOf, compareAddresses, type IpAddress, parseAddress } from "@fairlead/net/address.ts";
import {
  formatPrefix,
  type IpPrefix,
  parseInterfaceAddress,
  prefixContains,
  prefixOf,
  prefixRange,
} from "@fairlead/net/prefix.ts";

/** An address that the network uses itself, so that it must not be handed out. */
export interface InfrastructureAddress {
  readonly address: IpAddress;
  /** What it is used as, for a message: `the address of node "n1"`. */
  readonly what: string;
}

/** One use of an address. */
export interface Use extends InfrastructureAddress {
  /** Which use is named when an address has several: the lowest, then the first by `what`. */
  readonly rank: number;
}

const NODE = 0;
const GATEWAY = 1;
const SEGMENT = 2;

/** RFC 4291 2.5.6; nothing there is ever handed out, and every segment has the same. */
const LINK_LOCAL: IpPrefix = prefixOf(addressOf("IPv6", 0xfe80n << 112n), 10);

/**
 * The addresses that nodes, their gateways and their segments use, as Nodes and Speakers tell them: in order, each once. What
 * cannot be read is left out.
 */
export function infrastructureAddresses(
  nodes: Iterable<Node>,
  speakers: Iterable<Speaker>,
): readonly InfrastructureAddress[] {
  const first = new Map<string, Use>();
  const uses = [...[...nodes].flatMap(usesOfNode), ...[...speakers].flatMap(usesOfSpeaker)];
  for (const use of uses) {
    const known = first.get(use.address.text);
    if (known === undefined || compareUses(use, known) < 0) first.set(use.address.text, use);
  }
  return [...first.values()]
    .sort((a, b) => compareAddresses(a.address, b.address))
    .map(({ address, what }) => ({ address, what }));
}

/** Which of two uses of an address is named first. */
export function compareUses(a: Use, b: Use): number {
  if (a.rank !== b.rank) return a.rank - b.rank;
  return a.what < b.what ? -1 : a.what > b.what ? 1 : 0;
}

/** What a Node tells: its own addresses, inside and outside. */
export function usesOfNode({ metadata, status }: Node): readonly Use[] {
  return (status?.addresses ?? [])
    .filter(isNodeAddress)
    .flatMap(({ address }) => useOf(readAddress(address), NODE, `the address of node "${metadata.name}"`));
}

/** Whether this entry of a Node's addresses is one, and no host name. */
export function isNodeAddress({ type }: { readonly type: string }): boolean {
  return type === "InternalIP" || type === "ExternalIP";
}

/** What a Speaker tells of its node: addresses, gateways and segments of its interfaces. */
export function usesOfSpeaker({ metadata: { name: node }, status }: Speaker): readonly Use[] {
  return (status?.interfaces ?? []).flatMap(({ name, addresses, gateways = [] }) => [
    ...addresses.flatMap((text) => usesOfInterfaceAddress(text, node)),
    ...gateways.flatMap((text) =>
      useOf(readAddress(text), GATEWAY, `the gateway of node "${node}" on ${name}`),
    ),
  ]);
}

function usesOfInterfaceAddress(text: string, node: string): readonly Use[] {
  const parsed = parseInterfaceAddress(text);
  if (!parsed.ok) return [];
  const { address, prefix } = parsed.value;
  return [...useOf(address, NODE, `the address of node "${node}"`), ...usesOfSegment(prefix)];
}

/** A segment's own addresses. One of two addresses, or of one, has none (RFC 3021 for IPv4, RFC 6164 for IPv6). */
function usesOfSegment(prefix: IpPrefix): readonly Use[] {
  const { family, first, last } = prefixRange(prefix);
  if (last - first < 3n) return [];
  const segment = formatPrefix(prefix);
  // RFC 4291 2.6.1: every router of the segment answers for it.
  if (family === "IPv6")
    return useOf(prefix.network, SEGMENT, `the subnet-router anycast address of ${segment}`);
  return [
    ...useOf(prefix.network, SEGMENT, `the network address of ${segment}`),
    ...useOf(addressOf(family, last), SEGMENT, `the broadcast address of ${segment}`),
  ];
}

function useOf(address: IpAddress | undefined, rank: number, what: string): readonly Use[] {
  return address === undefined || prefixContains(LINK_LOCAL, address) ? [] : [{ address, rank, what }];
}

function readAddress(text: string): IpAddress | undefined {
  const parsed = parseAddress(text);
  return parsed.ok ? parsed.value : undefined;
}
