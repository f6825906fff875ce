import { matchesAny } from "@fairlead/net/name-pattern.ts";
import { shareSegment } from "@fairlead/net/segment.ts";
import type { Eligible } from "./eligibility.ts";
import type { NodeInterface } from "./node-view.ts";

/**
 * Whether a node could answer in the owner's place: on the same interfaces, which the placement names for all on its list, and
 * on the same segment. Interfaces that carry the address's subnet are on one. One of the owner's that has lost its link is on a segment
 * all the same, where others answer meanwhile.
 */
export function answersBeside(owner: Eligible, other: Eligible): boolean {
  const { interfaces } = owner;
  if (interfaces === undefined || other.interfaces === undefined) return interfaces === other.interfaces;
  const same =
    interfaces.length === other.interfaces.length &&
    interfaces.every((name, i) => name === other.interfaces?.[i]);
  const { node } = owner;
  const theirs = subnetsOf(other.node.interfaces, interfaces);
  return same && shareSegment(subnetsOf([...node.interfaces, ...node.dark], interfaces), theirs);
}

function subnetsOf(interfaces: readonly NodeInterface[], names: readonly string[]) {
  return interfaces.filter(({ name }) => matchesAny(name, names)).flatMap(({ subnets }) => subnets);
}
