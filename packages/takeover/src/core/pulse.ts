import type { Clock, Timer } from "../clock.ts";
import { TIMING } from "../timing.ts";

/**
 * Notices that this process or machine stood still. It beats every H; whoever is let in first afterwards - a message, a
 * frame, a timer - finds the beat late, and the stall is dealt with before anything else.
 */
export class Pulse implements Clock {
  readonly #clock: Clock;
  readonly #onStall: (lateMs: number) => void;
  #dueMs: number;
  #timer: Timer | undefined;
  #stopped = false;

  constructor(clock: Clock, onStall: (lateMs: number) => void) {
    this.#clock = clock;
    this.#onStall = onStall;
    this.#dueMs = clock.nowMs() + TIMING.beat;
    this.#beat();
  }

  nowMs(): number {
    return this.#clock.nowMs();
  }

  /** As of the clock below, but a stall is noticed before `run`, which may cancel it. */
  after(delayMs: number, run: () => void): Timer {
    let live = true;
    const timer = this.#clock.after(delayMs, () => {
      if (this.#stopped) return;
      this.check();
      if (live) run();
    });
    return {
      cancel: () => {
        live = false;
        timer.cancel();
      },
    };
  }

  /** To be called before anything that was waited for is acted upon. */
  check(): void {
    const lateMs = this.#clock.nowMs() - this.#dueMs;
    if (lateMs <= TIMING.stallFence) return;
    this.#dueMs = this.#clock.nowMs() + TIMING.beat;
    this.#onStall(lateMs);
  }

  /** Nothing that was asked of this clock happens any more. */
  stop(): void {
    this.#stopped = true;
    this.#timer?.cancel();
  }

  #beat(): void {
    this.#timer = this.#clock.after(TIMING.beat, () => {
      this.check();
      this.#dueMs = this.#clock.nowMs() + TIMING.beat;
      this.#beat();
    });
  }
}
