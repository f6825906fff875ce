/** Upper bounds of the buckets, in seconds: from a beat of the failover protocol to an outage that everybody notices. */
export const BOUNDS_SECONDS: readonly number[] = [0.05, 0.1, 0.2, 0.3, 0.4, 0.5, 0.75, 1, 2, 5, 10];

const BUCKETS = BOUNDS_SECONDS.length + 1;
/** How many numbers a histogram takes: of each bucket how many values, and their sum in ms. */
export const HISTOGRAM_NUMBERS = 2 * BUCKETS;

/** So many values in one bucket, each taken for their mean. */
export interface Observed {
  readonly seconds: number;
  readonly times: number;
}

/** Counts durations in memory that another thread may read. Either thread makes its own of the same memory. */
export class SharedHistogram {
  readonly #numbers: Float64Array;
  readonly #seen = new Float64Array(HISTOGRAM_NUMBERS);

  /** @param numbers of {@link HISTOGRAM_NUMBERS} */
  constructor(numbers: Float64Array) {
    this.#numbers = numbers;
  }

  observe(ms: number, times = 1): void {
    const found = BOUNDS_SECONDS.findIndex((bound) => ms <= bound * 1000);
    const slot = 2 * (found < 0 ? BUCKETS - 1 : found);
    this.#numbers[slot] = (this.#numbers[slot] ?? 0) + times;
    this.#numbers[slot + 1] = (this.#numbers[slot + 1] ?? 0) + ms * times;
  }

  /** What was counted since this was last asked. */
  news(): readonly Observed[] {
    const news: Observed[] = [];
    for (let bucket = 0; bucket < BUCKETS; bucket++) {
      const times = this.#growth(2 * bucket);
      if (times === 0) continue;
      const meanSeconds = this.#growth(2 * bucket + 1) / times / 1000;
      // Sums are rounded, and the other thread may be between the two numbers.
      news.push({ seconds: Math.min(meanSeconds, BOUNDS_SECONDS[bucket] ?? meanSeconds), times });
    }
    return news;
  }

  #growth(slot: number): number {
    const now = this.#numbers[slot] ?? 0;
    const growth = now - (this.#seen[slot] ?? 0);
    this.#seen[slot] = now;
    return growth;
  }
}
