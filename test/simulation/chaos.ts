import { Dice } from "./dice.ts";
import { type Fault, inject } from "./faults.ts";
import type { FaultScenario } from "./scenario.ts";
import type { World } from "./world.ts";

const FAULTS_MS = 40_000;
const QUIET_MS = 45_000;
const FEWEST_FAULTS = 10;
const MOST_FAULTS = 25;

/** Draws one fault that fits in the world. */
type Draw = (dice: Dice, sizes: Sizes) => Undated;
type Undated = Fault extends infer One ? (One extends Fault ? Omit<One, "atMs"> : never) : never;

interface Sizes {
  readonly nodes: number;
  readonly addresses: number;
  readonly segments: number;
  readonly networks: 1 | 2;
}

const DRAWS: readonly Draw[] = [
  (dice, sizes) => ({ kind: "Crash", node: nodeOf(dice, sizes), forMs: span(dice, 1000, 15_000) }),
  (dice, sizes) => ({
    kind: "SpeakerDies",
    node: nodeOf(dice, sizes),
    forMs: span(dice, 200, 8000),
    cache: dice.chance(0.8),
  }),
  (dice, sizes) => ({ kind: "Upgrade", node: nodeOf(dice, sizes), forMs: span(dice, 300, 3000) }),
  (dice, sizes) => ({
    kind: "Stall",
    node: nodeOf(dice, sizes),
    forMs: span(dice, 100, 4000),
    whole: dice.chance(0.5),
    hidden: dice.chance(0.5),
  }),
  (dice, sizes) => ({ kind: "NoCarrier", ...onLan(dice, sizes), forMs: span(dice, 500, 8000) }),
  (dice, sizes) => {
    const apart = Array.from({ length: sizes.nodes }, (_, i) => i + 1).filter(() => dice.chance(0.5));
    const onNodes = sizes.networks === 2 && dice.chance(0.3);
    const segment = onNodes ? 0 : 1 + dice.below(sizes.segments);
    return { kind: "Partition", segment, apart, forMs: span(dice, 500, 8000) };
  },
  (dice, sizes) => ({
    kind: "Cut",
    ...onLan(dice, sizes),
    to: nodeOf(dice, sizes),
    bothWays: dice.chance(0.5),
    forMs: span(dice, 500, 8000),
  }),
  (dice, sizes) => ({
    kind: "Loss",
    ...onLan(dice, sizes),
    loss: dice.between(0.1, 0.5),
    forMs: span(dice, 500, 8000),
  }),
  (dice) => ({ kind: "NoApi", forMs: span(dice, 500, 15_000) }),
  (dice, sizes) => ({ kind: "NoApiForNode", node: nodeOf(dice, sizes), forMs: span(dice, 500, 15_000) }),
  (dice) => ({ kind: "NoController", forMs: span(dice, 500, 10_000) }),
  (dice, sizes) => ({
    kind: "Move",
    address: 1 + dice.below(sizes.addresses),
    node: nodeOf(dice, sizes),
    forMs: 0,
  }),
  (dice, sizes) => ({ kind: "Drain", node: nodeOf(dice, sizes), forMs: 1000 }),
  (dice, sizes) => ({
    kind: "BadWeather",
    segment: 1 + dice.below(sizes.segments),
    forMs: span(dice, 500, 5000),
  }),
  (dice, sizes) => ({
    kind: "NoGateway",
    segment: 1 + dice.below(sizes.segments),
    forMs: span(dice, 500, 8000),
  }),
  (dice, sizes) => ({ kind: "NoGatewayForNode", ...onLan(dice, sizes), forMs: span(dice, 500, 15_000) }),
  (dice) => ({ kind: "NewKey", forMs: span(dice, 2000, 6000) }),
];

/** Random faults on top of each other, then everything repaired and quiet. All of it follows from the seed. */
export function chaosOf(seed: number): FaultScenario {
  const dice = new Dice(seed);
  const sizes: Sizes = {
    nodes: 2 + (seed % 6),
    addresses: 1 + (seed % 3),
    segments: seed % 4 === 3 ? 2 : 1,
    networks: seed % 2 === 0 ? 1 : 2,
  };
  const count = FEWEST_FAULTS + dice.below(MOST_FAULTS - FEWEST_FAULTS + 1);
  const faults = Array.from(
    { length: count },
    (): Fault => ({ ...dice.oneOf(DRAWS)(dice, sizes), atMs: span(dice, 0, FAULTS_MS) }),
  ).sort((a, b) => a.atMs - b.atMs);
  return {
    name: "chaos",
    world: { ...sizes, hasGateway: seed % 5 !== 0 },
    faults,
    repairedMs: FAULTS_MS,
    lengthMs: FAULTS_MS + QUIET_MS,
    // Invariant 1, liveness, and invariant 5.
    most: { longestOverlapMs: 1200, longestStrandedMs: 12_000, movesPerFault: 1 },
  };
}

/** Has the faults happen, and everything be repaired afterwards. */
export function play(
  { faults, repairedMs }: Pick<FaultScenario, "faults" | "repairedMs">,
  world: World,
): void {
  for (const fault of faults) world.later(fault.atMs, () => inject(world, fault));
  world.later(repairedMs, () => repair(world));
}

function repair(world: World): void {
  world.story(undefined, "everything is repaired");
  for (const { network } of world.lans) network.heal();
  world.nodeNetwork.heal();
  world.api.healPaths();
  world.api.controller.up = true;
  if (!world.api.up) world.api.setUp(true);
  for (const machine of world.machines) {
    machine.setCarrier(true);
    machine.boot();
    machine.startSpeaker(true);
  }
}

function nodeOf(dice: Dice, { nodes }: Sizes): number {
  return 1 + dice.below(nodes);
}

function onLan(dice: Dice, sizes: Sizes): { readonly node: number; readonly segment: number } {
  return { node: nodeOf(dice, sizes), segment: 1 + dice.below(sizes.segments) };
}

/** In whole ms, so that it can be printed and read again. */
function span(dice: Dice, least: number, most: number): number {
  return Math.round(dice.between(least, most));
}
