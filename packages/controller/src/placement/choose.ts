import type { Eligible } from "./eligibility.ts";
import { isWider, widestOf } from "./networks.ts";

/** What is considered when one of the nodes that may answer is chosen. */
export interface Choice {
  /** The node that has the address now. */
  readonly owner: string | undefined;
  /** The node that a person wants it on. */
  readonly wish?: string | undefined;
  /** The nodes on record: an owner, then its stand-ins. */
  readonly listed: readonly string[];
  /** How many other addresses a node has. */
  readonly load: (node: string) => number;
  /** How many other addresses of the same Services a node has: those of a dual-stack pair. */
  readonly companions: (node: string) => number;
  /** Nodes to which the owner gives the address back, if any of them may have it. */
  readonly back: readonly string[];
  /** Nodes that reach more networks than the owner, of which one gets it. */
  readonly wider: readonly string[];
  /** Whether the owner lost its link, so that the first stand-in takes the address over at this moment. */
  readonly unlinked: boolean;
}

/** The node that is to have the address; undefined if none is eligible. See `place`. */
export function choose(eligible: readonly Eligible[], choice: Choice): Eligible | undefined {
  const { owner, wish, back, wider, unlinked, listed } = choice;
  const open = openOf(eligible);
  const named = (name: string | undefined): Eligible | undefined =>
    open.find(({ node }) => node.name === name);
  const held = named(owner) ?? eligible.find(({ node }) => node.name === owner && node.keeps);
  const better = open.filter(({ node }) => back.includes(node.name));
  const widest = widestOf(open.filter(({ node }) => wider.includes(node.name)));
  const settled = open.filter(({ node }) => node.settled);
  const fresh = widestOf(settled.length > 0 ? settled : open);
  const standIns = listed.flatMap((name) => named(name) ?? []);
  // Where a link was lost a stand-in takes over. Another one would be a second move for one fault, whichever of the two comes first.
  const heir = unlinked ? standIns.find((one) => !fresh.some((other) => isWider(other, one))) : undefined;
  const wide = standIns.find((one) => widest.includes(one)) ?? best(widest, choice);
  return named(wish) ?? best(better, choice) ?? wide ?? held ?? heir ?? best(fresh, choice);
}

/** Those of the eligible nodes that are not about to go, or all if there are no others. */
function openOf(eligible: readonly Eligible[]): readonly Eligible[] {
  const open = eligible.filter(({ node }) => !node.cordoned);
  return open.length > 0 ? open : eligible;
}

function best(candidates: readonly Eligible[], choice: Choice): Eligible | undefined {
  const { listed, load, companions } = choice;
  // Behind all that are listed; the first stand-in is also whom a speaker that leaves offers the address to.
  const turn = (name: string): number => (listed.includes(name) ? listed.indexOf(name) : listed.length);
  return candidates.reduce<Eligible | undefined>((first, candidate) => {
    if (first === undefined) return candidate;
    const order =
      first.weight - candidate.weight ||
      companions(first.node.name) - companions(candidate.node.name) ||
      load(candidate.node.name) - load(first.node.name) ||
      turn(candidate.node.name) - turn(first.node.name) ||
      (candidate.node.name < first.node.name ? -1 : 1);
    return order < 0 ? candidate : first;
  }, undefined);
}
