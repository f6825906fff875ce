/** A source of randomness; seeded in tests, so that every run can be repeated. */
export interface Random {
  /** A number in [0, 1). */
  next(): number;
}

/** The machine's own randomness. Not for secrets. */
export const systemRandom: Random = { next: () => Math.random() };

/** A repeatable source (mulberry32). */
export function seededRandom(seed: number): Random {
  let state = seed >>> 0;
  return {
    next() {
      state = (state + 0x6d2b79f5) >>> 0;
      let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
      mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
      return ((mixed ^ (mixed >>> 14)) >>> 0) / 4294967296;
    },
  };
}
