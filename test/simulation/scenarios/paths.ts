import type { Port } from "../network.ts";
import { FAIR } from "../network.ts";
import { FIRST, OWNER, type Scenario, SECOND, THIRD } from "../scenario.ts";
import type { World } from "../world.ts";

const PARTED_MS = 5000;

/** The owner on one side, all other nodes on the other, for 5 s. */
function part(world: World, withOwner: readonly Port[]): void {
  const sides = new Map<Port, number>(world.machines.map(({ number }) => [number, number === OWNER ? 1 : 0]));
  for (const port of withOwner) sides.set(port, 1);
  world.segment.partition(sides);
  world.later(PARTED_MS, () => {
    world.story(undefined, "the segment heals");
    world.segment.heal();
  });
}

function lossOf(nodes: readonly number[], loss: number): (world: World) => void {
  return (world) => {
    for (const node of nodes) world.segment.setLoss(node, loss);
    world.later(120_000, () => world.segment.heal());
  };
}

/** 3 s without an acknowledgment, a second until that is looked at, and what the others take. */
const PASSED_ON_MS = 4400;

/** The owner must have passed everything on by then. */
function mustPassOn(world: World): void {
  world.later(PASSED_ON_MS, () => {
    for (const text of announcedBy(world, OWNER)) world.isBroken(`n${OWNER} still announces ${text}`);
  });
}

function mustHold(world: World, node: number): void {
  if (announcedBy(world, node).length === 0) world.isBroken(`n${node} announces nothing any more`);
}

/** The addresses that a node answers for with its own MAC. */
function announcedBy(world: World, node: number): readonly string[] {
  const stations = world.lans.flatMap(({ stations }) => stations);
  return stations
    .filter(({ machine }) => machine.number === node)
    .flatMap((station) =>
      world.api.objects.filter(({ address }) => station.answerFor(address) === station.mac),
    )
    .map(({ address }) => address.text);
}

function ownersNodePathDies(world: World): void {
  world.nodeNetwork.setDead(OWNER, true);
  mustPassOn(world);
}

const PASSED_ON = {
  lengthMs: 8000,
  most: { unansweredMs: 0, clientMs: 0, overlapMs: 5, moves: 1 },
  reports: { NodePathLost: true },
};
const NOTHING = { unansweredMs: 0, clientMs: 0, overlapMs: 0, moves: 0 };

