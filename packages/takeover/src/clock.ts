/** A handle of a timer; `cancel` is idempotent. */
export interface Timer {
  cancel(): void;
}

/** Time as the protocol is given it: monotonic, in milliseconds. No wall clock is used anywhere. */
export interface Clock {
  nowMs(): number;
  /** Calls `run` once, `delayMs` from now. */
  after(delayMs: number, run: () => void): Timer;
}
