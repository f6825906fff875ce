import { ZONE_LABEL } from "@fairlead/api/core/node.ts";
import type { Eligible } from "./eligibility.ts";
import { isWider } from "./networks.ts";
import type { NodeView } from "./node-view.ts";
import { affinity, hashOf } from "./rendezvous.ts";
import { answersBeside } from "./segment-mate.ts";
import { ACTIVE_STAND_INS, type Tie } from "./stand-in-index.ts";

/** The longest list: an owner and its stand-ins. */
export const LONGEST_LIST = 8;
const MOST_STAND_INS = LONGEST_LIST - 1;

/** Who stands in for whom already. */
export interface StandInLoad {
  readonly tie: (owner: string, node: string) => Tie;
  /** For how many owners a node is among the first stand-ins. */
  readonly ownersOf: (node: string) => number;
}

export interface StandInInput {
  /** A name that all addresses of one Service share, so that the same node takes them all over. */
  readonly group: string;
  readonly owner: Eligible;
  /** The nodes on record, the owner at that time first. */
  readonly listed: readonly string[];
  /** The nodes that may answer for the address now. */
  readonly eligible: readonly Eligible[];
  /** Those of them that serve only until their endpoints have terminated, while others are ready. */
  readonly leaving: ReadonlySet<string>;
  /** A node that would be eligible, were it not that nothing is heard of it or that its interface has no link just now. */
  readonly silent: (node: string) => Eligible | undefined;
  readonly load: StandInLoad;
}

/** Who takes the address over when its owner dies. */
export interface StandIns {
  /** In the order in which they do. */
  readonly nodes: readonly string[];
  /** Whether a node that comes is welcome, because so few of these could take over now. */
  readonly wanting: boolean;
}

/** How much is to be expected of a stand-in: narrow ones reach fewer networks than the owner, cordoned ones are about to go, of silent ones nothing is known, and leaving ones have nothing to serve soon. */
type Fitness = "Open" | "Narrow" | "Cordoned" | "Silent" | "Leaving";

const BEST_FIRST: readonly Fitness[] = ["Open", "Narrow", "Cordoned", "Silent", "Leaving"];

interface Kept {
  readonly name: string;
  readonly fitness: Fitness;
}

/**
 * Chooses who stands in for the owner of an address. What is on record stays as it is while all on it may stand in, or are merely
 * silent, and there are three who can take over now, or nobody else could; so neither a node that comes nor one that falls silent
 * has the lists written. If not, those who may stay do, in their order, those that reach fewer networks than the owner, the cordoned and then the silent behind them, then a former owner, those
 * whose endpoints terminate at the end, and the rest is filled up: first with nodes that stand in for this owner already (each more costs it heartbeats), then
 * those of other zones, then those that stand in for the fewest owners.
 */
export function standInsOf(input: StandInInput): StandIns {
  const { owner, listed } = input;
  const { name } = owner.node;
  const kept = keptOf(input);
  const open = kept.filter(({ fitness }) => fitness === "Open");
  const complete = kept.length === listed.length - 1 && kept.length <= MOST_STAND_INS;
  const asListed = listed[0] === name && complete && leaveLast(kept);
  if (asListed && open.length >= ACTIVE_STAND_INS) return { nodes: listed.slice(1), wanting: false };
  const newcomers = newcomersOf(input);
  const atLeast = (least: Fitness): number =>
    kept.filter(({ fitness }) => BEST_FIRST.indexOf(fitness) <= BEST_FIRST.indexOf(least)).length;
  const lacks = newcomers.some((one) => atLeast(fitnessOf(owner, one)) < ACTIVE_STAND_INS);
  if (asListed && !lacks) return { nodes: listed.slice(1), wanting: true };
  return written(input, kept, newcomers);
}

function written(input: StandInInput, kept: readonly Kept[], newcomers: readonly Eligible[]): StandIns {
  const { owner, listed, group } = input;
  const [before] = listed;
  const former =
    before === owner.node.name
      ? undefined
      : kept.find(({ name, fitness }) => name === before && fitness !== "Leaving");
  const staying = kept.filter((one) => one !== former);
  const room = MOST_STAND_INS - (former === undefined ? 0 : 1);
  const open = of(staying, "Open");
  const taken = best(input, newcomers).slice(
    0,
    Math.max(0, ACTIVE_STAND_INS - open.length, room - staying.length),
  );
  const fresh = (fitness: Fitness): readonly string[] =>
    taken.filter((one) => fitnessOf(owner, one) === fitness).map(({ node }) => node.name);
  const ready = (fitness: "Open" | "Narrow"): readonly string[] => {
    const first = of(staying, fitness);
    return first.length > 0 ? [...first, ...fresh(fitness)] : rotated(fresh(fitness), owner.node.name, group);
  };
  const order = [
    ...ready("Open"),
    ...ready("Narrow"),
    ...of(staying, "Cordoned"),
    ...fresh("Cordoned"),
    ...of(staying, "Silent"),
  ].slice(0, room);
  const count = open.length + fresh("Open").length + Number(former?.fitness === "Open");
  const nodes = [...order, ...(former === undefined ? [] : [former.name]), ...of(kept, "Leaving")];
  return { nodes: nodes.slice(0, MOST_STAND_INS), wanting: count < ACTIVE_STAND_INS };
}

