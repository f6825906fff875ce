import { FIRST, OWNER, type Scenario } from "../scenario.ts";

/** Addresses on two segments: each is two instances, on nodes that are on both. */
export const SEGMENTS: readonly Scenario[] = [
  {
    name: "owner dies, two segments",
    world: { segments: 2 },
    play: (world) => world.machine(OWNER).crash(),
    lengthMs: 5000,
    most: { unansweredMs: 452, clientMs: 480, overlapMs: 25, moves: 2 },
  },
  {
    name: "one of two segments is lost to the owner",
    world: { segments: 2, addresses: 1 },
    play: (world) => world.machine(OWNER).setCarrier(false, 2),
    lengthMs: 8000,
    // The controller follows with the other segment, whose address moves without a gap.
    most: { unansweredMs: 452, clientMs: 480, overlapMs: 70, moves: 2 },
    ends: "Open",
  },
  {
    name: "partition and heal of one of two segments",
    world: { segments: 2, addresses: 1 },
    play: (world) => {
      world.network(2).partition(new Map([[OWNER, 1]]));
      world.later(5000, () => world.network(2).heal());
    },
    lengthMs: 12_000,
    most: { unansweredMs: 452, clientMs: 480, overlapMs: 150, moves: 2 },
  },
  {
    name: "rolling upgrade of all speakers, two segments",
    world: { nodes: 4, segments: 2 },
    play: (world) => {
      for (const [i, machine] of world.machines.entries())
        world.later(3000 * i, () => machine.upgrade(world.dice.between(500, 1500)));
    },
    lengthMs: 16_000,
    most: { unansweredMs: 0, clientMs: 0, overlapMs: 0, moves: 0 },
  },
  {
    name: "what is said on one segment is said again on the other",
    world: { segments: 2 },
    play: (world) => {
      world.recording = true;
      world.later(2000, () => {
        world.recording = false;
        for (const { to, path, datagram } of world.recorded)
          world.later(world.dice.between(0, 1000), () =>
            to.machine.on(3 - to.lan.number)?.receive(datagram, path),
          );
      });
      world.later(4000, () => world.machine(FIRST).crash());
    },
    lengthMs: 9000,
    most: { unansweredMs: 452, clientMs: 480, overlapMs: 25, moves: 2 },
    reports: { DuplicateNode: false },
  },
];
