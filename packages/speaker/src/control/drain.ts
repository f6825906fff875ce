import { type Clock, sleep } from "@fairlead/runtime/clock.ts";

const LOOK_EVERY_MS = 50;

/**
 * Waits until the controller has placed everything elsewhere, so that somebody else answers before this node stops.
 *
 * @param options.placedHere how many addresses are placed on this node now
 * @param options.mostMs how long to wait, in ms
 * @returns how many are left
 */
export async function drain(options: {
  readonly placedHere: () => number;
  readonly clock: Clock;
  readonly mostMs: number;
}): Promise<number> {
  const { placedHere, clock, mostMs } = options;
  const endMs = clock.nowMs() + mostMs;
  const forever = new AbortController().signal;
  for (;;) {
    const left = placedHere();
    if (left === 0 || clock.nowMs() >= endMs) return left;
    await sleep(clock, LOOK_EVERY_MS, forever);
  }
}
