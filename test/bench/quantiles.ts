/** The median, the 90th and the 99th percentile, and the number of samples. */
export interface Quantiles {
  readonly p50: number;
  readonly p90: number;
  readonly p99: number;
  readonly count: number;
}

/** Quantiles by nearest rank. @throws RangeError without samples */
export function quantiles(samples: readonly number[]): Quantiles {
  const sorted = [...samples].sort((a, b) => a - b);
  const at = (share: number): number => {
    const value = sorted[Math.max(0, Math.ceil(share * sorted.length) - 1)];
    if (value === undefined) throw new RangeError("no samples");
    return value;
  };
  return { p50: at(0.5), p90: at(0.9), p99: at(0.99), count: sorted.length };
}
