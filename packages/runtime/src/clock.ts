/** A handle of a timer; `cancel` is idempotent. */
export interface Timer {
  cancel(): void;
}

/** Time as everything here sees it: monotonic, in milliseconds, and injectable. */
export interface Clock {
  /** Monotonic time in ms; only differences mean anything. */
  nowMs(): number;
  /** Wall-clock time, only for what people and the API server read. */
  wall(): Date;
  /** Calls `run` once, `delayMs` from now, never before {@link nowMs} says so. */
  after(delayMs: number, run: () => void): Timer;
}

/** What `setTimeout` can wait for; more than that (25 days) it takes for nothing. */
const LONGEST_MS = 2 ** 31 - 1;

/** The machine's own clock. */
export const systemClock: Clock = {
  nowMs: () => performance.now(),
  wall: () => new Date(),
  after(delayMs, run) {
    const dueMs = performance.now() + delayMs;
    const wait = (ms: number): NodeJS.Timeout => setTimeout(call, Math.min(Math.ceil(ms), LONGEST_MS));
    // Node.js counts in whole milliseconds and calls up to one too early: whoever looks at the time then would wait for ever.
    const call = (): void => {
      const leftMs = dueMs - performance.now();
      if (leftMs > 0) handle = wait(leftMs);
      else run();
    };
    let handle = wait(delayMs);
    return { cancel: () => clearTimeout(handle) };
  },
};

/** Resolves after `delayMs`, or at once when `signal` aborts. */
export function sleep(clock: Clock, delayMs: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) return resolve();
    const done = (): void => {
      timer.cancel();
      signal.removeEventListener("abort", done);
      resolve();
    };
    const timer = clock.after(delayMs, done);
    signal.addEventListener("abort", done, { once: true });
  });
}
