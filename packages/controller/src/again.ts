/** When a key is to be looked at again by itself; undefined: when something changes. */
export type Again = { readonly requeueAfterMs: number } | undefined;

/** The earliest of several delays, in ms. */
export function earliest(...delaysMs: readonly (number | undefined)[]): Again {
  const known = delaysMs.filter((ms) => ms !== undefined);
  return known.length === 0 ? undefined : { requeueAfterMs: Math.min(...known) };
}
