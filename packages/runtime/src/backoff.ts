import type { Random } from "./random.ts";

/** The bounds of a back-off, in ms. */
export interface BackoffBounds {
  readonly firstMs: number;
  readonly mostMs: number;
}

/**
 * The delay before attempt `failures + 1`: `firstMs * 2^(failures - 1)`, at most `mostMs`, with "equal jitter": a
 * random part of the second half is left out, so that many clients do not come back together.
 */
export function backoffMs(failures: number, bounds: BackoffBounds, random: Random): number {
  if (failures <= 0) return 0;
  const full = Math.min(bounds.mostMs, bounds.firstMs * 2 ** Math.min(failures - 1, 40));
  return full / 2 + (full / 2) * random.next();
}