/** A node whose endpoints terminate takes an address over only if nobody else can. */
function leaveLast(kept: readonly Kept[]): boolean {
  const first = kept.findIndex(({ fitness }) => fitness === "Leaving");
  return first < 0 || kept.slice(first).every(({ fitness }) => fitness === "Leaving");
}

function of(kept: readonly Kept[], fitness: Fitness): readonly string[] {
  return kept.filter((one) => one.fitness === fitness).map(({ name }) => name);
}

/** The nodes on record that may stand in for the owner, each once. */
function keptOf({ owner, listed, eligible, leaving, silent }: StandInInput): readonly Kept[] {
  return [...new Set(listed)].flatMap((name): Kept[] => {
    if (name === owner.node.name) return [];
    const judged = eligible.find(({ node }) => node.name === name);
    if (judged === undefined) {
      const quiet = silent(name);
      return quiet !== undefined && answersBeside(owner, quiet) ? [{ name, fitness: "Silent" }] : [];
    }
    if (!answersBeside(owner, judged)) return [];
    if (leaving.has(name)) return [{ name, fitness: "Leaving" }];
    return [{ name, fitness: fitnessOf(owner, judged) }];
  });
}

function fitnessOf(owner: Eligible, one: Eligible): "Open" | "Narrow" | "Cordoned" {
  if (one.node.cordoned) return "Cordoned";
  return isWider(owner, one) ? "Narrow" : "Open";
}

function newcomersOf({ owner, listed, eligible, leaving }: StandInInput): readonly Eligible[] {
  const known = new Set([owner.node.name, ...listed]);
  return eligible.filter(
    (one) => !known.has(one.node.name) && !leaving.has(one.node.name) && answersBeside(owner, one),
  );
}

/** The first of them in the order in which they are to be taken, as many as fit on a list; of a thousand nodes only these are sorted. */
function best({ owner, load }: StandInInput, newcomers: readonly Eligible[]): readonly Eligible[] {
  const { name } = owner.node;
  const first: Ranked[] = [];
  for (const one of newcomers) {
    const { node } = one;
    const rank =
      RANK[fitnessOf(owner, one)] +
      NEARNESS[load.tie(name, node.name)] +
      Number(!inOtherZone(owner.node, node)) * SAME_ZONE +
      load.ownersOf(node.name);
    const ranked = { one, rank };
    const worst = first[MOST_STAND_INS - 1];
    if (worst !== undefined && isBefore(worst, ranked, name)) continue;
    const at = first.findIndex((other) => isBefore(ranked, other, name));
    first.splice(at < 0 ? first.length : at, 0, ranked);
    first.length = Math.min(first.length, MOST_STAND_INS);
  }
  return first.map(({ one }) => one);
}

interface Ranked {
  readonly one: Eligible;
  readonly rank: number;
}

/** Far above the number of owners that a node can stand in for, and each above the next. */
const SAME_ZONE = 1e6;
const NEARNESS: Readonly<Record<Tie, number>> = { Active: 0, Reserve: 2 * SAME_ZONE, None: 4 * SAME_ZONE };
const RANK = { Open: 0, Narrow: 8 * SAME_ZONE, Cordoned: 16 * SAME_ZONE } as const;

function isBefore(a: Ranked, b: Ranked, owner: string): boolean {
  if (a.rank !== b.rank) return a.rank < b.rank;
  if (a.one.weight !== b.one.weight) return a.one.weight > b.one.weight;
  const [left, right] = [a.one.node.name, b.one.node.name];
  const order = affinity(owner, right) - affinity(owner, left);
  return order === 0 ? left < right : order < 0;
}

function inOtherZone(owner: NodeView, node: NodeView): boolean {
  const [ours, theirs] = [owner.labels?.[ZONE_LABEL], node.labels?.[ZONE_LABEL]];
  return ours !== undefined && theirs !== undefined && ours !== theirs;
}

/** The first ones in an order that differs from group to group, so that not all of a dead owner's addresses go to one node. */
function rotated(nodes: readonly string[], owner: string, group: string): readonly string[] {
  const first = nodes
    .slice(0, ACTIVE_STAND_INS)
    .sort((a, b) => affinity(owner, b) - affinity(owner, a) || (a < b ? -1 : 1));
  const by = first.length === 0 ? 0 : hashOf(group) % first.length;
  return [...first.slice(by), ...first.slice(0, by), ...nodes.slice(ACTIVE_STAND_INS)];
}
