import type { Clock } from "@fairlead/runtime/clock.ts";
import { sleep } from "@fairlead/runtime/clock.ts";

export interface RateLimitOptions {
  /** Long-run rate. */
  readonly perSecond: number;
  /** How many may go at once after a quiet time. */
  readonly burst: number;
  readonly clock: Clock;
}

/** A token bucket: whoever comes takes a token, and waits for it if there is none, in order of arrival. */
export class RateLimit {
  readonly #options: RateLimitOptions;
  #tokens: number;
  #countedAt: number;

  constructor(options: RateLimitOptions) {
    this.#options = options;
    this.#tokens = options.burst;
    this.#countedAt = options.clock.nowMs();
  }

  /** Resolves with the time waited in ms, when it is the caller's turn or `signal` aborts. */
  async take(signal: AbortSignal): Promise<number> {
    const { perSecond, burst, clock } = this.#options;
    const now = clock.nowMs();
    this.#tokens = Math.min(burst, this.#tokens + ((now - this.#countedAt) * perSecond) / 1000);
    this.#countedAt = now;
    // A negative count is the queue: each caller owes one token and waits until it has been earned.
    this.#tokens -= 1;
    if (this.#tokens >= 0) return 0;
    const waitMs = (-this.#tokens * 1000) / perSecond;
    await sleep(clock, waitMs, signal);
    return waitMs;
  }
}
