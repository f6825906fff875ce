import type { Clock } from "../clock.ts";

/** Lets each of many things happen at most once in a while. What is longer ago than that is not kept. */
export class Spacing<Key> {
  readonly #clock: Clock;
  readonly #gapMs: number;
  /** When each happened last, the oldest first. */
  readonly #lastMs = new Map<Key, number>();

  constructor(clock: Clock, gapMs: number) {
    this.#clock = clock;
    this.#gapMs = gapMs;
  }

  /** How many are remembered. */
  get size(): number {
    return this.#lastMs.size;
  }

  /** @returns whether it may happen now; if so, it counts as happened */
  allows(key: Key): boolean {
    const nowMs = this.#clock.nowMs();
    for (const [old, lastMs] of this.#lastMs) {
      if (nowMs - lastMs < this.#gapMs) break;
      this.#lastMs.delete(old);
    }
    if (this.#lastMs.has(key)) return false;
    this.#lastMs.set(key, nowMs);
    return true;
  }
}
