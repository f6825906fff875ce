/**
 * A set of integers kept in order. Looking up, counting below and finding the lowest gap take O(log n) comparisons; adding
 * and removing move at most n pointers besides, which is some 20 microseconds at 100,000.
 */
export class SortedValues {
  readonly #values: bigint[] = [];

  get size(): number {
    return this.#values.length;
  }

  has(value: bigint): boolean {
    return this.#values[this.countBelow(value)] === value;
  }

  /** Does nothing if it is there already. */
  add(value: bigint): void {
    const at = this.countBelow(value);
    if (this.#values[at] !== value) this.#values.splice(at, 0, value);
  }

  /** Does nothing if it is not there. */
  delete(value: bigint): void {
    const at = this.countBelow(value);
    if (this.#values[at] === value) this.#values.splice(at, 1);
  }

  /** How many members are lower than the value. */
  countBelow(value: bigint): number {
    let low = 0;
    let high = this.#values.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if ((this.#values[middle] ?? 0n) < value) low = middle + 1;
      else high = middle;
    }
    return low;
  }

  /**
   * The lowest value at or above `from` that is no member. Members are distinct, so the k-th one after `from` is `from + k`
   * up to the gap and more from there on: the gap is found by halving.
   */
  firstGap(from: bigint): bigint {
    const start = this.countBelow(from);
    let filled = 0;
    let open = this.#values.length - start + 1;
    while (filled + 1 < open) {
      const middle = (filled + open) >>> 1;
      if (this.#values[start + middle - 1] === from + BigInt(middle - 1)) filled = middle;
      else open = middle;
    }
    return from + BigInt(filled);
  }
}
