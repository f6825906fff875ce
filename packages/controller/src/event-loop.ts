import type { Clock, Timer } from "@fairlead/runtime/clock.ts";

const BEAT_MS = 1000;
const REMEMBERED_BEATS = 60;

/** Measures how late timers run: how long something kept the event loop busy. */
export class EventLoop {
  readonly #clock: Clock;
  #lateness: number[] = [];
  #timer: Timer | undefined;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  start(): void {
    const due = this.#clock.nowMs() + BEAT_MS;
    this.#timer = this.#clock.after(BEAT_MS, () => {
      this.#lateness = [...this.#lateness, this.#clock.nowMs() - due].slice(-REMEMBERED_BEATS);
      this.start();
    });
  }

  stop(): void {
    this.#timer?.cancel();
  }

  /** The middle lateness of the last minute, in ms: one long pause does not count, being always late does. */
  get latenessMs(): number {
    const sorted = [...this.#lateness].sort((a, b) => a - b);
    return sorted[sorted.length >> 1] ?? 0;
  }
}
