import { once } from "node:events";
import { join } from "node:path";
import type { Capture } from "../../lab/capture.ts";
import type { Lab } from "../../lab/lab.ts";
import type { Spawned } from "../../lab/reach.ts";
import { questionsFrom } from "./questions.ts";
import { claimsOf, interfaceIndex, toldMac } from "./wire.ts";

/** What came back to a question for an address. */
export interface Told {
  /** Milliseconds since 1970. */
  readonly atMs: number;
  /** The MAC that the address is said to have. */
  readonly mac: string;
  /** The MAC of the station that says so. */
  readonly by: string;
}

/** Between questions, in ms. */
const EVERY_MS = 10;

/**
 * Asks the LAN for an address a hundred times a second, outside the kernel's table, by broadcast ARP request or multicast
 * neighbor solicitation, and notes each answer. The asker's kernel hears the answers too: who looks at what gratuitous frames
 * do to a neighbor table looks at another client's.
 */
export class Asking {
  readonly address: string;
  readonly #capture: Capture;
  readonly #child: Spawned;
  readonly #mac: string;
  readonly #answers: Told[] = [];
  #read = 0;
  #ended: Promise<void> | undefined;

  private constructor(address: string, capture: Capture, child: Spawned, mac: string) {
    this.address = address;
    this.#capture = capture;
    this.#child = child;
    this.#mac = mac;
  }

  /** Begins, and waits for the first answer. @param member a client, which asks on one of its interfaces */
  static async begin(lab: Lab, member: string, address: string, interfaceName = "eth0"): Promise<Asking> {
    const ask = questionsFrom(lab, member, interfaceName);
    const isIPv6 = address.includes(":");
    const question = isIPv6 ? ask.neighbor(address) : ask.arp(address);
    const at = { interface: interfaceName, direction: "in" } as const;
    const capture = await lab.capture(member, isIPv6 ? "icmp6" : "arp", at);
    const program = join(import.meta.dirname, "repeat-frame.ts");
    const which = [String(await interfaceIndex(lab, member, interfaceName)), String(EVERY_MS)];
    const argv = [
      process.execPath,
      "--no-warnings",
      program,
      ...which,
      Buffer.from(question).toString("hex"),
    ];
    const asking = new Asking(address, capture, lab.spawn(member, argv), ask.mac);
    try {
      await asking.until(lab, "anybody", () => true);
    } catch (error) {
      await asking.stop();
      throw error;
    }
    return asking;
  }

  /** All answers so far, in the order in which they came. */
  get answers(): readonly Told[] {
    const { frames } = this.#capture;
    const fresh = claimsOf(frames.slice(this.#read), this.address).filter(
      ({ form, frame }) => form === "answer" && frame.destination === this.#mac,
    );
    this.#read = frames.length;
    for (const claim of fresh)
      this.#answers.push({ atMs: claim.timeMs, mac: toldMac(claim), by: claim.source });
    return this.#answers;
  }

  /** Waits for an answer and returns the first one that fits. @param who words for the one who gives it */
  until(lab: Lab, who: string, fits: (told: Told) => boolean, deadlineMs = 30_000): Promise<Told> {
    const what = `${this.address} is told by ${who}`;
    const look = (see: (value: unknown) => void): Told | undefined => {
      see(this.answers.slice(-3));
      return this.answers.find(fits);
    };
    return lab.waitFor(what, look, { deadlineMs, everyMs: 50 });
  }

  /** Asks no more and returns all answers. */
  async stop(): Promise<readonly Told[]> {
    this.#ended ??= this.#end();
    await this.#ended;
    return this.answers;
  }

  async #end(): Promise<void> {
    if (this.#child.exitCode === null && this.#child.signalCode === null) {
      const closed = once(this.#child, "close");
      this.#child.stdin.end();
      await closed;
    }
    await this.#capture.stop();
  }
}

/** The MACs that were told, each once for each time that it came up: `[a, b, a]` after one move and one back. */
export function turnsOf(answers: readonly Told[]): readonly string[] {
  const macs = answers.map(({ mac }) => mac);
  return macs.filter((mac, i) => mac !== macs[i - 1]);
}

/** For so long an old holder may answer after a new one has begun: one network delay (docs/takeover.md), on a busy machine. */
const OVERLAP_MS = 250;

/** The MACs that were told, each once for each time that it came up, without last words of the one before. */
export function turnsApart(answers: readonly Told[]): readonly string[] {
  const turns: string[] = [];
  let sinceMs = 0;
  for (const { atMs, mac } of answers) {
    const [former, present] = [turns.at(-2), turns.at(-1)];
    if (mac === present || (mac === former && atMs - sinceMs < OVERLAP_MS)) continue;
    turns.push(mac);
    sinceMs = atMs;
  }
  return turns;
}

/** For how long after the first answer with one MAC others still came, in ms. */
export function overlapOf(answers: readonly Told[], to: string): number {
  const first = answers.findIndex(({ mac }) => mac === to);
  const last = answers.slice(first).findLast(({ mac }) => mac !== to);
  return first < 0 || last === undefined ? 0 : last.atMs - (answers[first]?.atMs ?? last.atMs);
}

/** Without the answers with other MACs that came right after the first with this one: they were on their way. */
export function withoutOverlap(answers: readonly Told[], to: string): readonly Told[] {
  const first = answers.find(({ mac }) => mac === to)?.atMs ?? Number.POSITIVE_INFINITY;
  return answers.filter(({ mac, atMs }) => mac === to || atMs < first || atMs > first + OVERLAP_MS);
}

/** Within half a second another node answers (docs/takeover.md); the rest is what a busy machine adds, in ms. */
export const ANSWERED_WITHIN_MS = 2000;

/** From the last answer with one MAC, before any with the other, to the first with the other, in ms. */
export function silentBetween(answers: readonly Told[], from: string, to: string): number {
  const next = answers.findIndex(({ mac }) => mac === to);
  const last = answers.slice(0, next).findLast(({ mac }) => mac === from);
  return (answers[next]?.atMs ?? Number.NaN) - (last?.atMs ?? Number.NaN);
}

/** The longest time between two answers, in ms. */
export function longestSilence(answers: readonly Told[]): number {
  return Math.max(...answers.slice(1).map(({ atMs }, i) => atMs - (answers[i]?.atMs ?? atMs)));
}
