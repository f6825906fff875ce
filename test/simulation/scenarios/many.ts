import { FAIR } from "../network.ts";
import { FIRST, OWNER, type Scenario } from "../scenario.ts";

/** So many addresses that their set comes in pages, and their claims in many messages. */
export const MANY: readonly Scenario[] = [
  {
    name: "the owner of 100 addresses dies",
    world: { addresses: 500 },
    play: (world) => world.machine(OWNER).crash(),
    lengthMs: 5000,
    most: { unansweredMs: 452, clientMs: 520, overlapMs: 25, moves: 2 },
    share: 0.3,
  },
  {
    name: "a stand-in learns 300 addresses by pages, then their owner dies",
    world: { addresses: 900, nodes: 3 },
    play: (world) => {
      const standIn = world.machine(FIRST);
      standIn.killSpeaker();
      world.later(500, () => standIn.startSpeaker(false));
      world.later(4000, () => world.machine(OWNER).crash());
    },
    lengthMs: 9000,
    most: { unansweredMs: 2 * 452, clientMs: 560, overlapMs: 25, moves: 2 },
    share: 0.2,
  },
  {
    name: "pages are lost on the way",
    world: { addresses: 300, nodes: 3 },
    play: (world) => {
      world.segment.weather = { ...FAIR, loss: 0.2, late: 0.05 };
      const standIn = world.machine(FIRST);
      standIn.killSpeaker();
      world.later(500, () => standIn.startSpeaker(false));
      world.later(6000, () => world.segment.heal());
      world.later(9000, () => world.machine(OWNER).crash());
    },
    lengthMs: 14_000,
    most: { unansweredMs: 3000, overlapMs: 1200, moves: 4 },
    share: 0.2,
  },
];
