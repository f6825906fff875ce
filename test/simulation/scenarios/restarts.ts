import { OWNER, type Scenario } from "../scenario.ts";

/** Speakers with more addresses than are asked about at once start again. */
export const RESTARTS: readonly Scenario[] = [
  {
    name: "a speaker with hundreds of addresses crashes, back in 1 s",
    world: { addresses: 320, nodes: 2, owners: 1 },
    play: (world) => {
      world.machine(OWNER).killSpeaker();
      world.later(1000, () => world.machine(OWNER).startSpeaker(true));
    },
    lengthMs: 6000,
    // Those who answer in its place go on until it has asked about all.
    most: { unansweredMs: 452, clientMs: 0, overlapMs: 0, moves: 0 },
    share: 0.2,
  },
  {
    name: "a speaker with hundreds of addresses dies while it resumes, and its node 2 s later",
    world: { addresses: 320, nodes: 2, owners: 1 },
    play: (world) => {
      world.machine(OWNER).killSpeaker();
      world.later(1000, () => world.machine(OWNER).startSpeaker(true));
      world.later(1350, () => world.machine(OWNER).killSpeaker());
      world.later(3350, () => world.machine(OWNER).crash());
    },
    lengthMs: 10_000,
    most: { unansweredMs: 452 + 560, clientMs: 700, overlapMs: 25, moves: 2 },
    share: 0.2,
  },
];
