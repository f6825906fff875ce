/** Values in one block; a full one is split. */
const BLOCK = 512;

/**
 * A set of integers kept in order, in blocks: adding and removing move part of one block, everything else takes O(log n)
 * comparisons, and a change some integer additions more, one for every few hundred members.
 */
export class SortedValues {
  readonly #blocks: bigint[][] = [];
  /** Number of members before each block; undefined after a change. */
  #before: number[] | undefined;
  #size = 0;

  get size(): number {
    return this.#size;
  }

  has(value: bigint): boolean {
    const block = this.#blocks[this.#blockOf(value)];
    return block !== undefined && block[countBelow(block, value)] === value;
  }

  /** Does nothing if it is there already. */
  add(value: bigint): void {
    const index = this.#blockOf(value);
    const block = this.#blocks[index];
    if (block === undefined) {
      this.#blocks.push([value]);
      this.#changed(1);
      return;
    }
    const at = countBelow(block, value);
    if (block[at] === value) return;
    block.splice(at, 0, value);
    // The last block is mostly filled from below: what is split off it would stay half empty for ever.
    if (block.length > BLOCK) {
      const keep = index === this.#blocks.length - 1 ? BLOCK : BLOCK / 2;
      this.#blocks.splice(index + 1, 0, block.splice(keep));
    }
    this.#changed(1);
  }

  /** Does nothing if it is not there. */
  delete(value: bigint): void {
    const index = this.#blockOf(value);
    const block = this.#blocks[index];
    if (block === undefined) return;
    const at = countBelow(block, value);
    if (block[at] !== value) return;
    block.splice(at, 1);
    if (block.length === 0) this.#blocks.splice(index, 1);
    this.#changed(-1);
  }

  /** In ascending order; the set must not change meanwhile. */
  *[Symbol.iterator](): IterableIterator<bigint> {
    for (const block of this.#blocks) yield* block;
  }

  /** How many members are lower than the value. */
  countBelow(value: bigint): number {
    const index = this.#blockOf(value);
    const block = this.#blocks[index];
    return block === undefined ? 0 : (this.#prefix()[index] ?? 0) + countBelow(block, value);
  }

  /**
   * The lowest value at or above `from` that is no member. Members are distinct, so the k-th one after `from` is `from + k`
   * up to the gap and more from there on: the gap is found by halving.
   */
  firstGap(from: bigint): bigint {
    const start = this.countBelow(from);
    let filled = 0;
    let open = this.#size - start + 1;
    while (filled + 1 < open) {
      const middle = (filled + open) >>> 1;
      if (this.#at(start + middle - 1) === from + BigInt(middle - 1)) filled = middle;
      else open = middle;
    }
    return from + BigInt(filled);
  }

  #changed(by: number): void {
    this.#size += by;
    this.#before = undefined;
  }

  /** The block that has the value, or would have it; 0 if there is none. */
  #blockOf(value: bigint): number {
    let low = 0;
    let high = this.#blocks.length;
    while (low + 1 < high) {
      const middle = (low + high) >>> 1;
      if ((this.#blocks[middle]?.[0] ?? 0n) <= value) low = middle;
      else high = middle;
    }
    return low;
  }

  #at(rank: number): bigint | undefined {
    const before = this.#prefix();
    let low = 0;
    let high = before.length;
    while (low + 1 < high) {
      const middle = (low + high) >>> 1;
      if ((before[middle] ?? 0) <= rank) low = middle;
      else high = middle;
    }
    return this.#blocks[low]?.[rank - (before[low] ?? 0)];
  }

  #prefix(): readonly number[] {
    if (this.#before === undefined) {
      let count = 0;
      this.#before = this.#blocks.map((block) => {
        count += block.length;
        return count - block.length;
      });
    }
    return this.#before;
  }
}

function countBelow(values: readonly bigint[], value: bigint): number {
  let low = 0;
  let high = values.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((values[middle] ?? 0n) < value) low = middle + 1;
    else high = middle;
  }
  return low;
}
