import { setTimeout as delay } from "node:timers/promises";
import { longestSilence, silentBetween } from "../e2e/support/asking.ts";
import { Onlookers, type Seen } from "../e2e/support/onlookers.ts";
import { macOf } from "../e2e/support/steps.ts";
import type { Attempt } from "../lab/attempt.ts";
import type { Lab } from "../lab/lab.ts";

/** For how long is watched on when the address has moved. */
const AFTER_MS = 500;

/** How long an address was gone, as two clients saw it that asked at a fixed pace. */
export interface Outage {
  readonly family: "IPv4" | "IPv6";
  /** From one answer to the next one that counts, in ms. */
  readonly silentMs: number;
  /** From the beginning of one connection that was made to the beginning of the next, in ms. */
  readonly unreachedMs: number;
}

/** Who has the addresses, and who is to have them. */
export interface Course {
  readonly vips: readonly string[];
  readonly owner: string;
  readonly standIn: string;
  /** Addresses of a node to which nothing happens. */
  readonly steady: readonly string[];
  readonly strike: () => Promise<unknown>;
}

/** Does something to the owner and sees its addresses go to the stand-in, and what the same clients see of other addresses meanwhile. */
export async function failOver(
  lab: Lab,
  { vips, owner, standIn, steady, strike }: Course,
): Promise<{ readonly moved: readonly Outage[]; readonly steady: readonly Outage[] }> {
  const [from, to] = [macOf(lab, owner), macOf(lab, standIn)];
  const moving = await Onlookers.begin(lab, vips);
  const staying = await Onlookers.begin(lab, steady);
  let struckMs = Date.now();
  try {
    await delay(AFTER_MS);
    struckMs = Date.now();
    await strike();
    await moving.movedTo(to);
    await delay(AFTER_MS);
  } finally {
    await Promise.all([moving.stop(), staying.stop()]);
  }
  const since = (seen: Seen): Seen => ({
    ...seen,
    answers: seen.answers.filter(({ atMs }) => atMs >= struckMs),
    attempts: seen.attempts.filter(({ startedAtMs }) => startedAtMs >= struckMs),
  });
  const moved = (await moving.stop()).map(
    (seen): Outage => ({ ...outageOf(since(seen)), silentMs: silentBetween(seen.answers, from, to) }),
  );
  return { moved, steady: (await staying.stop()).map((seen) => outageOf(since(seen))) };
}

function outageOf({ vip, answers, attempts }: Seen): Outage {
  return {
    family: vip.includes(":") ? "IPv6" : "IPv4",
    silentMs: longestSilence(answers),
    unreachedMs: longestUnreached(attempts),
  };
}

/** The longest time between the beginnings of two connections that were made, in ms. */
function longestUnreached(attempts: readonly Attempt[]): number {
  const good = attempts.filter(({ ok }) => ok).map(({ startedAtMs }) => startedAtMs);
  return Math.max(...good.slice(1).map((atMs, i) => atMs - (good[i] ?? atMs)));
}
