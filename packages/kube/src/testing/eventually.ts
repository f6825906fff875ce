import { setTimeout as pause } from "node:timers/promises";
import type { FakeClock } from "@fairlead/runtime/fake-clock.ts";

/**
 * Waits until `check` is true. Real sockets need real time, so it looks every few ms, and moves the clock, if one is given, by
 * `stepMs` each time.
 *
 * @throws Error naming what was awaited, after 8 s of real time
 */
export async function eventually(
  what: string,
  check: () => boolean,
  options: { readonly clock?: FakeClock; readonly stepMs?: number } = {},
): Promise<void> {
  const { clock, stepMs = 250 } = options;
  const endsAt = performance.now() + 8_000;
  while (!check()) {
    if (performance.now() > endsAt) throw new Error(`did not happen within 8 s: ${what}`);
    if (clock !== undefined) await clock.advanceAsync(stepMs);
    await pause(2);
  }
}

/** Lets `ms` of the clock pass in steps that leave real sockets the time to work. */
export async function pass(clock: FakeClock, ms: number, stepMs = 250): Promise<void> {
  for (let passed = 0; passed < ms; passed += stepMs) {
    await clock.advanceAsync(stepMs);
    await pause(1);
  }
}
