import { setTimeout as delay } from "node:timers/promises";
import { expect } from "chai";
import { installationReady } from "../install/pods.ts";
import type { Lab } from "../lab/lab.ts";
import { ANSWERED_WITHIN_MS, silentBetween, turnsOf } from "./support/asking.ts";
import { lanWithPinnedWeb } from "./support/lan.ts";
import { NODE_FAULTS } from "./support/node-faults.ts";
import { service, web } from "./support/objects.ts";
import { Onlookers, printMove, type Seen } from "./support/onlookers.ts";
import { servedAgain } from "./support/outage.ts";
import { adopted, announcedOnlyBy, lastMove, type Placed, place, unplace } from "./support/placed.ts";
import { speakersReady } from "./support/speaker-pod.ts";
import { apply, macOf, reset } from "./support/steps.ts";

/** For how long the addresses are watched once a node is back. */
const WATCHED_MS = 3000;
/** Until then after its return a node may answer once more (docs/takeover.md), give or take a busy machine. */
const SETTLED_MS = 1500;

/** When a node came back, in ms since 1970. */
interface Back {
  /** From here on it may be heard. */
  readonly beginsMs: number;
  readonly backMs: number;
}

async function timed(undo: () => Promise<unknown> | unknown): Promise<Back> {
  const beginsMs = Date.now();
  await undo();
  return { beginsMs, backMs: Date.now() };
}

describe("an address whose node", function () {
  this.timeout(300_000);
  let lab: Lab;
  let placed: Placed;
  let onlookers: Onlookers | undefined;

  before(async () => {
    lab = await lanWithPinnedWeb();
  });
  after(async () => {
    await apply(lab, web(), service("afterwards"));
    await servedAgain(lab, "afterwards");
    await reset(lab);
  });
  beforeEach(async () => {
    placed = await place(lab, "kept");
    onlookers = await Onlookers.begin(lab, placed.vips);
  });
  afterEach(async () => {
    await onlookers?.stop();
    onlookers = undefined;
    await allBack();
    await unplace(lab, "kept");
  });

  for (const { what, strike, undo } of NODE_FAULTS)
    it(`${what} is answered by the first stand-in, and stays there when the node is back`, async () => {
      const [owner, standIn] = placed.nodes;
      let back: Back;
      try {
        await strike(lab, owner);
        await onlookers?.movedTo(macOf(lab, standIn));
        for (const vip of placed.vips) await adopted(lab, vip, standIn);
      } finally {
        back = await timed(() => undo(lab, owner));
      }
      await staysAt(standIn, back);
    });

  for (const { what, strike, undo, returnsAlone } of NODE_FAULTS)
    it(`${what} while the API server is away is answered by the first stand-in, and stays there when all is back`, async () => {
      const [owner, standIn] = placed.nodes;
      let back: Back;
      await lab.stopApiServer();
      try {
        await strike(lab, owner);
        await onlookers?.movedTo(macOf(lab, standIn));
      } finally {
        if (!returnsAlone) await lab.startApiServer();
        back = await timed(() => undo(lab, owner));
        if (returnsAlone) {
          await delay(WATCHED_MS);
          await lab.startApiServer();
        }
      }
      await staysAt(standIn, back);
    });

  it("dies is answered as long as one of its stand-ins is left, while the API server is away", async () => {
    const [owner, second, last] = placed.nodes;
    const macs = [owner, second, last].map((node) => macOf(lab, node));
    const dead: string[] = [];
    await lab.stopApiServer();
    let backMs = 0;
    try {
      for (const [node, next] of [
        [owner, second],
        [second, last],
      ] as const) {
        await lab.kill(node);
        dead.push(node);
        await onlookers?.movedTo(macOf(lab, next));
        // It has to be known for the new holder before the next blow.
        await delay(WATCHED_MS);
      }
    } finally {
      backMs = Date.now();
      await lab.startApiServer();
      for (const node of dead) await lab.start(node);
    }
    await allBack();
    for (const vip of placed.vips) await adopted(lab, vip, last);
    for (const seen of (await onlookers?.stop()) ?? []) {
      movedInTime(seen, owner, second);
      movedInTime(seen, second, last);
      expect(turnsOf(seen.answers.filter(({ atMs }) => atMs < backMs)), seen.vip).to.deep.equal(macs);
      const strays = seen.answers.filter(({ mac, atMs }) => atMs >= backMs && mac !== macOf(lab, last));
      const strayMs = (strays.at(-1)?.atMs ?? 0) - (strays[0]?.atMs ?? 0);
      if (strays.length > 0)
        console.log(`      ${seen.vip}: one that was back answered for ${strayMs.toFixed(0)} ms`);
      expect(strayMs, seen.vip).to.be.below(SETTLED_MS);
      expect(seen.answers.at(-1)?.mac, seen.vip).to.equal(macOf(lab, last));
    }
  });

  /** Expects that one node alone has the addresses, on the wire and on record, since another is back. */
  async function staysAt(standIn: string, { beginsMs, backMs }: Back): Promise<void> {
    const [owner] = placed.nodes;
    await allBack();
    await delay(WATCHED_MS);
    for (const seen of (await onlookers?.stop()) ?? []) {
      movedInTime(seen, owner, standIn);
      const before = seen.answers.filter(({ atMs }) => atMs < beginsMs);
      expect(turnsOf(before), seen.vip).to.deep.equal([macOf(lab, owner), macOf(lab, standIn)]);
      const strays = seen.answers.filter(({ mac, atMs }) => atMs >= beginsMs && mac !== macOf(lab, standIn));
      const late = strays.at(-1);
      expect((late?.atMs ?? 0) - (strays[0]?.atMs ?? 0), seen.vip).to.be.below(SETTLED_MS);
      const lateMs = (late?.atMs ?? 0) - backMs;
      if (lateMs > 0) console.log(`      ${seen.vip}: the old node answered for ${lateMs.toFixed(0)} ms`);
      expect(lateMs, `${seen.vip} was told by ${late?.by}`).to.be.below(SETTLED_MS);
    }
    for (const vip of placed.vips) {
      await adopted(lab, vip, standIn);
      await announcedOnlyBy(lab, vip, standIn);
      expect(await lastMove(lab, vip)).to.include({ from: owner, to: standIn, by: "Speakers" });
    }
  }

  /** Expects that the other node answered within the bound. */
  function movedInTime(seen: Seen, from: string, to: string): void {
    printMove(seen, macOf(lab, from), macOf(lab, to));
    const silentMs = silentBetween(seen.answers, macOf(lab, from), macOf(lab, to));
    expect(silentMs, seen.vip).to.be.below(ANSWERED_WITHIN_MS);
  }

  async function allBack(): Promise<void> {
    await lab.nodesReady();
    await speakersReady(lab);
    await installationReady(lab);
  }
});
