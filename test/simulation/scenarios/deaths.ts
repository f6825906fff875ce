import { FAIR } from "../network.ts";
import { FIRST, OWNER, type Scenario, SECOND, THIRD } from "../scenario.ts";
import type { World } from "../world.ts";

const die =
  (...nodes: readonly number[]) =>
  (world: World): void => {
    for (const node of nodes) world.machine(node).crash();
  };

function dieOneByOne(world: World, count: number): void {
  world.api.setUp(false);
  for (let i = 0; i < count; i++) world.later(5000 * i, () => world.holderOf(world.first.address)?.crash());
}

/** 350 ms from the last heartbeat, which may itself have taken 20 ms, 100 ms of a round, and no second stand-in that heard it sooner. */
const LONE_STAND_IN_MS = 350 + FAIR.slowMs + 100 + 2;

/** Nodes die. */
export const DEATHS: readonly Scenario[] = [
  {
    name: "owner dies, one network",
    play: die(OWNER),
    lengthMs: 5000,
    most: { unansweredMs: 452, clientMs: 480, overlapMs: 0, moves: 1 },
    share: 3,
  },
  {
    name: "owner dies, two networks",
    world: { networks: 2 },
    play: die(OWNER),
    lengthMs: 5000,
    most: { unansweredMs: 752, clientMs: 770, overlapMs: 0, moves: 2 },
    share: 2,
  },
  {
    name: "owner dies, 5 % loss",
    play: (world) => {
      world.segment.weather = { ...FAIR, loss: 0.05 };
      world.later(1000, () => world.machine(OWNER).crash());
      world.later(6000, () => world.segment.heal());
    },
    lengthMs: 14_000,
    most: { unansweredMs: 1000, clientMs: 2700, overlapMs: 10, moves: 2 },
    share: 2,
  },
  {
    name: "owner dies, 20 % loss",
    play: (world) => {
      world.segment.weather = { ...FAIR, loss: 0.2 };
      world.later(1000, () => world.machine(OWNER).crash());
      world.later(6000, () => world.segment.heal());
    },
    lengthMs: 14_000,
    most: { unansweredMs: 1900, clientMs: 4000, overlapMs: 100, moves: 3 },
    share: 2,
  },
  {
    name: "owner dies, slow network",
    play: (world) => {
      world.segment.weather = { ...FAIR, delayMs: [0.1, 9], slowMs: 300 };
      world.later(1000, () => world.machine(OWNER).crash());
      world.later(6000, () => world.segment.heal());
    },
    lengthMs: 10_000,
    most: { unansweredMs: 1000, clientMs: 1000, overlapMs: 50, moves: 2 },
    share: 2,
  },
  {
    name: "owner and first stand-in die",
    world: { nodes: 6 },
    play: die(OWNER, FIRST),
    lengthMs: 20_000,
    most: { unansweredMs: 502, clientMs: 530, overlapMs: 0, moves: 1 },
  },
  {
    name: "owner and two stand-ins die",
    world: { nodes: 6 },
    play: die(OWNER, FIRST, SECOND),
    lengthMs: 20_000,
    most: { unansweredMs: 552, clientMs: 580, overlapMs: 0, moves: 1 },
  },
  {
    name: "first stand-in dies during its takeover",
    play: (world) => {
      world.machine(OWNER).crash();
      world.later(world.dice.between(300, 460), () => world.machine(FIRST).crash());
    },
    lengthMs: 20_000,
    most: { unansweredMs: 2000, clientMs: 2500, overlapMs: 25, moves: 4 },
    share: 2,
  },
  {
    name: "owner and all three active stand-ins die",
    world: { nodes: 8 },
    play: die(OWNER, FIRST, SECOND, THIRD),
    lengthMs: 20_000,
    most: { unansweredMs: 3800, clientMs: 3900, overlapMs: 25, moves: 2 },
  },
  {
    name: "whole list of 8 dies, API up",
    world: { nodes: 10, addresses: 1 },
    play: (world) => die(...world.first.placement.nodes.map((name) => Number(name.slice(1))))(world),
    lengthMs: 25_000,
    most: { unansweredMs: 12_500, overlapMs: 1, moves: 1 },
  },
  {
    name: "two nodes",
    world: { nodes: 2 },
    play: die(OWNER),
    lengthMs: 5000,
    most: { unansweredMs: LONE_STAND_IN_MS, clientMs: 480, overlapMs: 0, moves: 1 },
  },
  {
    name: "two nodes without a gateway",
    world: { nodes: 2, hasGateway: false },
    play: die(OWNER),
    lengthMs: 16_000,
    most: { unansweredMs: LONE_STAND_IN_MS, clientMs: 480, overlapMs: 0, moves: 1 },
  },
  {
    name: "API down, 5 of 8 die one by one",
    world: { nodes: 8, addresses: 1 },
    play: (world) => dieOneByOne(world, 5),
    lengthMs: 30_000,
    most: { unansweredMs: 5 * 752, clientMs: 5 * 800, overlapMs: 2, moves: 5 },
    ends: "Wire",
  },
  {
    name: "API down, 7 of 8 die one by one: the list is used up",
    world: { nodes: 8, addresses: 1 },
    play: (world) => dieOneByOne(world, 7),
    lengthMs: 40_000,
    most: { unansweredMs: 7 * 752, clientMs: 7 * 800, overlapMs: 2, moves: 7 },
    ends: "Wire",
  },
  {
    name: "one node, its speaker dies and comes back",
    world: { nodes: 1 },
    play: (world) => {
      world.machine(OWNER).killSpeaker();
      world.later(1000, () => world.machine(OWNER).startSpeaker(true));
    },
    lengthMs: 6000,
    most: { unansweredMs: 1600, clientMs: 0, overlapMs: 0, moves: 0 },
  },
  {
    name: "one node boots again",
    world: { nodes: 1 },
    play: (world) => {
      world.machine(OWNER).crash();
      world.later(3000, () => {
        world.machine(OWNER).boot();
        world.machine(OWNER).startSpeaker(true);
      });
    },
    lengthMs: 10_000,
    most: { unansweredMs: 3600, clientMs: 3600, overlapMs: 0, moves: 0 },
  },
  {
    // It cannot see whether its port leads anywhere, and nobody else could serve who is behind it.
    name: "one node boots again without its cache while the gateway is away",
    world: { nodes: 1 },
    play: (world) => {
      world.segment.setDead("gateway", true);
      world.machine(OWNER).crash();
      world.later(3000, () => {
        world.machine(OWNER).boot();
        world.machine(OWNER).startSpeaker(false);
      });
    },
    lengthMs: 15_000,
    most: { unansweredMs: 6600, clientMs: 6600, overlapMs: 0, moves: 0 },
  },
  {
    name: "without a gateway, three of five die",
    world: { hasGateway: false },
    play: die(OWNER, FIRST, SECOND),
    lengthMs: 20_000,
    most: { unansweredMs: 552, clientMs: 580, overlapMs: 25, moves: 2 },
  },
  {
    name: "the first stand-in knows nothing, API down, and the owner dies",
    world: { addresses: 1 },
    play: (world) => {
      world.api.setUp(false);
      world.machine(FIRST).killSpeaker();
      world.later(500, () => world.machine(FIRST).startSpeaker(false));
      world.later(3000, () => world.machine(OWNER).crash());
    },
    lengthMs: 12_000,
    most: { longestUnansweredMs: 752, overlapMs: 25, moves: 1 },
    ends: "Wire",
  },
  {
    name: "two nodes, one does not reach the API, and the other dies",
    world: { nodes: 2, addresses: 1 },
    play: (world) => {
      world.api.setCut(FIRST, true);
      world.later(15_000, () => world.machine(OWNER).crash());
      world.later(20_000, () => world.api.healPaths());
    },
    lengthMs: 32_000,
    most: { unansweredMs: 452, clientMs: 480, overlapMs: 2, moves: 1 },
  },
  {
    name: "owner reboots with an old cache, API down",
    play: (world) => {
      world.api.setUp(false);
      world.machine(OWNER).crash();
      world.later(4000, () => {
        world.machine(OWNER).boot();
        world.machine(OWNER).startSpeaker(true);
      });
    },
    lengthMs: 12_000,
    most: { unansweredMs: 452, clientMs: 480, overlapMs: 0, moves: 1 },
    ends: "Wire",
  },
];
