import type { Clock } from "@fairlead/runtime/clock.ts";

/** Two lines of keys, each key in at most one of them: the urgent ones, then the others. */
export class WaitingKeys {
  readonly #clock: Clock;
  // A Map keeps the order of insertion; its value is the time since when the key waits.
  readonly #urgent = new Map<string, number>();
  readonly #normal = new Map<string, number>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  get size(): number {
    return this.#urgent.size + this.#normal.size;
  }

  get oldestAgeMs(): number {
    const now = this.#clock.nowMs();
    let oldest = now;
    for (const line of [this.#urgent, this.#normal]) {
      for (const since of line.values()) oldest = Math.min(oldest, since);
    }
    return now - oldest;
  }

  /** A key that waits already keeps its place, or moves over to the urgent ones. */
  add(key: string, urgent: boolean): void {
    if (this.#urgent.has(key)) return;
    const since = this.#normal.get(key);
    if (urgent) {
      this.#normal.delete(key);
      this.#urgent.set(key, since ?? this.#clock.nowMs());
    } else if (since === undefined) {
      this.#normal.set(key, this.#clock.nowMs());
    }
  }

  /** Takes out the key whose turn it is. */
  take(): string | undefined {
    const line = this.#urgent.size > 0 ? this.#urgent : this.#normal;
    const key = line.keys().next().value;
    if (key !== undefined) line.delete(key);
    return key;
  }

  clear(): void {
    this.#urgent.clear();
    this.#normal.clear();
  }
}
