import { type BackoffBounds, backoffMs } from "@fairlead/runtime/backoff.ts";
import type { Clock } from "@fairlead/runtime/clock.ts";
import type { Random } from "@fairlead/runtime/random.ts";

/** Somebody else wrote meanwhile. What they wrote is here soon, or late if the watch is being made anew: who asks again before gets the same answer. */
export const AFTER_CONFLICT: BackoffBounds = { firstMs: 50, mostMs: 5_000 };

interface Conflict {
  readonly over: string | undefined;
  readonly times: number;
  /** Monotonic. */
  readonly untilMs: number;
}

/** Which versions of objects could not be written over (409), and when that is worth another try: at once over a newer one. */
export class Conflicts {
  readonly #clock: Pick<Clock, "nowMs">;
  readonly #random: Random;
  readonly #conflicts = new Map<string, Conflict>();

  constructor(clock: Pick<Clock, "nowMs">, random: Random) {
    this.#clock = clock;
    this.#random = random;
  }

  /** For how long it is of no use to write over this version, in ms; 0: try. @param over a resourceVersion */
  waitMs(key: string, over: string | undefined): number {
    const conflict = this.#conflicts.get(key);
    if (conflict === undefined || conflict.over !== over) return 0;
    return Math.max(0, conflict.untilMs - this.#clock.nowMs());
  }

  /** Takes note that it was refused to write over this version. @returns when to try again, in ms from now */
  refused(key: string, over: string | undefined): number {
    const before = this.#conflicts.get(key);
    const times = before !== undefined && before.over === over ? before.times + 1 : 1;
    const delayMs = backoffMs(times, AFTER_CONFLICT, this.#random);
    this.#conflicts.set(key, { over, times, untilMs: this.#clock.nowMs() + delayMs });
    return delayMs;
  }

  /** It was written, or is gone. */
  forget(key: string): void {
    this.#conflicts.delete(key);
  }
}
