const WORD = 32;
const WORDS = 32;

/** So far behind the newest number another may be and still count. */
export const REPLAY_WINDOW = (WORDS - 1) * WORD;

/**
 * Which numbers were seen, as RFC 6479 keeps them: each counts once, in any order, unless it is too old to be remembered. Speakers send
 * many messages at one moment - the pages of a set, the claims of a takeover - and a network may deliver them in another order.
 */
export class ReplayWindow {
  readonly #seen = new Uint32Array(WORDS);
  #newest = -1;

  /** The highest number; -1: none was seen. */
  get newest(): number {
    return this.#newest;
  }

  /** Whether a number was seen, or is too old to tell. */
  has(number: number): boolean {
    if (number > this.#newest) return false;
    const word = this.#seen[Math.floor(number / WORD) % WORDS] ?? 0;
    return number <= this.#newest - REPLAY_WINDOW || (word & (1 << (number % WORD))) !== 0;
  }

  /** Takes note of a number. @returns whether it was not seen before and is not too old */
  take(number: number): boolean {
    if (number <= this.#newest - REPLAY_WINDOW) return false;
    const word = Math.floor(number / WORD);
    if (number > this.#newest) {
      const from = Math.floor(Math.max(0, this.#newest) / WORD);
      for (let i = Math.max(from + 1, word - WORDS + 1); i <= word; i++) this.#seen[i % WORDS] = 0;
      this.#newest = number;
    }
    const bit = 1 << (number % WORD);
    const before = this.#seen[word % WORDS] ?? 0;
    this.#seen[word % WORDS] = before | bit;
    return (before & bit) === 0;
  }
}
