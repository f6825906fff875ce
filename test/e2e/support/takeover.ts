import { expect } from "chai";
import type { Capture } from "../../lab/capture.ts";
import type { Lab } from "../../lab/lab.ts";
import {
  ADVERTISEMENT,
  ALL_NODES,
  ALL_NODES_MAC,
  BROADCAST,
  linkLayerOption,
  NO_MAC,
  REPLY,
  REQUEST,
} from "./frames.ts";
import { type Claim, claimsOf } from "./wire.ts";

interface Telling {
  readonly atMs: number;
  readonly form: Claim["form"];
}

type Plan = readonly Telling[];

/** When an address that was taken over is told to everybody, counted from the first frame. */
const ROUNDS_MS = [0, 100, 500, 1100, 2200, 3300];
const TOLD4: Plan = ROUNDS_MS.flatMap((atMs, i): Plan => {
  const both: Plan = [
    { atMs, form: "request" },
    { atMs, form: "reply" },
  ];
  return i > 1 ? both : both.slice(i, i + 1);
});
const TOLD6: Plan = ROUNDS_MS.map((atMs) => ({ atMs, form: "advertisement" }));

/** Once the node that had it lets go it is told from the beginning, but not sooner than this after the first frame. */
const AGAIN_MS = 900;

/** A busy machine sends so much too late; if it does so with the first frame, the others come too early. */
const EARLY_MS = 150;
const LATE_MS = 1000;

/**
 * Waits until the last round about the address was seen, however late they are.
 *
 * @param sinceMs what the capture saw before is none of them
 */
export async function whenTold(
  lab: Lab,
  capture: Capture,
  vip: string,
  mac: string,
  sinceMs = 0,
): Promise<void> {
  await lab.waitFor(`all rounds of frames from ${mac} that tell everybody of ${vip}`, (see) => {
    const claims = claimsOf(capture.frames, vip).filter(({ timeMs }) => timeMs >= sinceMs);
    const told = tellingsOf(claims, mac);
    see(told.map(({ atMs, form }) => `${form} at ${atMs} ms`));
    return closest(told, vip, Number.POSITIVE_INFINITY).missing.length === 0;
  });
}

/** Expects that `mac` told everybody of the address in rounds, with nothing from anybody else since the first of them. */
export function expectRounds(claims: readonly Claim[], vip: string, mac: string): void {
  const own = claims.filter(({ source, form }) => source === mac && form !== "answer");
  for (const claim of own) expect(claim.frame).to.deep.equal(frameOf(claim.form, vip, mac));
  const { missing, extra } = closest(tellingsOf(claims, mac), vip);
  expect(missing).to.deep.equal([]);
  // The slow refresh of what a node holds may fall into the rounds.
  expect(extra.length).to.be.at.most(1);
  for (const { form } of extra) expect(form).not.to.equal("reply");
  const firstMs = own[0]?.timeMs ?? 0;
  const others = claims.filter(({ source, timeMs }) => source !== mac && timeMs >= firstMs);
  expect(others).to.deep.equal([]);
}

/** Both ways in which an address may be told: from a node that let go, or from one that is dead or told it never. */
function plansOf(vip: string): readonly Plan[] {
  const once = vip.includes(":") ? TOLD6 : TOLD4;
  const again = once.map(({ atMs, form }) => ({ atMs: atMs + AGAIN_MS, form }));
  return [once, [...once.filter(({ atMs }) => atMs < AGAIN_MS), ...again]];
}

/** The comparison with the plan that is met best: with the least that is missing or too much. */
function closest(told: Plan, vip: string, lateMs = LATE_MS): Match {
  const [first, second] = plansOf(vip).map((plan) => match(told, plan, lateMs));
  if (first === undefined) throw new Error("there is no plan");
  return second === undefined || faultsOf(first) <= faultsOf(second) ? first : second;
}

function faultsOf({ missing, extra }: Match): number {
  return missing.length + extra.length;
}

interface Match {
  /** What was planned and not told. */
  readonly missing: Plan;
  /** What was told and not planned. */
  readonly extra: Plan;
}

function tellingsOf(claims: readonly Claim[], mac: string): Plan {
  const own = claims.filter(({ source, form }) => source === mac && form !== "answer");
  const firstMs = own[0]?.timeMs ?? 0;
  return own.map(({ timeMs, form }) => ({ atMs: timeMs - firstMs, form }));
}

function match(told: Plan, plan: Plan, lateMs: number): Match {
  const extra = [...told];
  const missing = plan.filter(({ atMs, form }) => {
    const found = extra.findIndex(
      (one) => one.form === form && one.atMs >= atMs - EARLY_MS && one.atMs <= atMs + lateMs,
    );
    if (found >= 0) extra.splice(found, 1);
    return found < 0;
  });
  return { missing, extra };
}

function frameOf(form: Claim["form"], vip: string, mac: string): object {
  if (form === "advertisement")
    return {
      ...{ destination: ALL_NODES_MAC, source: mac, from: vip, to: ALL_NODES, hopLimit: 255 },
      ...{ type: ADVERTISEMENT, code: 0, flags: "O", target: vip, options: linkLayerOption(2, mac) },
      checksumRight: true,
    };
  return {
    ...{ destination: BROADCAST, source: mac, operation: form === "request" ? REQUEST : REPLY },
    ...{ senderMac: mac, senderAddress: vip, targetAddress: vip },
    targetMac: form === "request" ? NO_MAC : mac,
  };
}
