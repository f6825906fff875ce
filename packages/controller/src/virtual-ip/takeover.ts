import type { Announcer, Placement } from "@fairlead/api/virtual-ip.ts";
import { isHigherAnnouncer } from "@fairlead/api/virtual-ip-claim.ts";
import { matchesAny } from "@fairlead/net/name-pattern.ts";
import { shareSegment } from "@fairlead/net/segment.ts";
import type { NodeView } from "../placement/node-view.ts";

export interface Announcing {
  readonly placement: Placement | undefined;
  readonly announcers: readonly Announcer[];
  readonly node: (name: string) => NodeView | undefined;
}

/**
 * The node that has the address: the one on record, unless the speakers have passed it on by themselves. Of those whose speakers
 * live, the one with the highest claim has it if that stands firmly above the record. A claim that only covers for the holder, or
 * is older than the record, counts when nothing is heard of the node on record: moving the address elsewhere then would be one
 * move more. Of an address on several networks one can pass alone: while the node on record answers on one that the other node is not on,
 * it has the address still, since else it would have to let go of it there.
 */
export function holderOf({ placement, announcers, node }: Announcing): string | undefined {
  const recorded = placement?.nodes[0];
  if (placement === undefined || recorded === undefined) return recorded;
  const live = announcers.filter((one) => lives(node(one.node)));
  // Each segment has claims of its own: who took one of them over stands below what the owner had to claim on another.
  const isOutbid = (one: Announcer): boolean =>
    live.some((other) => isHigherAnnouncer(other, one) && mayShareSegment(one, other, node));
  const highest = highestOf(
    live.filter((one) => one.node !== recorded && !isOutbid(one)),
    placement.nodes,
  );
  if (highest === undefined) return recorded;
  const owner = node(recorded);
  const { epoch, step = 0, provisional = false } = highest;
  const isAbove = epoch > placement.epoch || (epoch === placement.epoch && step > 0);
  if (isAbove && !provisional) {
    const other = node(highest.node);
    const isElsewhere = epoch === placement.epoch && answersApart(placement, announcers, { owner, other });
    return isElsewhere ? recorded : highest.node;
  }
  const silent = epoch < placement.epoch ? !lives(owner) : owner?.speaker !== "Running" || !lives(owner);
  return silent ? highest.node : recorded;
}

/** Of claims that are alike the earlier on the list has the higher, then the earlier by name, as the speakers have it. */
function highestOf(announcers: readonly Announcer[], listed: readonly string[]): Announcer | undefined {
  const rank = ({ node }: Announcer): number =>
    listed.includes(node) ? listed.indexOf(node) : listed.length;
  return announcers.reduce<Announcer | undefined>((best, one) => {
    if (best === undefined || isHigherAnnouncer(one, best)) return one;
    if (isHigherAnnouncer(best, one)) return best;
    return rank(one) - rank(best) < 0 || (rank(one) === rank(best) && one.node < best.node) ? one : best;
  }, undefined);
}

/** Whether the owner, as the record has it, answers on a network that is known not to be one of the other node's. */
function answersApart(
  { interfaces, epoch, nodes: [recorded] }: Placement,
  announcers: readonly Announcer[],
  { owner, other }: { readonly owner: NodeView | undefined; readonly other: NodeView | undefined },
): boolean {
  if (interfaces === undefined || owner === undefined || other === undefined || !lives(owner)) return false;
  const named = other.interfaces.filter(({ name }) => matchesAny(name, interfaces));
  const theirs = named.flatMap(({ subnets }) => subnets);
  return owner.interfaces.some(
    ({ name, subnets }) =>
      announcers.some((one) => one.node === recorded && one.interface === name && one.epoch === epoch) &&
      // By subnets that are not shared even with themselves no segment is known.
      shareSegment(subnets, subnets) &&
      !shareSegment(subnets, theirs),
  );
}

/** Whether both announce on one segment, as far as is known. */
function mayShareSegment(one: Announcer, other: Announcer, node: Announcing["node"]): boolean {
  return onOneSegment(one, other, node) ?? true;
}

/**
 * Whether the former node of an address that another has taken over lives, and answers still on a network on which that one does not. Of
 * interfaces whose networks are not known those of one name are taken to be on one.
 */
export function isLeftOn(
  announcers: readonly Announcer[],
  [former, taker]: readonly [string | undefined, string],
  node: Announcing["node"],
): boolean {
  if (former === undefined || !lives(node(former))) return false;
  const taken = announcers.filter((one) => one.node === taker);
  const isTaken = (one: Announcer): boolean =>
    taken.some((other) => onOneSegment(one, other, node) ?? one.interface === other.interface);
  return announcers.some((one) => one.node === former && !isTaken(one));
}

/** Whether both announce on one segment; undefined: that is not known. */
function onOneSegment(one: Announcer, other: Announcer, node: Announcing["node"]): boolean | undefined {
  const subnetsOf = ({ node: name, interface: on }: Announcer) =>
    node(name)?.interfaces.find((present) => present.name === on)?.subnets;
  const [mine, theirs] = [subnetsOf(one), subnetsOf(other)];
  if (mine === undefined || theirs === undefined) return undefined;
  // By subnets that are not shared even with themselves no segment is known.
  const areKnown = shareSegment(mine, mine) && shareSegment(theirs, theirs);
  return areKnown ? shareSegment(mine, theirs) : undefined;
}

/** Whether a speaker is there, or was a moment ago, and can be believed. */
function lives(node: NodeView | undefined): boolean {
  const isOff = node?.fault === "NodeNotReady" || node?.fault === "NodeOutOfService";
  return node !== undefined && !isOff && node.speaker !== "Gone";
}
