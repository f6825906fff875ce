import { setTimeout as delay } from "node:timers/promises";
import { expect } from "chai";
import { installationReady } from "../install/pods.ts";
import type { Lab } from "../lab/lab.ts";
import { Asking, silentBetween, turnsOf } from "./support/asking.ts";
import {
  forged,
  isHeartbeat,
  KEY_ID,
  LENGTH,
  MAGIC,
  RECEIVER_INCARNATION,
  SEGMENT,
  SEQUENCE,
  VERSION,
} from "./support/datagrams.ts";
import { ADVERTISEMENT, ALL_NODES, ALL_NODES_MAC, linkLayerOption, macBytes } from "./support/frames.ts";
import { lanWithPinnedWeb } from "./support/lan.ts";
import { Onlookers, printMove, type Seen } from "./support/onlookers.ts";
import { adopted, type Placed, place, recordOf, unplace } from "./support/placed.ts";
import { questionsFrom } from "./support/questions.ts";
import { speakersReady } from "./support/speaker-pod.ts";
import { macOf, reset } from "./support/steps.ts";
import { frameCounts, sendFrames, speakerMetrics } from "./support/wire.ts";

const STRANGER = "client-2";

/** How often a stranger says so, and how many frames a second: some 4 s. */
const CLAIMS = 20;
const CLAIMS_PER_SECOND = 20;
/** How often each kind of garbage is sent, and how many a second. */
const REPEATS = 200;
const PER_SECOND = 1000;
/** Of these a busy machine may lose some, and a few come of themselves. */
const LEAST = 0.8 * REPEATS;
const MOST = REPEATS + 20;
/** A flood in the midst of which the owner dies, sent in rounds of so many seconds, and how long a busy machine may take then. */
const FLOOD_PER_SECOND = 3000;
const FLOOD_S = 10;
const UNANSWERED_MS = 2000;

const NEWER = [0, 0, 0x7f, 0xff, 0xff, 0xff, 0xff, 0xff];
const NOBODYS = [0, 0, 0, 0, 0, 0, 0, 0];

