import type { Clock, Timer } from "@fairlead/runtime/clock.ts";

const EVERY_MS = 250;
/** Lateness above which a thread counts as stalled, in ms. */
export const STALL_MS = 100;

/** Measures how late the timers of this thread are: how long something else kept it, or the machine, from running. */
export class Lateness {
  readonly #clock: Clock;
  readonly #onMeasured: (latenessMs: number) => void;
  #timer: Timer | undefined;

  constructor(options: { readonly clock: Clock; readonly onMeasured: (latenessMs: number) => void }) {
    this.#clock = options.clock;
    this.#onMeasured = options.onMeasured;
  }

  start(): void {
    const dueMs = this.#clock.nowMs() + EVERY_MS;
    this.#timer = this.#clock.after(EVERY_MS, () => {
      this.#onMeasured(Math.max(0, this.#clock.nowMs() - dueMs));
      this.start();
    });
  }

  stop(): void {
    this.#timer?.cancel();
  }
}
