import { FIRST, OWNER, type Scenario, THIRD } from "../scenario.ts";
import type { World } from "../world.ts";

function restartAfter(ms: number, cache: boolean): (world: World) => void {
  return (world) => {
    world.machine(OWNER).killSpeaker();
    world.later(ms, () => world.machine(OWNER).startSpeaker(cache));
  };
}

function upgradeAll(world: World): void {
  world.machines.forEach((machine, i) => {
    world.later(3000 * i, () => machine.upgrade(world.dice.between(500, 1500)));
  });
}

function drainAll(world: World): void {
  world.machines.forEach((machine, i) => {
    const reboot = (): void => {
      machine.crash();
      world.later(2000, () => {
        machine.boot();
        machine.startSpeaker(true);
      });
    };
    world.later(8000 * i, () => machine.drain(() => world.later(3000, reboot)));
  });
}

function stalls(world: World): void {
  for (let i = 0; i < 20; i++)
    world.later(world.dice.between(0, 20_000), () =>
      world.dice
        .oneOf(world.machines)
        .stall(world.dice.between(200, 1000), { whole: true, hidden: world.dice.chance(0.5) }),
    );
}

/** Speakers, their processes and machines stand still, while packets may go on flowing. */
export const SPEAKERS: readonly Scenario[] = [
  {
    name: "speaker crashes, back in 1 s",
    play: restartAfter(1000, true),
    lengthMs: 6000,
    most: { unansweredMs: 452, clientMs: 0, overlapMs: 0, moves: 0 },
    share: 2,
  },
  {
    name: "speaker crashes, back in 10 s without its cache",
    play: restartAfter(10_000, false),
    lengthMs: 16_000,
    most: { unansweredMs: 452, clientMs: 0, overlapMs: 0, moves: 0 },
  },
  {
    name: "speaker crashes for good",
    play: (world) => world.machine(OWNER).killSpeaker(),
    lengthMs: 40_000,
    most: { unansweredMs: 452, clientMs: 0, overlapMs: 25, moves: 1 },
  },
  {
    name: "speaker crashes, and that of the node that the address is moved to",
    world: { addresses: 1 },
    play: (world) => {
      world.machine(OWNER).killSpeaker();
      world.later(2000, () => world.api.move(world.first, THIRD));
      world.later(3500, () => world.machine(THIRD).killSpeaker());
      world.later(9000, () => {
        world.machine(OWNER).startSpeaker(true);
        world.machine(THIRD).startSpeaker(true);
      });
    },
    lengthMs: 16_000,
    most: { longestUnansweredMs: 800, longestOverlapMs: 1200, moves: 2 },
  },
  {
    name: "an active stand-in goes and comes back",
    play: (world) => {
      world.machine(FIRST).killSpeaker();
      world.later(5000, () => world.machine(FIRST).startSpeaker(true));
    },
    world: { addresses: 1, nodes: 7 },
    lengthMs: 12_000,
    most: { unansweredMs: 0, clientMs: 0, overlapMs: 0, moves: 0 },
    reports: { HeartbeatPath: false },
  },
  {
    name: "speaker stalls for 3 s",
    play: (world) => world.machine(OWNER).stall(3000, { whole: false, hidden: false }),
    lengthMs: 8000,
    most: { unansweredMs: 452, clientMs: 0, overlapMs: 0, moves: 0 },
  },
  {
    name: "speaker crashes, node dies 2 s later",
    play: (world) => {
      world.machine(OWNER).killSpeaker();
      world.later(2000, () => world.machine(OWNER).crash());
    },
    lengthMs: 10_000,
    most: { unansweredMs: 452 + 560, clientMs: 600, overlapMs: 25, moves: 1 },
    share: 2,
  },
  {
    name: "rolling upgrade of all speakers",
    world: { nodes: 4 },
    play: upgradeAll,
    lengthMs: 16_000,
    most: { unansweredMs: 0, clientMs: 0, overlapMs: 0, moves: 0 },
    share: 2,
  },
  {
    name: "rolling upgrade of all speakers, two networks",
    world: { nodes: 4, networks: 2 },
    play: upgradeAll,
    lengthMs: 16_000,
    most: { unansweredMs: 0, clientMs: 0, overlapMs: 0, moves: 0 },
  },
  {
    name: "rolling drain and reboot of all nodes",
    world: { nodes: 4 },
    play: drainAll,
    lengthMs: 40_000,
    // The second of two CLAIMs may be overtaken, and is repeated after 60 ms.
    most: { unansweredMs: 1, clientMs: 1, overlapMs: 6 * 65, moves: 6 },
  },
  {
    name: "machine stalls for 3 s, the clock shows it",
    play: (world) => world.machine(OWNER).stall(3000, { whole: true, hidden: false }),
    lengthMs: 9000,
    most: { unansweredMs: 452, clientMs: 480, overlapMs: 0, moves: 1 },
    share: 2,
  },
  {
    name: "machine stalls for 3 s, the clock hides it",
    play: (world) => world.machine(OWNER).stall(3000, { whole: true, hidden: true }),
    lengthMs: 9000,
    most: { unansweredMs: 452, clientMs: 480, overlapMs: 120, moves: 1 },
    share: 2,
  },
  {
    name: "20 random stalls of 0.2 to 1 s",
    play: stalls,
    lengthMs: 30_000,
    most: { unansweredMs: 6000, overlapMs: 500, moves: 8 },
  },
  {
    name: "all speakers restart within 3 s, API down",
    play: (world) => {
      world.api.setUp(false);
      for (const machine of world.machines)
        world.later(world.dice.between(0, 3000), () => {
          machine.killSpeaker();
          world.later(1000, () => machine.startSpeaker(true));
        });
    },
    lengthMs: 15_000,
    most: { unansweredMs: 5500, clientMs: 5, overlapMs: 2, moves: 2 },
    ends: "Wire",
  },
];
