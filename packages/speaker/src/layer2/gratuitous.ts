import type { Clock, Timer } from "@fairlead/runtime/clock.ts";
import type { Random } from "@fairlead/runtime/random.ts";
import type { Announcement } from "../announcements/announcement.ts";
import { Fifo } from "./fifo.ts";

/** The frames that tell a segment about an address: two forms of ARP, one of NDP, and one for the gateway alone. */
export type GratuitousForm = "request" | "reply" | "advertisement" | "gateway";

/**
 * When an address is told after it was taken over, in ms. The first rounds are close together, for a frame may be lost; the
 * later ones are more than a second apart, since many stacks take at most one change of a neighbor a second. While very many
 * are told at once, those close together are left out.
 */
export const ROUNDS_MS: readonly number[] = [0, 100, 500, 1100, 2200, 3300];

/** Frames that are sent in a second at most, so that taking over thousands of addresses floods no switch. */
export const FRAMES_PER_SECOND = 8000;
/** First frames at once from which on the rounds at 100 and 500 ms are skipped: a tenth of a second is full of first ones. */
const LONG_BURST = FRAMES_PER_SECOND / 10;
const SKIPPED_ROUNDS: readonly number[] = [1, 2];
/**
 * Rounds in which the gateway is told by unicast too: some routers heed no broadcast that they did not ask for. The second is later than they
 * refuse another change.
 */
const GATEWAY_ROUNDS: readonly number[] = [1, 3];
const TICK_MS = 5;
/** So many go at once: what a timer that is late by 20 ms has left to do. */
const BURST = (FRAMES_PER_SECOND * 20) / 1000;

/**
 * So long telling goes on at once, and so many times as long it rests: at most a third of the thread's time is spent on it where a frame costs
 * much, as on a bridge of many ports. The rest is for what must be answered and decided in time.
 */
const TELLING_MS = 5;
const RESTS = 2;

/** Refreshes that are sent in a second at most. */
const REFRESHES_PER_SECOND = 50;
const REFRESH_JITTER = 0.2;

export interface GratuitousOptions {
  readonly clock: Clock;
  readonly random: Random;
  /**
   * How often each address is told again, in ms: `max(refreshMs, addresses / 50 s)`, each step jittered by 20 %. 0: never.
   */
  readonly refreshMs: number;
  /** Sends one frame. */
  readonly send: (announcement: Announcement, form: GratuitousForm) => void;
}

interface Told {
  readonly announcement: Announcement;
  /** When its first frame left; its rounds count from then. */
  firstMs: number;
  /** Its first frame left amid so many that it is told less often. */
  hurried: boolean;
}

/**
 * Tells the segment about the addresses that are answered for: rounds after taking over, then a slow refresh. Under
 * pressure the first frame of every address goes before the second of any.
 */
export class GratuitousSchedule {
  readonly #options: GratuitousOptions;
  readonly #told = new Map<string, Told>();
  /** One queue a round; within each, due times never fall. An item that is not in `#told` any more is skipped. */
  readonly #rounds = ROUNDS_MS.map(() => new Fifo<{ readonly told: Told; readonly dueMs: number }>());
  /** First frames since none waited to be sent. */
  #burst = 0;
  #tokens = BURST;
  #filledMs: number;
  #restsUntilMs = Number.NEGATIVE_INFINITY;
  #timer: Timer | undefined;
  /** When the timer runs. */
  #timerMs = Number.POSITIVE_INFINITY;
  #refreshTimer: Timer | undefined;
  #walk: IterableIterator<Told> | undefined;

  constructor(options: GratuitousOptions) {
    this.#options = options;
    this.#filledMs = options.clock.nowMs();
  }

