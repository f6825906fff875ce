import { encode } from "@fairlead/takeover/messages/codec.ts";
import { testKeys } from "@fairlead/takeover/testing/keys.ts";
import { FAIR } from "../network.ts";
import { OWNER, type Scenario, THIRD } from "../scenario.ts";
import type { World } from "../world.ts";

/** A CLAIM of an epoch that no controller wrote, for the first address, signed with a key that is not the cluster's. */
function forge(world: World): void {
  const { address } = world.first;
  const claim = { epoch: 1000, step: 0, firm: true, index: 0, node: BigInt(THIRD) };
  const list = [BigInt(THIRD), BigInt(OWNER)];
  for (const { number } of world.machines) {
    const header = {
      path: "Segment",
      sender: BigInt(THIRD),
      incarnation: 1n,
      receiverIncarnation: BigInt(number),
      sequence: 1_000_000,
      interfaceId: 0,
    } as const;
    const body = { type: "Claim", list, page: undefined, items: [{ address, claim }] } as const;
    const datagram = encode(header, body, testKeys(77, [77]));
    world.machine(number).on(1)?.receive(datagram, "Segment");
  }
}

/** Strangers meddle, keys change, and messages come late, twice or forged. */
export const STRANGERS: readonly Scenario[] = [
  {
    name: "a stranger claims the address twice in 3 s",
    play: (world) => {
      for (const at of [0, 3000]) world.later(at, () => world.lan.stranger(world.first.address));
    },
    lengthMs: 30_000,
    most: { unansweredMs: 0, clientMs: 19_500, overlapMs: 0, moves: 0 },
    reports: { Conflict: true },
  },
  {
    name: "a new address is in use on the segment already",
    play: (world) => {
      const address = world.newAddress();
      world.lan.setStrange(address);
      world.later(1000, () => world.api.create(address, ["n1", "n2", "n3"], true));
      world.later(6000, () => {
        const holder = world.holderOf(address);
        if (holder !== undefined) world.isBroken(`${holder.name} announces what a stranger has`);
      });
    },
    lengthMs: 8000,
    most: { moves: 0 },
    reports: { Conflict: true },
    ends: "Open",
  },
  {
    name: "a new address is announced once the segment was asked for it",
    play: (world) => {
      const address = world.newAddress();
      world.later(1000, () => {
        world.api.create(address, ["n1", "n2", "n3"], true);
        world.lan.use(address);
      });
    },
    lengthMs: 8000,
    most: { longestUnansweredMs: 1200, overlapMs: 0, moves: 0 },
    reports: { Conflict: false },
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
    name: "the owner dies while keys are changed",
    play: (world) => {
      world.rollOutKey(6000);
      world.later(world.dice.between(0, 6000), () => world.machine(OWNER).crash());
    },
    lengthMs: 12_000,
    most: { unansweredMs: 452, clientMs: 480, overlapMs: 0, moves: 1 },
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
          world.later(world.dice.between(0, 3000), () => to.receive(datagram, path));
      });
    },
    lengthMs: 16_000,
    most: { unansweredMs: 2 * 452, clientMs: 480, overlapMs: 0, moves: 1 },
    reports: { DuplicateNode: false },
  },
  {
    name: "claims are forged with another key",
    play: (world) => {
      for (let i = 0; i < 20; i++) world.later(150 * i, () => forge(world));
      world.later(4000, () => {
        // The one in whose name they are sent looks at none.
        if ((world.drops.get("UnknownKey") ?? 0) !== 20 * (world.machines.length - 1))
          world.isBroken(`${world.drops.get("UnknownKey") ?? 0} forged messages were counted`);
      });
    },
    lengthMs: 6000,
    most: { unansweredMs: 0, clientMs: 0, overlapMs: 0, moves: 0 },
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
