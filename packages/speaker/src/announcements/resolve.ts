import { bitsOf, type IpAddress } from "@fairlead/net/address.ts";
import { macToBytes } from "@fairlead/net/mac.ts";
import { matchesAny } from "@fairlead/net/name-pattern.ts";
import { formatPrefix, type IpPrefix, prefixContains, prefixOf } from "@fairlead/net/prefix.ts";
import { shareSegment } from "@fairlead/net/segment.ts";
import type { Place, Refusal, Resolution } from "./announcement.ts";
import { type PresentInterface, refusalOf } from "./present-interface.ts";
import type { PlacedAddress } from "./snapshot.ts";

/** An interface with what holds for every address on it, worked out once. */
export interface Candidate {
  readonly present: PresentInterface;
  readonly refusal: Refusal | undefined;
  readonly macBytes: Uint8Array;
  /** Prefixes with room for neighbors: not those of a single address. */
  readonly subnets: readonly IpPrefix[];
}

/** @param excluded patterns of interface names that are never used */
export function candidatesOf(
  interfaces: readonly PresentInterface[],
  excluded: readonly string[],
): readonly Candidate[] {
  return interfaces.map((present) => ({
    present,
    refusal: refusalOf(present, excluded),
    macBytes: present.mac === undefined ? new Uint8Array(6) : macToBytes(present.mac),
    subnets: present.addresses
      .filter(({ address, prefixLength }) => prefixLength < bitsOf(address.family))
      .map(({ address, prefixLength }) => prefixOf(address, prefixLength)),
  }));
}

/**
 * Decides where an address that this node may answer for is answered: on the interfaces that are named, by name or pattern, and can
 * be used, or, if none is named, on one of those that carry its subnet. Two interfaces in one subnet are taken to be on one segment,
 * where two MACs for one address would be a conflict: only the one that has the address's longest prefix is used, then the one with
 * the lowest index.
 */
export function resolve(placed: PlacedAddress, candidates: readonly Candidate[]): Resolution {
  return placed.interfaces === undefined
    ? bySubnet(placed, candidates)
    : byName(placed, placed.interfaces, candidates);
}

function byName(
  { address }: PlacedAddress,
  names: readonly string[],
  candidates: readonly Candidate[],
): Resolution {
  const named = candidates
    .filter(({ present }) => matchesAny(present.name, names))
    .map((one) => ({ one, length: subnetLength(one, address) ?? -1 }))
    .sort((a, b) => b.length - a.length || a.one.present.index - b.one.present.index)
    .map(({ one }) => one);
  const usable = apart(
    named.filter(({ refusal }) => refusal === undefined),
    [],
  );
  const on = usable.map(placeOf);
  const waiting = apart(named.filter(lacksCarrier), usable).map(placeOf);
  if (on.length > 0) return { kind: "Announce", on, waiting };
  const refusal = named.find((one) => one.refusal !== undefined)?.refusal;
  if (refusal !== undefined) return { kind: "Refused", refusal, waiting };
  const message = `this node has no interface named ${names.join(" or ")}; it has ${list(candidates.map(({ present }) => present.name))}`;
  return { kind: "Refused", refusal: { reason: "InterfaceMissing", message }, waiting: [] };
}

/** Those that are on no segment of one before them, or of `taken`. */
function apart(some: readonly Candidate[], taken: readonly Candidate[]): readonly Candidate[] {
  const kept: Candidate[] = [];
  for (const one of some)
    if (![...taken, ...kept].some(({ subnets }) => shareSegment(subnets, one.subnets))) kept.push(one);
  return kept;
}

function bySubnet(placed: PlacedAddress, candidates: readonly Candidate[]): Resolution {
  const carrying = candidates
    .flatMap((one) => {
      const length = subnetLength(one, placed.address);
      return length === undefined ? [] : [{ one, length }];
    })
    .sort((a, b) => b.length - a.length || a.one.present.index - b.one.present.index)
    .map(({ one }) => one);
  const best = carrying.find(({ refusal }) => refusal === undefined) ?? carrying[0];
  if (best === undefined) return { kind: "Refused", refusal: noInterface(placed, candidates), waiting: [] };
  if (best.refusal === undefined) return { kind: "Announce", on: [placeOf(best)], waiting: [] };
  return { kind: "Refused", refusal: best.refusal, waiting: lacksCarrier(best) ? [placeOf(best)] : [] };
}

function lacksCarrier({ refusal, present }: Candidate): boolean {
  return refusal?.reason === "NoCarrier" && present.mac !== undefined;
}

function noInterface(placed: PlacedAddress, candidates: readonly Candidate[]): Refusal {
  const subnets = candidates
    .filter(({ refusal }) => refusal === undefined)
    .flatMap(({ present, subnets }) =>
      subnets
        .filter(({ network }) => network.family === placed.address.family)
        .map((subnet) => `${formatPrefix(subnet)} on ${present.name}`),
    );
  const message = `no interface of this node carries a subnet that contains ${placed.address.text} (there is ${list(subnets)}); name the interface in the L2Advertisement if the address is reached without one`;
  return { reason: "NoInterface", message };
}

/** Length of the longest prefix that contains the address, or undefined if the interface does not carry its subnet. */
function subnetLength(candidate: Candidate, address: IpAddress): number | undefined {
  let longest: number | undefined;
  for (const subnet of candidate.subnets)
    if (prefixContains(subnet, address) && (longest === undefined || subnet.length > longest))
      longest = subnet.length;
  return longest;
}

function placeOf({ present, macBytes }: Candidate): Place {
  if (present.mac === undefined) throw new Error(`interface ${present.name} passed as usable without a MAC`);
  return { interfaceIndex: present.index, interfaceName: present.name, mac: present.mac, macBytes };
}

function list(words: readonly string[]): string {
  return words.length === 0 ? "none" : words.join(", ");
}