  /** Starts the rounds of an address, from the beginning if they were running. */
  announce(announcement: Announcement): void {
    const nowMs = this.#options.clock.nowMs();
    const told = { announcement, firstMs: nowMs, hurried: false };
    this.#told.set(keyOf(announcement), told);
    const waiting = this.#rounds[0]?.size ?? 0;
    this.#burst = waiting === 0 ? 1 : this.#burst + 1;
    this.#rounds[0]?.push({ told, dueMs: nowMs });
    // Thousands that begin in one go wait for one timer, and so they do while there are no tokens or it is time to rest.
    if (this.#timerMs > Math.max(nowMs + TICK_MS, this.#restsUntilMs)) this.#schedule();
    this.#scheduleRefresh();
  }

  /** Nothing more is sent for the address on that interface. */
  withdraw(announcement: Announcement): void {
    this.#told.delete(keyOf(announcement));
  }

  stop(): void {
    this.#told.clear();
    this.#timer?.cancel();
    this.#refreshTimer?.cancel();
  }

  #schedule(): void {
    const nowMs = this.#options.clock.nowMs();
    let dueMs = Number.POSITIVE_INFINITY;
    for (const round of this.#rounds) dueMs = Math.min(dueMs, round.peek()?.dueMs ?? dueMs);
    this.#timer?.cancel();
    this.#timer = undefined;
    this.#timerMs = Number.POSITIVE_INFINITY;
    if (dueMs === Number.POSITIVE_INFINITY) return;
    const delayMs = Math.max(dueMs - nowMs, this.#tokens < 1 ? TICK_MS : 0, this.#restsUntilMs - nowMs);
    this.#timerMs = nowMs + delayMs;
    this.#timer = this.#options.clock.after(delayMs, () => this.#run());
  }

  #run(): void {
    const { clock } = this.#options;
    const nowMs = clock.nowMs();
    this.#tokens = Math.min(BURST, this.#tokens + ((nowMs - this.#filledMs) * FRAMES_PER_SECOND) / 1000);
    this.#filledMs = nowMs;
    let endMs = nowMs;
    while (this.#tokens >= 1 && endMs - nowMs < TELLING_MS && this.#sendNext(nowMs)) endMs = clock.nowMs();
    this.#restsUntilMs = endMs + RESTS * (endMs - nowMs);
    this.#schedule();
  }

  /** Sends what is due in the earliest round that has something due. @returns whether there was anything */
  #sendNext(nowMs: number): boolean {
    for (const [i, round] of this.#rounds.entries()) {
      const next = round.peek();
      if (next === undefined || next.dueMs > nowMs) continue;
      round.take();
      const { told } = next;
      if (this.#told.get(keyOf(told.announcement)) !== told) return true;
      if (i === 0) {
        told.firstMs = nowMs;
        told.hurried = this.#burst > LONG_BURST;
      }
      for (const form of formsOf(told, i)) {
        this.#options.send(told.announcement, form);
        this.#tokens--;
      }
      const offsetMs = ROUNDS_MS[i + 1];
      if (offsetMs !== undefined) this.#rounds[i + 1]?.push({ told, dueMs: told.firstMs + offsetMs });
      return true;
    }
    return false;
  }

  #scheduleRefresh(): void {
    const { clock, random, refreshMs } = this.#options;
    const addresses = this.#told.size;
    if (this.#refreshTimer !== undefined || refreshMs === 0 || addresses === 0) return;
    const everyMs = Math.max(refreshMs, (addresses / REFRESHES_PER_SECOND) * 1000);
    const jitter = 1 + REFRESH_JITTER * (2 * random.next() - 1);
    this.#refreshTimer = clock.after((everyMs / addresses) * jitter, () => {
      this.#refreshTimer = undefined;
      this.#refreshNext();
      this.#scheduleRefresh();
    });
  }

  #refreshNext(): void {
    let next = this.#walk?.next();
    if (next === undefined || next.done) {
      this.#walk = this.#told.values();
      next = this.#walk.next();
    }
    if (next.done) return;
    const { announcement } = next.value;
    this.#options.send(announcement, announcement.address.family === "IPv4" ? "request" : "advertisement");
    this.#options.send(announcement, "gateway");
  }
}

function keyOf(announcement: Announcement): string {
  return `${announcement.address.text}%${announcement.interfaceIndex}`;
}

function formsOf({ announcement, hurried }: Told, round: number): readonly GratuitousForm[] {
  if (hurried && SKIPPED_ROUNDS.includes(round)) return [];
  const toAll = announcement.address.family === "IPv6" ? (["advertisement"] as const) : arpForms(round);
  return GATEWAY_ROUNDS.includes(round) ? [...toAll, "gateway"] : toAll;
}

function arpForms(round: number): readonly GratuitousForm[] {
  if (round === 0) return ["request"];
  return round === 1 ? ["reply"] : ["request", "reply"];
}
