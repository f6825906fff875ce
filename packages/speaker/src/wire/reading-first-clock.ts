import type { Clock, Timer } from "@fairlead/runtime/clock.ts";

/**
 * A clock whose timers run after what has arrived by then was read. The event loop runs timers before sockets, so after a moment
 * in which this thread had no turn a timer would find heartbeats and answers missing that lie in the sockets already, and take a
 * node that lives for dead.
 */
export class ReadingFirstClock implements Clock {
  readonly #clock: Clock;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  nowMs(): number {
    return this.#clock.nowMs();
  }

  wall(): Date {
    return this.#clock.wall();
  }

  after(delayMs: number, run: () => void): Timer {
    let immediate: NodeJS.Immediate | undefined;
    const timer = this.#clock.after(delayMs, () => {
      immediate = setImmediate(run);
    });
    return {
      cancel: () => {
        timer.cancel();
        clearImmediate(immediate);
      },
    };
  }
}
