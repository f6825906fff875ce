import { type Clock, sleep } from "@fairlead/runtime/clock.ts";

/** Between two looks, in ms. */
const EVERY_MS = 250;

export interface Following<T> {
  readonly clock: Clock;
  /** For how long it is looked again; 0: once. */
  readonly waitMs: number;
  readonly look: () => Promise<T>;
  readonly done: (seen: T) => boolean;
}

/** Looks again until it is done or time is over. @returns what was seen last */
export async function follow<T>({ clock, waitMs, look, done }: Following<T>): Promise<T> {
  const endMs = clock.nowMs() + waitMs;
  const { signal } = new AbortController();
  for (;;) {
    const seen = await look();
    const leftMs = endMs - clock.nowMs();
    if (done(seen) || leftMs <= 0) return seen;
    await sleep(clock, Math.min(EVERY_MS, leftMs), signal);
  }
}
