import { FAIR } from "../network.ts";
import { OWNER, type Scenario, SECOND, THIRD } from "../scenario.ts";
import type { World } from "../world.ts";

function moves(world: World): void {
  for (let i = 0; i < 10; i++)
    world.later(2000 * i, () => {
      const others = world.machines.filter(({ id }) => id !== world.first.list[0]);
      world.api.move(world.first, world.dice.oneOf(others).id);
    });
}

/** The controller decides while things go on, and strangers meddle. */
export const ORDERS: readonly Scenario[] = [
  {
    name: "10 planned moves",
    world: { addresses: 1 },
    play: moves,
    lengthMs: 24_000,
    most: { unansweredMs: 0, clientMs: 0, overlapMs: 10 * 40, moves: 10 },
  },
  {
    name: "10 planned moves, 10 % loss",
    world: { addresses: 1 },
    play: (world) => {
      world.segment.weather = { ...FAIR, loss: 0.1 };
      moves(world);
      world.later(21_000, () => world.segment.heal());
    },
    lengthMs: 30_000,
    most: { unansweredMs: 500, clientMs: 600, overlapMs: 1000, moves: 14 },
  },
  {
    name: "the controller moves the address while the owner dies",
    play: (world) => {
      world.machine(OWNER).crash();
      world.later(world.dice.between(0, 500), () => world.api.move(world.first, 3n));
    },
    lengthMs: 12_000,
    most: { unansweredMs: 520, clientMs: 560, overlapMs: 2, moves: 2 },
    share: 2,
  },
  {
    name: "the controller moves the address to a node that dies",
    play: (world) => {
      world.api.move(world.first, 3n);
      world.later(world.dice.between(0, 500), () => world.machine(SECOND).crash());
    },
    lengthMs: 20_000,
    most: { unansweredMs: 1000, clientMs: 9500, overlapMs: 30, moves: 3 },
    share: 2,
  },
  {
    name: "a stranger claims the address twice in 3 s",
    play: (world) => {
      for (const at of [0, 3000]) world.later(at, () => world.stranger(world.first.address));
    },
    lengthMs: 30_000,
    most: { unansweredMs: 0, clientMs: 19_500, overlapMs: 0, moves: 0 },
    reports: { Conflict: true },
  },
  {
    name: "keys are changed, node by node",
    play: (world) => {
      world.machines.forEach(({ number }, i) => {
        world.later(500 * i, () => world.setKeys(number, 1, [1, 2]));
        world.later(4000 + 500 * i, () => world.setKeys(number, 2, [1, 2]));
        world.later(8000 + 500 * i, () => world.setKeys(number, 2, [2]));
      });
    },
    lengthMs: 12_000,
    most: { unansweredMs: 0, clientMs: 0, overlapMs: 0, moves: 0 },
    reports: { HeartbeatPath: false },
  },
  {
    name: "everything that was said is said again, later, after deaths and restarts",
    play: (world) => {
      world.recording = true;
      world.later(3000, () => world.machine(OWNER).crash());
      world.later(6000, () => {
        world.recording = false;
        world.machine(OWNER).boot();
        world.machine(OWNER).startSpeaker(true);
        world.machine(THIRD).killSpeaker();
        world.later(500, () => world.machine(THIRD).startSpeaker(false));
      });
      world.later(9000, () => {
        for (const { to, path, datagram } of world.recorded)
          world.later(world.dice.between(0, 3000), () => world.machine(to).receive(datagram, path));
      });
    },
    lengthMs: 16_000,
    most: { unansweredMs: 2 * 452, clientMs: 480, overlapMs: 0, moves: 1 },
    reports: { DuplicateNode: false },
  },
  {
    name: "late, doubled and overtaken messages",
    play: (world) => {
      world.segment.weather = { ...FAIR, late: 0.1, duplicate: 0.2 };
      world.later(2000, () => world.machine(OWNER).crash());
      world.later(6000, () => world.segment.heal());
    },
    lengthMs: 12_000,
    most: { unansweredMs: 1200, clientMs: 1800, overlapMs: 150, moves: 2 },
  },
];
