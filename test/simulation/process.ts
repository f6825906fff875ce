import type { Clock, Timer } from "@fairlead/runtime/clock.ts";
import type { Scheduler } from "./scheduler.ts";

/**
 * The time of one process. It may stand still: what comes due meanwhile waits. With a hidden stall its clock stands still
 * too, as in a virtual machine that is paused.
 */
export class ProcessClock implements Clock {
  readonly #scheduler: Scheduler;
  readonly #aheadMs: number;
  #hiddenMs = 0;
  #stalled: { readonly sinceMs: number; readonly hidden: boolean } | undefined;
  #waiting: (() => void)[] = [];
  #ended = false;

  /** @param aheadMs no two processes agree on what time it is */
  constructor(scheduler: Scheduler, aheadMs: number) {
    this.#scheduler = scheduler;
    this.#aheadMs = aheadMs;
  }

  get running(): boolean {
    return !this.#ended && this.#stalled === undefined;
  }

  nowMs(): number {
    return this.#scheduler.nowMs + this.#aheadMs - this.#hiddenMs;
  }

  wall(): Date {
    return new Date(this.nowMs());
  }

  after(delayMs: number, run: () => void): Timer {
    let live = true;
    const dueMs = this.nowMs() + Math.max(0, delayMs);
    const fire = (): void => {
      if (!live || this.#ended) return;
      if (this.#stalled !== undefined) this.#waiting.push(fire);
      else if (this.nowMs() < dueMs - 1e-6) this.#scheduler.after(dueMs - this.nowMs(), fire);
      else run();
    };
    this.#scheduler.after(delayMs, fire);
    return { cancel: () => (live = false) };
  }

  /** Runs now, or when the process goes on. */
  deliver(run: () => void): void {
    if (this.#ended) return;
    if (this.#stalled === undefined) run();
    else this.#waiting.push(() => this.deliver(run));
  }

  stall(hidden: boolean): void {
    this.#stalled ??= { sinceMs: this.#scheduler.nowMs, hidden };
  }

  resume(): void {
    const stalled = this.#stalled;
    if (stalled === undefined) return;
    if (stalled.hidden) this.#hiddenMs += this.#scheduler.nowMs - stalled.sinceMs;
    this.#stalled = undefined;
    const waiting = this.#waiting;
    this.#waiting = [];
    for (const run of waiting) run();
  }

  end(): void {
    this.#ended = true;
  }
}
