import { setTimeout as delay } from "node:timers/promises";
import { expect } from "chai";
import type { Lab } from "../lab/lab.ts";
import { Asking, turnsOf } from "./support/asking.ts";
import { eventAbout } from "./support/events.ts";
import { lanWithPinnedWeb } from "./support/lan.ts";
import {
  adopted,
  announcedOnlyBy,
  figure,
  lastMove,
  listOf,
  type Placed,
  place,
  unplace,
} from "./support/placed.ts";
import { speakersReady } from "./support/speaker-pod.ts";
import { condition, macOf, paths, reset, urlOf } from "./support/steps.ts";
import { knownMac, speakerMetrics } from "./support/wire.ts";

/** For how long the halves are apart, and for how long they are watched afterwards. */
const APART_MS = 4000;
const WATCHED_MS = 4000;
/** Until then after the heal both halves may be heard (docs/takeover.md), give or take a busy machine. */
const SETTLED_MS = 1500;

/** Who asks in which half: each is asked through a client on its side. */
const WITH_OWNER = "client-2";
const WITH_STAND_INS = "client-1";

describe("a segment that is split", function () {
  this.timeout(240_000);
  let lab: Lab;
  let placed: Placed;
  const asking: Asking[] = [];
  const doubtsBefore = new Map<string, number>();
  const doubts = (node: string): Promise<number> => figure(lab, node, "fairlead_speaker_doubts_total");

  before(async () => {
    lab = await lanWithPinnedWeb();
  });
  after(() => reset(lab));
  beforeEach(async () => {
    placed = await place(lab, "split");
    for (const node of lab.nodeNames) doubtsBefore.set(node, await doubts(node));
  });
  afterEach(async () => {
    await Promise.all(asking.splice(0).map((one) => one.stop()));
    await lab.heal();
    await lab.nodesReady();
    await speakersReady(lab);
    await unplace(lab, "split");
  });

  it("is served in both halves, and once healed by the stand-in alone if the gateway is in its half", async () => {
    const [owner, standIn] = placed.nodes;
    const [mine, theirs] = [macOf(lab, owner), macOf(lab, standIn)];
    const sinceMs = Date.now();
    await splitAndHealed([owner, WITH_OWNER], {
      [WITH_OWNER]: [mine, theirs],
      [WITH_STAND_INS]: [mine, theirs],
    });
    for (const vip of placed.vips) {
      await adopted(lab, vip, standIn);
      await announcedOnlyBy(lab, vip, standIn);
    }
    await splitTold(owner, standIn, sinceMs);
  });

  it("is served in both halves, and once healed by the owner alone if the gateway is in its half", async () => {
    const [owner, standIn, last] = placed.nodes;
    const [mine, theirs] = [macOf(lab, owner), macOf(lab, standIn)];
    const gateway = ["router", "control-plane"];
    const sinceMs = Date.now();
    await splitAndHealed([owner, WITH_OWNER, ...gateway], {
      [WITH_OWNER]: [mine],
      [WITH_STAND_INS]: [mine, theirs, mine],
    });
    for (const vip of placed.vips) {
      await announcedOnlyBy(lab, vip, owner);
      expect(await listOf(lab, vip)).to.have.members([owner, standIn, last]);
      await adopted(lab, vip, owner);
    }
    await splitTold(standIn, owner, sinceMs);
  });

  it("for the heartbeats of one node alone has every address stay; who misses them says on its Speaker which port to open, and counts them", async () => {
    const [owner, standIn] = placed.nodes;
    await lab.drop({ from: owner, to: standIn, match: "udp dport 7950" });
    const trouble = { type: "HeartbeatPath", status: "True", reason: "NoHeartbeats" };
    const { message } = await condition(lab, paths.speaker(standIn), trouble);
    expect(message).to.contain(`node ${owner}`).and.to.contain(`UDP port 7950 from there to ${standIn}`);
    for (const vip of placed.vips) {
      await announcedOnlyBy(lab, vip, owner);
      expect(await lastMove(lab, vip)).to.equal(undefined);
    }
    await lab.heal();
    const missed = `fairlead_speaker_heartbeats_missed_total{interface="eth0",peer="${owner}",path="Segment"} `;
    await lab.waitFor(`${standIn} counts what it missed of ${owner}`, async (see) => {
      const line = (await speakerMetrics(lab, standIn)).split("\n").find((one) => one.startsWith(missed));
      see(line);
      return Number(line?.slice(missed.length)) >= 10;
    });
  });

  /** Expects that the one that gave way has told on its Speaker with whom it announced the addresses, and for how long at most. */
  async function splitTold(loser: string, winner: string, sinceMs: number): Promise<void> {
    const note = await eventAbout(lab, "Speaker", loser, "SplitBrain", sinceMs);
    console.log(`      ${note}`);
    expect(note).to.contain(`Nodes ${loser} and ${winner} both announced 2 addresses`);
    const seconds = Number(/for at most ([\d.]+) s/.exec(note)?.[1]);
    // Those who asked saw both for as long, and the clock began no earlier than the last word of the other.
    expect(seconds * 1000).to.be.below(APART_MS + SETTLED_MS + 5000);
    // One that stood still meanwhile counts from when it spoke again.
    if ((await doubts(loser)) === doubtsBefore.get(loser)) expect(seconds * 1000).to.be.at.least(APART_MS);
  }

  /**
   * Parts some members from all others for a while and expects that each client was told these MACs, in this order, and that in the end
   * both have the same one in their neighbor tables.
   *
   * @param turns by client
   */
  async function splitAndHealed(
    half: readonly string[],
    turns: Readonly<Record<string, readonly string[]>>,
  ): Promise<void> {
    const rest = lab.members.map(({ name }) => name).filter((name) => !half.includes(name));
    const askings: { readonly client: string; readonly asking: Asking }[] = [];
    for (const vip of placed.vips)
      for (const client of Object.keys(turns)) {
        await lab.fetch(client, urlOf(vip));
        const begun = await Asking.begin(lab, client, vip);
        asking.push(begun);
        askings.push({ client, asking: begun });
      }
    await lab.partition(half, rest);
    const [, taken = ""] = turns[WITH_STAND_INS] ?? [];
    for (const { client, asking } of askings)
      if (client === WITH_STAND_INS) await asking.until(lab, taken, ({ mac }) => mac === taken);
    await delay(APART_MS);
    // It is whole before the command that makes it so has ended.
    const healedMs = Date.now();
    await lab.heal();
    await delay(WATCHED_MS);
    for (const { client, asking } of askings) {
      const answers = await asking.stop();
      const wanted = turns[client] ?? [];
      const winner = wanted.at(-1) ?? "";
      const lastMs = (answers.findLast(({ mac }) => mac !== winner)?.atMs ?? 0) - healedMs;
      if (lastMs > 0)
        console.log(
          `      ${asking.address} on ${client}: two answered for ${lastMs.toFixed(0)} ms after the heal`,
        );
      expect(lastMs, `${asking.address} on ${client}`).to.be.below(SETTLED_MS);
      const settled = answers.filter(({ atMs }) => atMs < healedMs || atMs > healedMs + SETTLED_MS);
      expect(turnsOf(settled), `${asking.address} on ${client}`).to.deep.equal(wanted);
      expect(await knownMac(lab, client, asking.address), `${client}'s neighbor`).to.equal(winner);
    }
  }
});
