import { coverRanges, isCovered, type WordRange } from "./cover.ts";

/** One part in so many of the words that are covered may be gone before the ranges are made narrower. */
const SLACK = 8;

/**
 * Ranges that cover a set of words while it changes. They are worked out anew only when a word comes that they do not cover,
 * or when much of what they cover is gone: a change of one word among thousands costs little.
 */
export class FollowedRanges {
  readonly #words: () => Iterable<number>;
  #ranges: readonly WordRange[] = [];
  #covered = 0;
  #gone = 0;

  /** @param words all that there are now */
  constructor(words: () => Iterable<number>) {
    this.#words = words;
    this.#cover();
  }

  get ranges(): readonly WordRange[] {
    return this.#ranges;
  }

  /**
   * Takes note of what came and how many went, after it happened.
   *
   * @returns whether the ranges are others now
   */
  follow(added: Iterable<number>, removed: number): boolean {
    this.#gone += removed;
    let uncovered = false;
    for (const word of added) {
      if (isCovered(this.#ranges, word)) continue;
      uncovered = true;
      break;
    }
    const wide = removed > 0 && this.#gone * SLACK >= this.#covered;
    if (!uncovered && !wide) return false;
    const before = this.#ranges;
    this.#cover();
    return !sameRanges(before, this.#ranges);
  }

  #cover(): void {
    const words = [...this.#words()];
    this.#covered = words.length;
    this.#gone = 0;
    this.#ranges = coverRanges(words);
  }
}

function sameRanges(a: readonly WordRange[], b: readonly WordRange[]): boolean {
  return (
    a.length === b.length && a.every(({ first, last }, i) => first === b[i]?.first && last === b[i]?.last)
  );
}
