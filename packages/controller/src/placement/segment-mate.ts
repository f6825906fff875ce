import { matchesAny } from "@fairlead/net/name-pattern.ts";
import { shareSegment } from "@fairlead/net/segment.ts";
import type { Eligible } from "./eligibility.ts";

/**
 * Whether a node could answer in the owner's place: on the same interfaces, which the placement names for all on its list, and
 * on the same segment. Interfaces that carry the address's subnet are on one.
 */
export function answersBeside(owner: Eligible, other: Eligible): boolean {
  const { interfaces } = owner;
  if (interfaces === undefined || other.interfaces === undefined) return interfaces === other.interfaces;
  const same =
    interfaces.length === other.interfaces.length &&
    interfaces.every((name, i) => name === other.interfaces?.[i]);
  return same && shareSegment(subnetsOf(owner, interfaces), subnetsOf(other, interfaces));
}

function subnetsOf({ node }: Eligible, names: readonly string[]) {
  return node.interfaces.filter(({ name }) => matchesAny(name, names)).flatMap(({ subnets }) => subnets);
}
