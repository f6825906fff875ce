import { OWNER, type Scenario } from "../scenario.ts";

/** Large clusters: few seeds, for each takes long. */
export const LARGE: readonly Scenario[] = [
  {
    name: "one of 200 nodes dies, 2,000 addresses",
    world: { nodes: 200, addresses: 2000 },
    play: (world) => world.machine(OWNER).crash(),
    lengthMs: 4000,
    most: { unansweredMs: 452, clientMs: 560, overlapMs: 25, moves: 2 },
  },
  {
    name: "one of 1,000 nodes dies, 10,000 addresses",
    world: { nodes: 1000, addresses: 10_000 },
    play: (world) => world.machine(OWNER).crash(),
    lengthMs: 3000,
    most: { unansweredMs: 452, clientMs: 560, overlapMs: 25, moves: 2 },
  },
  {
    name: "the owner of 10,000 addresses dies",
    world: { nodes: 4, addresses: 10_000, owners: 1 },
    play: (world) => world.machine(OWNER).crash(),
    lengthMs: 4000,
    // Claimed some hundred at a time; the frames that tell it leave at 8,000 a second.
    most: { unansweredMs: 1000, clientMs: 1800, overlapMs: 25, moves: 2 },
  },
];
