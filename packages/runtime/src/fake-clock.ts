import type { Clock, Timer } from "./clock.ts";

/** A clock that stands still until a test moves it. Timers run in order of their due time, then of creation. */
export class FakeClock implements Clock {
  #now = 0;
  #sequence = 0;
  readonly #startMs: number;
  #timers: { readonly at: number; readonly order: number; readonly run: () => void }[] = [];

  /** @param start the wall-clock time that monotonic 0 stands for */
  constructor(start = new Date("2026-01-01T00:00:00Z")) {
    this.#startMs = start.getTime();
  }

  nowMs(): number {
    return this.#now;
  }

  wall(): Date {
    return new Date(this.#startMs + this.#now);
  }

  after(delayMs: number, run: () => void): Timer {
    const entry = { at: this.#now + Math.max(0, delayMs), order: this.#sequence++, run };
    this.#timers.push(entry);
    return {
      cancel: () => {
        this.#timers = this.#timers.filter((other) => other !== entry);
      },
    };
  }

  /** Number of timers that have not run. */
  get pending(): number {
    return this.#timers.length;
  }

  /** Moves time forward and runs what falls due, timers set meanwhile included. */
  advance(ms: number): void {
    const end = this.#now + ms;
    for (;;) {
      const next = this.#timers
        .filter((timer) => timer.at <= end)
        .sort((a, b) => a.at - b.at || a.order - b.order)[0];
      if (next === undefined) break;
      this.#timers = this.#timers.filter((timer) => timer !== next);
      this.#now = next.at;
      next.run();
    }
    this.#now = end;
  }

  /** Like {@link advance}, letting promises settle after each timer. */
  async advanceAsync(ms: number): Promise<void> {
    const end = this.#now + ms;
    await settle();
    for (;;) {
      const due = this.#timers.reduce((least, timer) => Math.min(least, timer.at), Number.POSITIVE_INFINITY);
      if (due > end) break;
      this.advance(due - this.#now);
      await settle();
    }
    this.advance(end - this.#now);
    await settle();
  }
}

function settle(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}
