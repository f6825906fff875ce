import { FAIR } from "../network.ts";
import { FIRST, OWNER, type Scenario, SECOND, THIRD } from "../scenario.ts";
import type { World } from "../world.ts";

function moves(world: World): void {
  for (let i = 0; i < 10; i++)
    world.later(2000 * i, () => {
      const others = world.machines.filter(({ name }) => name !== world.first.placement.nodes[0]);
      world.api.move(world.first, world.dice.oneOf(others).number);
    });
}

/** The controller decides while things go on. */
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
      world.later(world.dice.between(0, 500), () => world.api.move(world.first, 3));
    },
    lengthMs: 12_000,
    most: { unansweredMs: 520, clientMs: 560, overlapMs: 2, moves: 2 },
    share: 2,
  },
  {
    name: "the controller moves the address to a node that dies",
    play: (world) => {
      world.api.move(world.first, 3);
      world.later(world.dice.between(0, 1500), () => world.machine(SECOND).crash());
    },
    lengthMs: 20_000,
    most: { unansweredMs: 1000, clientMs: 9500, overlapMs: 30, moves: 3 },
    share: 2,
  },
  {
    name: "the controller moves the address to a node that does not see the gateway",
    world: { addresses: 1 },
    play: (world) => {
      for (const [from, to] of [[THIRD, "gateway"] as const, ["gateway", THIRD] as const])
        world.segment.cut(from, to);
      world.later(1000, () => world.api.move(world.first, THIRD));
      world.later(6000, () => world.segment.heal());
    },
    lengthMs: 12_000,
    most: { unansweredMs: 0, clientMs: 0, overlapMs: 70, moves: 1 },
    reports: { AnchorLost: true },
  },
  {
    name: "all addresses are moved at once, and back",
    world: { addresses: 40 },
    play: (world) => {
      for (const [at, node] of [
        [0, FIRST],
        [4000, OWNER],
      ] as const)
        world.later(at, () => {
          for (const object of world.api.objects) world.api.move(object, node);
        });
    },
    lengthMs: 9000,
    most: { unansweredMs: 0, clientMs: 0, longestOverlapMs: 160, moves: 2 },
  },
];
