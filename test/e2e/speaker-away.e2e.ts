import { expect } from "chai";
import { NAMESPACE } from "../install/fairlead.ts";
import { installationReady, programOf } from "../install/pods.ts";
import { type Attempt, unanswered } from "../lab/attempt.ts";
import type { Lab } from "../lab/lab.ts";
import type { Probing } from "../lab/reach.ts";
import { ANSWERED_WITHIN_MS, overlapOf, silentBetween, withoutOverlap } from "./support/asking.ts";
import { lanWithPinnedWeb } from "./support/lan.ts";
import { service, web } from "./support/objects.ts";
import { faultsOf, Onlookers, printMove, printStay, type Seen } from "./support/onlookers.ts";
import { servedAgain } from "./support/outage.ts";
import { adopted, announcedOnlyBy, type Placed, place, recordOf, unplace } from "./support/placed.ts";
import {
  deleteSpeaker,
  restartSpeakers,
  speakerBack,
  speakerOn,
  speakersReady,
} from "./support/speaker-pod.ts";
import { apply, macOf, reset, urlOf } from "./support/steps.ts";
import { knownMac } from "./support/wire.ts";

/** Longer than a speaker that is away is stood in for before its addresses move. */
const MOVED_WITHIN_MS = 60_000;

/** How a speaker goes; another one comes in its place by itself. */
interface Departure {
  readonly what: string;
  readonly end: (program: number, node: string) => unknown;
  /** Without the API server no pod comes in the place of another; a program is started again. */
  readonly apiAway?: boolean;
}

describe("an address whose speaker", function () {
  this.timeout(600_000);
  let lab: Lab;
  let placed: Placed;
  let onlookers: Onlookers;
  let lines: readonly Probing[] = [];

  before(async () => {
    lab = await lanWithPinnedWeb();
  });
  after(async () => {
    await apply(lab, web(), service("afterwards"));
    await servedAgain(lab, "afterwards");
    await reset(lab);
  });
  beforeEach(async () => {
    placed = await place(lab, "steady");
    onlookers = await Onlookers.begin(lab, placed.vips);
    lines = await Promise.all(placed.vips.map(established));
  });
  afterEach(async () => {
    await Promise.all([onlookers.stop(), ...lines.map((line) => line.stop())]);
    await speakersReady(lab);
    await installationReady(lab);
    await unplace(lab, "steady");
  });

  const departures: readonly Departure[] = [
    { what: "is killed", end: (program) => process.kill(program, "SIGKILL") },
    { what: "has its pod deleted", end: (_, node) => deleteSpeaker(lab, node) },
    {
      what: "is killed while the API server is away",
      end: (program) => process.kill(program, "SIGKILL"),
      apiAway: true,
    },
  ];
  for (const { what, end, apiAway = false } of departures)
    it(`${what} stays where it is: a stand-in gives out the same MAC meanwhile, and no connection fails or breaks`, async () => {
      const [owner, standIn] = placed.nodes;
      const before = await state();
      const pod = await speakerOn(lab, owner);
      const program = await programOf(lab, pod.name);
      if (apiAway) await lab.stopApiServer();
      try {
        await end(program, owner);
        const coveredMs = await onlookers.answeredBy(macOf(lab, standIn));
        await onlookers.answeredBy(macOf(lab, owner), coveredMs);
      } finally {
        if (apiAway) await lab.startApiServer();
      }
      await speakerBack(lab, pod);
      for (const seen of await unharmed(before)) coveredInTime(seen, owner, standIn);
    });

  it("is replaced with all others, one after the other, stays where it is, and no connection fails or breaks", async () => {
    const before = await state();
    await restartSpeakers(lab);
    await unharmed(before);
  });

  it("does not come back moves to the first stand-in, without a connection that fails, and is left alone by the old one", async () => {
    const [owner, standIn] = placed.nodes;
    const { name } = await speakerOn(lab, owner);
    await lab.freezePod(`${NAMESPACE}/${name}`);
    try {
      await onlookers.answeredBy(macOf(lab, standIn));
      await onlookers.movedTo(macOf(lab, standIn), MOVED_WITHIN_MS);
      for (const vip of placed.vips) await adopted(lab, vip, standIn);
    } finally {
      await lab.thawPod(`${NAMESPACE}/${name}`);
    }
    await speakersReady(lab);
    for (const vip of placed.vips) await announcedOnlyBy(lab, vip, standIn);
    for (const seen of await onlookers.stop()) {
      const [from, to] = [macOf(lab, owner), macOf(lab, standIn)];
      printMove(seen, from, to);
      coveredInTime(seen, owner, standIn);
      console.log(`      the other stand-ins answered for ${overlapOf(seen.answers, to).toFixed(0)} ms more`);
      const answers = withoutOverlap(seen.answers, to);
      expect(faultsOf({ ...seen, answers }, [from, to])).to.deep.equal([]);
    }
  });

  /** What may not change while a speaker is away: the records, and what a client knows. */
  async function state(): Promise<object> {
    const all = placed.vips.map(async (vip) => ({
      vip,
      record: await recordOf(lab, vip),
      neighbor: await knownMac(lab, "client-1", vip),
    }));
    return Promise.all(all);
  }

  /** Expects that the stand-in answered in the place of the speaker within the bound, whatever MAC it told. */
  function coveredInTime({ vip, answers }: Seen, owner: string, standIn: string): void {
    const bySpeaker = answers.map((told) => ({ ...told, mac: told.by }));
    const silentMs = silentBetween(bySpeaker, macOf(lab, owner), macOf(lab, standIn));
    expect(silentMs, vip).to.be.below(ANSWERED_WITHIN_MS);
  }

  /** Expects that nothing moved, failed or broke since. */
  async function unharmed(before: object): Promise<readonly Seen[]> {
    const [owner] = placed.nodes;
    await onlookers.reached(Date.now());
    for (const vip of placed.vips) await announcedOnlyBy(lab, vip, owner);
    expect(await state()).to.deep.equal(before);
    const all = await onlookers.stop();
    for (const seen of all) printStay(seen);
    expect(all.flatMap((seen) => faultsOf(seen, [macOf(lab, owner)]))).to.deep.equal([]);
    for (const line of lines) {
      const attempts = await line.stop();
      expect(unanswered(attempts)).to.deep.equal([]);
      expect(attempts.length).to.be.greaterThan(20);
      expect(new Set(attempts.map(portOf)).size, "connections that were needed").to.equal(1);
    }
    return all;
  }

  /** Asks for a page again and again over one connection. */
  function established(vip: string): Promise<Probing> {
    const question = { kind: "http", url: urlOf(vip) } as const;
    return lab.probe("client-1", question, { everyMs: 50, oneConnection: true });
  }
});

function portOf(attempt: Attempt): number | undefined {
  return attempt.ok ? attempt.localPort : undefined;
}