/** Paths break while nodes live. */
export const PATHS: readonly Scenario[] = [
  {
    name: "one-way cut from the owner to its first stand-in",
    play: (world) => world.segment.cut(OWNER, FIRST),
    lengthMs: 8000,
    most: NOTHING,
    reports: { HeartbeatPath: true },
  },
  {
    name: "pair cut",
    play: (world) => {
      world.segment.cut(OWNER, FIRST);
      world.segment.cut(FIRST, OWNER);
    },
    lengthMs: 8000,
    most: NOTHING,
    reports: { HeartbeatPath: true },
  },
  {
    name: "pair cut, then the owner dies",
    play: (world) => {
      world.segment.cut(OWNER, FIRST);
      world.segment.cut(FIRST, OWNER);
      world.later(3000 + world.dice.between(0, 500), () => world.machine(OWNER).crash());
    },
    lengthMs: 8000,
    most: { unansweredMs: 752, clientMs: 780, overlapMs: 25, moves: 2 },
    reports: { HeartbeatPath: true },
  },
  {
    name: "one-way cut from the owner to its first stand-in, then the owner dies",
    play: (world) => {
      world.segment.cut(OWNER, FIRST);
      world.later(3000 + world.dice.between(0, 500), () => world.machine(OWNER).crash());
    },
    lengthMs: 8000,
    most: { unansweredMs: 752, clientMs: 780, overlapMs: 25, moves: 2 },
    reports: { HeartbeatPath: true },
  },
  {
    name: "all UDP filtered",
    play: (world) => {
      world.udpBlocked = true;
    },
    lengthMs: 8000,
    most: NOTHING,
    reports: { HeartbeatPath: true },
  },
  {
    name: "UDP filtered, then the owner dies",
    play: (world) => {
      world.udpBlocked = true;
      world.later(3000 + world.dice.between(0, 500), () => world.machine(OWNER).crash());
      world.later(12_000, () => {
        world.udpBlocked = false;
      });
    },
    lengthMs: 20_000,
    most: { unansweredMs: 800, clientMs: 2000, overlapMs: 2500, moves: 4 },
    reports: { HeartbeatPath: true },
    share: 2,
  },
  {
    name: "partition and heal, gateway with the owner",
    world: { addresses: 1 },
    play: (world) => part(world, ["gateway", "client"]),
    lengthMs: 10_000,
    most: { unansweredMs: 0, clientMs: 0, overlapMs: 150, moves: 2 },
    share: 2,
  },
  {
    // A stand-in that covered sees the gateway first: that a slow speaker does not answer is no reason to take over from a node that lives.
    name: "partition and heal, gateway with the owner, whose speaker is slow just then",
    world: { addresses: 1 },
    play: (world) => {
      part(world, ["gateway", "client"]);
      world.later(PARTED_MS - 100, () => world.machine(OWNER).stall(1400, { whole: false, hidden: false }));
      world.later(PARTED_MS + 2500, () => mustHold(world, OWNER));
    },
    lengthMs: 12_000,
    most: { overlapMs: 1500, moves: 2 },
  },
  {
    name: "partition and heal, gateway with the stand-ins",
    play: (world) => part(world, []),
    lengthMs: 10_000,
    most: { unansweredMs: 452, clientMs: 480, overlapMs: 150, moves: 1 },
    share: 2,
  },
  {
    name: "partition and heal, no gateway",
    world: { hasGateway: false },
    play: (world) => part(world, []),
    lengthMs: 10_000,
    most: { unansweredMs: 452, clientMs: 480, overlapMs: 150, moves: 1 },
  },
  {
    name: "partition and heal, API down",
    play: (world) => {
      world.api.setUp(false);
      part(world, []);
    },
    lengthMs: 10_000,
    most: { unansweredMs: 452, clientMs: 480, overlapMs: 150, moves: 1 },
    ends: "Wire",
  },
  {
    name: "partition, the owner dies in it, and neither half knows the other's holder",
    world: { addresses: 1 },
    play: (world) => {
      world.segment.partition(
        new Map<Port, number>([
          [OWNER, 1],
          [FIRST, 1],
        ]),
      );
      world.later(1000, () => world.machine(OWNER).crash());
      world.later(6000, () => world.segment.heal());
    },
    lengthMs: 14_000,
    most: { unansweredMs: 502, clientMs: 530, overlapMs: 1200, moves: 3 },
  },
  {
    // Needs that TELL carries the teller's sight, and that 2 is more than 1.
    name: "partition, a stand-in hears the owner on the side without the gateway and says so over the node path",
    world: { addresses: 1, networks: 2 },
    play: (world) => {
      world.nodeNetwork.setDead(OWNER, true);
      world.segment.partition(
        new Map<Port, number>([
          [OWNER, 1],
          [THIRD, 1],
        ]),
      );
      world.later(5000, () => world.segment.heal());
    },
    lengthMs: 12_000,
    most: { unansweredMs: 752, clientMs: 780, overlapMs: 150, moves: 2 },
  },
  {
    // Needs that 1 is more than 0.
    name: "owner's uplink dead, node path alive, no gateway",
    world: { networks: 2, hasGateway: false },
    play: (world) => world.segment.setDead(OWNER, true),
    lengthMs: 8000,
    most: { unansweredMs: 752, clientMs: 780, overlapMs: 0, moves: 1 },
  },
  {
    name: "owner's node path dead, segment alive",
    world: { networks: 2 },
    play: ownersNodePathDies,
    ...PASSED_ON,
  },
  {
    name: "owner hears on the node path and is not heard there",
    world: { networks: 2 },
    play: (world) => {
      for (const { number } of world.machines) if (number !== OWNER) world.nodeNetwork.cut(OWNER, number);
      mustPassOn(world);
    },
    ...PASSED_ON,
  },
  {
    // Who holds nothing exchanges nothing with the others, and asks them.
    name: "the only holder's node path dead, segment alive",
    world: { networks: 2, addresses: 1 },
    play: ownersNodePathDies,
    ...PASSED_ON,
  },
  {
    name: "everybody's node path dead, segment alive",
    world: { networks: 2 },
    play: (world) => {
      for (const { number } of world.machines) world.nodeNetwork.setDead(number, true);
    },
    lengthMs: 8000,
    most: NOTHING,
    reports: { NodePathLost: true },
  },
  {
    // A stand-in hears others again a moment before the owner does.
    name: "everybody's node path dead for 8 s, segment alive",
    world: { networks: 2 },
    play: (world) => {
      for (const { number } of world.machines) {
        world.nodeNetwork.setDead(number, true);
        world.later(number === OWNER ? 8150 : 8000, () => world.nodeNetwork.setDead(number, false));
      }
    },
    lengthMs: 14_000,
    most: NOTHING,
    reports: { NodePathLost: true },
  },
  {
    // To this process it never led to anybody.
    name: "owner's speaker restarts with its node path dead, segment alive",
    world: { networks: 2 },
    play: (world) => {
      world.nodeNetwork.setDead(OWNER, true);
      world.machine(OWNER).killSpeaker();
      world.later(500, () => world.machine(OWNER).startSpeaker(true));
    },
    lengthMs: 10_000,
    most: { unansweredMs: 500, clientMs: 0, overlapMs: 0, moves: 0 },
    reports: { NodePathLost: false },
  },
  {
    // Nobody knows whose it is.
    name: "of two nodes the owner's node path dead, segment alive",
    world: { networks: 2, nodes: 2 },
    play: (world) => world.nodeNetwork.setDead(OWNER, true),
    lengthMs: 8000,
    most: NOTHING,
    reports: { NodePathLost: true },
  },
  {
    // It may be heard on the segment first when it is back.
    name: "of two nodes the stand-in's speaker is away for 4 s, five times, with a node path",
    world: { networks: 2, nodes: 2, addresses: 1 },
    play: (world) => {
      for (let i = 0; i < 5; i++) {
        world.later(i * 6000, () => world.machine(FIRST).killSpeaker());
        world.later(i * 6000 + 4000, () => world.machine(FIRST).startSpeaker(false));
      }
    },
    lengthMs: 32_000,
    most: NOTHING,
    reports: { NodePathLost: false },
  },
  {
    name: "owner's node path dead for 2 s, segment alive",
    world: { networks: 2 },
    play: (world) => {
      world.nodeNetwork.setDead(OWNER, true);
      world.later(2000, () => world.nodeNetwork.setDead(OWNER, false));
    },
    lengthMs: 8000,
    most: NOTHING,
    reports: { NodePathLost: false },
  },
  {
    name: "the gateway is gone for 20 s",
    play: (world) => {
      world.segment.setDead("gateway", true);
      world.later(20_000, () => world.segment.setDead("gateway", false));
    },
    lengthMs: 25_000,
    most: NOTHING,
    reports: { AnchorLost: true },
  },
  {
    name: "the gateway is gone, then the owner dies, then it is back",
    play: (world) => {
      world.segment.setDead("gateway", true);
      world.later(2000, () => world.machine(OWNER).crash());
      world.later(10_000, () => world.segment.setDead("gateway", false));
    },
    lengthMs: 16_000,
    most: { unansweredMs: 452, clientMs: 480, overlapMs: 25, moves: 2 },
  },
  {
    name: "stand-in isolated",
    play: (world) => {
      world.segment.partition(new Map([[FIRST, 1]]));
      world.later(5000, () => {
        world.segment.heal();
      });
    },
    world: { addresses: 1 },
    lengthMs: 10_000,
    most: { unansweredMs: 0, clientMs: 0, overlapMs: 150, moves: 2 },
  },
  {
    name: "carrier lost, with a node path",
    world: { networks: 2 },
    play: (world) => world.machine(OWNER).setCarrier(false),
    lengthMs: 8000,
    most: { unansweredMs: 80, clientMs: 100, overlapMs: 0, moves: 1 },
  },
  {
    name: "carrier lost, one network",
    play: (world) => world.machine(OWNER).setCarrier(false),
    lengthMs: 8000,
    // The controller reads of it at the same time, and chooses the one that takes over.
    most: { unansweredMs: 452, clientMs: 480, overlapMs: 70, moves: 1 },
    ends: "Open",
  },
  {
    name: "carrier lost for 5 s, one network",
    play: (world) => {
      world.machine(OWNER).setCarrier(false);
      world.later(5000, () => world.machine(OWNER).setCarrier(true));
    },
    lengthMs: 10_000,
    most: { unansweredMs: 452, clientMs: 480, overlapMs: 70, moves: 1 },
  },
  {
    name: "owner's uplink dead, one network",
    play: (world) => {
      world.segment.setDead(OWNER, true);
      world.later(5000, () => world.segment.setDead(OWNER, false));
    },
    lengthMs: 10_000,
    most: { unansweredMs: 452, clientMs: 480, overlapMs: 150, moves: 1 },
  },
  {
    name: "owner's uplink dead, node path alive",
    world: { networks: 2 },
    play: (world) => {
      world.segment.setDead(OWNER, true);
    },
    lengthMs: 8000,
    most: { unansweredMs: 452, clientMs: 480, overlapMs: 0, moves: 1 },
    share: 2,
  },
  {
    name: "stand-in's uplink dead, node path alive",
    world: { networks: 2, addresses: 1 },
    play: (world) => world.segment.setDead(FIRST, true),
    lengthMs: 8000,
    most: NOTHING,
  },
  {
    name: "node network dead",
    world: { networks: 2 },
    play: (world) => {
      for (const { number } of world.machines) world.nodeNetwork.setDead(number, true);
    },
    lengthMs: 8000,
    most: NOTHING,
  },
  {
    name: "owner loses the gateway only",
    play: (world) => {
      for (const port of ["gateway", "client"] as const) {
        world.segment.cut(OWNER, port);
        world.segment.cut(port, OWNER);
      }
    },
    lengthMs: 14_000,
    most: { unansweredMs: 8400, clientMs: 8500, overlapMs: 2, moves: 1 },
  },
  {
    name: "120 s of 30 % loss at the owner",
    world: { addresses: 1 },
    play: lossOf([OWNER], 0.3),
    lengthMs: 130_000,
    most: { unansweredMs: 0, clientMs: 0, overlapMs: 2, moves: 0 },
    share: 0.3,
  },
  {
    name: "120 s of 50 % loss at a stand-in",
    world: { addresses: 1 },
    play: lossOf([SECOND], 0.5),
    lengthMs: 130_000,
    most: { overlapMs: 100, moves: 2 },
    share: 0.3,
  },
  {
    name: "120 s of 30 % loss everywhere",
    world: { addresses: 1 },
    play: (world) => {
      world.segment.weather = { ...FAIR, loss: 0.3 };
      world.later(120_000, () => world.segment.heal());
    },
    lengthMs: 130_000,
    most: { overlapMs: 200, moves: 3 },
    share: 0.3,
  },
];