describe("what a stranger on the LAN makes up", function () {
  this.timeout(240_000);
  let lab: Lab;
  let placed: Placed;
  let mac: readonly number[];

  before(async () => {
    lab = await lanWithPinnedWeb();
    mac = macBytes(macOf(lab, STRANGER));
  });
  after(() => reset(lab));
  beforeEach(async () => {
    placed = await place(lab, "forged");
  });
  afterEach(async () => {
    await lab.nodesReady();
    await speakersReady(lab);
    await installationReady(lab);
    await unplace(lab, "forged");
  });

  // First of all: a stand-in that missed heartbeats a moment ago lets others go first.
  it("in the name of other speakers, as much as fits, keeps no stand-in from taking over", async () => {
    const [owner, standIn] = placed.nodes;
    const heartbeat = await heartbeatTo(standIn);
    const wrong = { [heartbeat.length - 43]: [(heartbeat.at(-1) ?? 0) ^ 1] };
    const known = forged(heartbeat, { mac, changes: { [SEQUENCE]: NEWER, ...wrong } });
    const unknown = forged(heartbeat, { mac, changes: { [RECEIVER_INCARNATION]: NOBODYS, ...wrong } });
    const frames = Array.from({ length: FLOOD_PER_SECOND * FLOOD_S }, (_, i) =>
      i % 3 === 0 ? known : unknown,
    );
    const grown = async (before: ReadonlyMap<string, number>): Promise<readonly number[]> => {
      const now = await droppedMessages(lab, standIn);
      return ["WrongTag", "Unchecked"].map((reason) => (now.get(reason) ?? 0) - (before.get(reason) ?? 0));
    };
    const before = await droppedMessages(lab, standIn);
    const onlookers = await Onlookers.begin(lab, placed.vips);
    let wanted = true;
    const flood = (async () => {
      while (wanted) await sendFrames(lab, STRANGER, frames, { perSecond: FLOOD_PER_SECOND });
    })();
    let seen: readonly Seen[] = [];
    try {
      await lab.waitFor(`the speaker on ${standIn} counts a flood`, async (see) => {
        const counts = await grown(before);
        see(counts);
        return counts.every((count) => count > FLOOD_PER_SECOND / 4);
      });
      const amid = await droppedMessages(lab, standIn);
      await lab.kill(owner);
      await onlookers.movedTo(macOf(lab, standIn));
      for (const count of await grown(amid)) expect(count, "a flood meanwhile").to.be.above(LEAST);
    } finally {
      wanted = false;
      seen = await onlookers.stop();
      await flood;
      await lab.start(owner);
    }
    for (const one of seen) {
      printMove(one, macOf(lab, owner), macOf(lab, standIn));
      const silentMs = silentBetween(one.answers, macOf(lab, owner), macOf(lab, standIn));
      expect(silentMs, one.vip).to.be.below(UNANSWERED_MS);
    }
    for (const vip of placed.vips) await adopted(lab, vip, standIn);
  });

  it("about the addresses of nodes is seen by the others, and costs no Service its address", async () => {
    const claimed = placed.nodes.slice(0, 2);
    const [, , last] = placed.nodes;
    const frames = claimed.flatMap(claimsOfNode);
    const before = await frameCounts(lab, last);
    await nothingMoves(async () => {
      const all = Array.from({ length: CLAIMS }, () => frames).flat();
      await sendFrames(lab, STRANGER, all, { perSecond: CLAIMS_PER_SECOND });
    });
    const after = await frameCounts(lab, last);
    // Speakers know each other's kernels by IPv4 and listen for no other address of a node.
    const seen = (after.get("arp Seen") ?? 0) - (before.get("arp Seen") ?? 0);
    expect(seen).to.be.at.least(CLAIMS * claimed.length * 0.8);
    // Their kernels believe it for some seconds; what is not of Fairlead has nothing to do with it.
    for (const { name, role } of lab.members)
      if (role === "node" || role === "control-plane")
        await lab.exec(name, ["ip", "neigh", "flush", "dev", "eth0"]);
  });

  it("about an address of a Service, as if from behind a router, is counted and not even contradicted", async () => {
    const [, vip = ""] = placed.vips;
    const [owner] = placed.nodes;
    const before = await frameCounts(lab, owner);
    await nothingMoves(async () => {
      const frames = Array.from({ length: REPEATS }, () => advertisementOf(vip, 254));
      await sendFrames(lab, STRANGER, frames, { perSecond: PER_SECOND });
    });
    await lab.waitFor(`the speaker on ${owner} has counted them as BadHopLimit`, async (see) => {
      const after = await frameCounts(lab, owner);
      const grown = (name: string): number => (after.get(name) ?? 0) - (before.get(name) ?? 0);
      see([grown("ndp BadHopLimit"), grown("ndp ForeignClaim")]);
      return grown("ndp BadHopLimit") >= LEAST && grown("ndp ForeignClaim") === 0;
    });
  });

  it("in the name of another speaker, or records of it, is counted by its reason and changes nothing", async () => {
    const [, standIn] = placed.nodes;
    const heartbeat = await heartbeatTo(standIn);
    const { length } = heartbeat.subarray(42);
    const newer = { [SEQUENCE]: NEWER };
    const wrong = { [length - 1]: [(heartbeat.at(-1) ?? 0) ^ 1] };
    const garbage: Readonly<Record<string, Uint8Array>> = {
      OutOfOrder: forged(heartbeat, { mac }),
      WrongTag: forged(heartbeat, { mac, changes: { ...newer, ...wrong } }),
      UnknownKey: forged(heartbeat, { mac, changes: { ...newer, [KEY_ID]: [0] } }),
      OtherSegment: forged(heartbeat, { mac, changes: { [SEGMENT]: [1, 2, 3, 4] } }),
      NotOurs: forged(heartbeat, { mac, changes: { [MAGIC]: [0, 0] } }),
      OtherVersion: forged(heartbeat, { mac, changes: { [VERSION]: [9] } }),
      WrongLength: forged(heartbeat, { mac, changes: { [LENGTH]: [0, 64] } }),
      TooShort: forged(heartbeat, { mac, cut: 40 }),
      OffLink: forged(heartbeat, { mac, ttl: 64 }),
    };
    const before = await droppedMessages(lab, standIn);
    await nothingMoves(async () => {
      const frames = Array.from({ length: REPEATS }, () => Object.values(garbage)).flat();
      await sendFrames(lab, STRANGER, frames, { perSecond: PER_SECOND });
    });
    await lab.waitFor(
      `the speaker on ${standIn} has counted each of ${Object.keys(garbage)}`,
      async (see) => {
        const after = await droppedMessages(lab, standIn);
        const grown = Object.keys(garbage).map(
          (reason) => (after.get(reason) ?? 0) - (before.get(reason) ?? 0),
        );
        see(grown);
        return grown.every((count) => count >= LEAST && count <= MOST);
      },
    );
  });

  /** Expects that meanwhile the addresses are told by their owner alone, without a gap on record or on the wire. */
  async function nothingMoves(work: () => Promise<void>): Promise<void> {
    const [owner] = placed.nodes;
    const before = await Promise.all(placed.vips.map((vip) => recordOf(lab, vip)));
    const asking = await Promise.all(placed.vips.map((vip) => Asking.begin(lab, "client-1", vip)));
    try {
      await work();
      // Longer than a stand-in would wait.
      await delay(1000);
    } finally {
      for (const one of asking) await one.stop();
    }
    for (const { address, answers } of asking)
      expect(turnsOf(answers), address).to.deep.equal([macOf(lab, owner)]);
    const after = await Promise.all(placed.vips.map((vip) => recordOf(lab, vip)));
    expect(after).to.deep.equal(before);
  }

  /** In both families: the node's address is at the stranger's MAC. */
  function claimsOfNode(node: string): readonly Uint8Array[] {
    const { ipv4, ipv6 } = questionsFrom(lab, node);
    return [questionsFrom(lab, STRANGER).arp(ipv4, { senderAddress: ipv4 }), advertisementOf(ipv6, 255)];
  }

  function advertisementOf(ip: string, hopLimit: number): Uint8Array {
    return questionsFrom(lab, STRANGER).neighbor(ip, {
      ...{ type: ADVERTISEMENT, destination: ALL_NODES_MAC, from: ip, to: ALL_NODES, flags: "O", hopLimit },
      options: linkLayerOption(2, macOf(lab, STRANGER)),
    });
  }

  /** A heartbeat of the owner, as it arrived. */
  async function heartbeatTo(standIn: string): Promise<Uint8Array> {
    const owner = questionsFrom(lab, placed.nodes[0]).ipv4;
    const capture = await lab.capture(standIn, `udp port 7950 and src host ${owner}`, { direction: "in" });
    try {
      return (await capture.frame("a heartbeat", ({ bytes }) => isHeartbeat(bytes))).bytes;
    } finally {
      await capture.stop();
    }
  }
});

/** What the speaker on a node dropped of what others said, by reason. */
async function droppedMessages(lab: Lab, node: string): Promise<ReadonlyMap<string, number>> {
  const line = /^fairlead_speaker_takeover_messages_dropped_total\{reason="(\w+)"\} (\d+)/gm;
  const found = (await speakerMetrics(lab, node)).matchAll(line);
  return new Map([...found].map(([, reason = "", count]) => [reason, Number(count)]));
}
