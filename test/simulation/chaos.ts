import type { Port } from "./network.ts";
import { FAIR } from "./network.ts";
import type { Scenario } from "./scenario.ts";
import type { World } from "./world.ts";

const FAULTS_MS = 40_000;
const QUIET_MS = 45_000;

/** One fault, somewhere; most end by themselves. */
type Fault = (world: World) => void;

const FAULTS: readonly Fault[] = [
  (world) => {
    const machine = someone(world);
    machine.crash();
    world.later(world.dice.between(1000, 15_000), () => {
      machine.boot();
      machine.startSpeaker(true);
    });
  },
  (world) => {
    const machine = someone(world);
    machine.killSpeaker();
    world.later(world.dice.between(200, 8000), () => machine.startSpeaker(world.dice.chance(0.8)));
  },
  (world) => {
    const machine = someone(world);
    machine.inSpeaker((takeover) => takeover.restarting());
    world.later(31, () => machine.killSpeaker());
    world.later(world.dice.between(300, 3000), () => machine.startSpeaker(true));
  },
  (world) => {
    const [whole, hidden] = [world.dice.chance(0.5), world.dice.chance(0.5)];
    someone(world).stall(world.dice.between(100, 4000), { whole, hidden });
  },
  (world) => {
    const machine = someone(world);
    machine.setCarrier(false);
    world.later(world.dice.between(500, 8000), () => machine.setCarrier(true));
  },
  (world) => {
    const network = world.dice.chance(0.7) ? world.segment : world.nodeNetwork;
    const sides = new Map<Port, number>(world.machines.map(({ number }) => [number, world.dice.below(2)]));
    network.partition(sides);
    world.changed();
    world.later(world.dice.between(500, 8000), () => {
      network.partition(new Map());
      world.changed();
    });
  },
  (world) => {
    const [from, to] = [someone(world).number, someone(world).number];
    const both = world.dice.chance(0.5);
    world.segment.cut(from, to);
    if (both) world.segment.cut(to, from);
    world.later(world.dice.between(500, 8000), () => {
      world.segment.mend(from, to);
      world.segment.mend(to, from);
    });
  },
  (world) => {
    const { number } = someone(world);
    world.segment.setLoss(number, world.dice.between(0.1, 0.5));
    world.later(world.dice.between(500, 8000), () => world.segment.setLoss(number, 0));
  },
  (world) => {
    world.api.setUp(false);
    world.later(world.dice.between(500, 15_000), () => world.api.setUp(true));
  },
  (world) => {
    const { number } = someone(world);
    world.api.setCut(number, true);
    world.later(world.dice.between(500, 15_000), () => world.api.setCut(number, false));
  },
  (world) => {
    world.api.controllerUp = false;
    world.later(world.dice.between(500, 10_000), () => {
      world.api.controllerUp = true;
    });
  },
  (world) => world.api.move(world.dice.oneOf(world.api.objects), someone(world).id),
  (world) => {
    const machine = someone(world);
    const restart = (): void => {
      machine.killSpeaker();
      world.later(1000, () => machine.startSpeaker(true));
    };
    machine.inSpeaker((takeover) => takeover.drain(() => world.later(0, restart)));
  },
  (world) => {
    world.segment.weather = { ...FAIR, late: 0.05, duplicate: 0.1, loss: 0.05 };
    world.later(world.dice.between(500, 5000), () => {
      world.segment.weather = FAIR;
    });
  },
];

/** Random faults on top of each other, then everything repaired and quiet. */
export const CHAOS: Scenario = {
  name: "chaos",
  lengthMs: FAULTS_MS + QUIET_MS,
  // Invariant 1, and what the faults on top of each other may cost.
  most: { longestOverlapMs: 1200, longestUnansweredMs: 20_000, moves: 25 },
  play: (world) => {
    const faults = 10 + world.dice.below(16);
    for (let i = 0; i < faults; i++)
      world.later(world.dice.between(0, FAULTS_MS), () => world.dice.oneOf(FAULTS)(world));
    world.later(FAULTS_MS, () => repair(world));
  },
};

/** The sizes of a chaos run follow from its seed. */
export function chaosOf(seed: number): Scenario {
  return {
    ...CHAOS,
    world: {
      nodes: 2 + (seed % 6),
      addresses: 1 + (seed % 3),
      networks: seed % 2 === 0 ? 1 : 2,
      hasGateway: seed % 5 !== 0,
    },
  };
}

function repair(world: World): void {
  world.story(undefined, "everything is repaired");
  world.segment.heal();
  world.nodeNetwork.heal();
  world.api.healPaths();
  world.api.controllerUp = true;
  if (!world.api.up) world.api.setUp(true);
  for (const machine of world.machines) {
    machine.setCarrier(true);
    machine.boot();
    machine.startSpeaker(true);
  }
  world.changed();
}

function someone(world: World): World["machines"][number] {
  return world.dice.oneOf(world.machines);
}
