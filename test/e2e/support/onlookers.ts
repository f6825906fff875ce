import { type Attempt, longestOutageMs } from "../../lab/attempt.ts";
import type { Lab } from "../../lab/lab.ts";
import type { Probing } from "../../lab/reach.ts";
import { Asking, longestSilence, silentBetween, type Told, turnsOf } from "./asking.ts";
import { failedApart, switchesIn } from "./cut-connections.ts";

/** Less than the second after which Linux sends a SYN again, so that a lost one is a failure. */
export const ATTEMPT_MS = 900;
const EVERY_MS = 20;

/** What was seen of one address. */
export interface Seen {
  readonly vip: string;
  /** Answers to the questions of a client that asks the LAN itself. */
  readonly answers: readonly Told[];
  /** Connections that another client opened. */
  readonly attempts: readonly Attempt[];
}

interface Pair {
  readonly asking: Asking;
  readonly probing: Probing;
}

/** Two clients that watch addresses: client-2 asks the LAN for each 100 times a second, client-1 opens 50 TCP connections a second to each. */
export class Onlookers {
  readonly #lab: Lab;
  readonly #pairs: readonly Pair[];

  private constructor(lab: Lab, pairs: readonly Pair[]) {
    this.#lab = lab;
    this.#pairs = pairs;
  }

  /** Begins; every address is answered and reached when this resolves. */
  static async begin(lab: Lab, vips: readonly string[]): Promise<Onlookers> {
    const pairs: Pair[] = [];
    for (const vip of vips) {
      const question = { kind: "tcp", address: vip, port: 80 } as const;
      const asking = await Asking.begin(lab, "client-2", vip);
      const probing = await lab.probe("client-1", question, { everyMs: EVERY_MS, timeoutMs: ATTEMPT_MS });
      pairs.push({ asking, probing });
    }
    const onlookers = new Onlookers(lab, pairs);
    await onlookers.reached(0);
    return onlookers;
  }

  /** Waits until every address is told to be at this MAC, and is reached after that. @returns when the last of them was told, ms since 1970 */
  async movedTo(mac: string, deadlineMs?: number): Promise<number> {
    const toldMs = await this.#told(mac, (told) => told.mac === mac, deadlineMs);
    await this.reached(toldMs);
    return toldMs;
  }

  /**
   * Waits until the station with this MAC has answered for every address, whatever MAC it told.
   *
   * @param sinceMs only later answers count, ms since 1970
   * @returns when it did so for the last of them, ms since 1970
   */
  answeredBy(mac: string, sinceMs = 0): Promise<number> {
    return this.#told(`the station ${mac}`, ({ by, atMs }) => by === mac && atMs > sinceMs);
  }

  /** Waits for a connection to each address that was begun after this time. @param sinceMs ms since 1970 */
  async reached(sinceMs: number): Promise<void> {
    for (const { asking, probing } of this.#pairs)
      await this.#lab.waitFor(`a connection to ${asking.address}`, (see) => {
        see(probing.attempts.slice(-3));
        return probing.attempts.some(({ ok, startedAtMs }) => ok && startedAtMs > sinceMs);
      });
  }

  async #told(who: string, fits: (told: Told) => boolean, deadlineMs?: number): Promise<number> {
    let lastMs = 0;
    for (const { asking } of this.#pairs)
      lastMs = Math.max(lastMs, (await asking.until(this.#lab, who, fits, deadlineMs)).atMs);
    return lastMs;
  }

  /** Ends. */
  async stop(): Promise<readonly Seen[]> {
    return await Promise.all(
      this.#pairs.map(async ({ asking, probing }) => ({
        vip: asking.address,
        answers: await asking.stop(),
        attempts: await probing.stop(),
      })),
    );
  }
}

/** Prints how long the address was not answered when it went from one MAC to another, and not reached. */
export function printMove({ vip, answers, attempts }: Seen, from: string, to: string): void {
  const silentMs = silentBetween(answers, from, to).toFixed(0);
  const unreachedMs = longestOutageMs(attempts).toFixed(0);
  console.log(`      ${vip}: the other MAC after ${silentMs} ms, a new connection after ${unreachedMs} ms`);
}

/** Prints the longest time without an answer of an address that did not move, and what failed. */
export function printStay({ vip, answers, attempts }: Seen): void {
  const failed = attempts.filter(({ ok }) => !ok).length;
  console.log(
    `      ${vip}: at most ${longestSilence(answers).toFixed(0)} ms without an answer, ` +
      `${failed} of ${attempts.length} connections failed`,
  );
}

/** What went wrong for who opened connections and asked: empty if nothing did and the address was told to be at these MACs, in this order. */
export function faultsOf(seen: Seen, macs: readonly string[]): readonly string[] {
  const { vip, answers } = seen;
  const turns = turnsOf(answers);
  const moved = turns.join() === macs.join() ? [] : [`${vip} was at ${turns.join(", then ")}`];
  return [...moved, ...failuresOf(seen).map((text) => `${vip}: ${text}`)];
}

/** The connections that failed, but for those that a move cut while they were opened. */
export function failuresOf({ answers, attempts }: Pick<Seen, "answers" | "attempts">): readonly string[] {
  return failedApart(attempts, switchesIn(answers));
}
