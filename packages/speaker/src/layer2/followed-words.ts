import { ENOMEM, type SystemError } from "@fairlead/linux/errno.ts";
import type { Result } from "@fairlead/net/result.ts";
import { blocksOf, isCovered, type WordBlocks, withWords } from "./word-blocks.ts";

/**
 * Blocks of a set: as many as a filter of two sets has room for since Linux 6.7, and before. What a socket may have of memory for its options
 * (net.core.optmem_max) was 20 KiB then and is 128 KiB now, for the old filter and the new one together.
 */
const MOST_BLOCKS: readonly [number, ...number[]] = [512, 128, 16];

/** One part in so many of the words that are covered may be gone before the set is made smaller. */
const SLACK = 8;

/**
 * A set that covers words while they change. It grows at once and shrinks when much of what it covers is gone: a change of one
 * word among thousands costs little.
 */
export class FollowedWords {
  readonly #words: () => Iterable<number>;
  #limits = MOST_BLOCKS;
  #set = blocksOf([], 1);
  #covered = 0;
  #gone = 0;

  /** @param words all that there are now */
  constructor(words: () => Iterable<number>) {
    this.#words = words;
    this.#cover();
  }

  get set(): WordBlocks {
    return this.#set;
  }

  /**
   * Takes note of what came and how many went, after it happened.
   *
   * @returns whether the set is another now
   */
  follow(added: Iterable<number>, removed: number): boolean {
    const before = this.#set;
    this.#gone += removed;
    const uncovered = [...added].filter((word) => !isCovered(before, word));
    if (removed > 0 && this.#gone * SLACK >= this.#covered) this.#cover();
    else if (uncovered.length > 0) {
      this.#set = withWords(before, uncovered, this.#limits[0]);
      this.#covered += uncovered.length;
    }
    return before !== this.#set && !isSame(before, this.#set);
  }

  /** Takes less room from now on, and may cover more. @returns whether it can */
  coarsen(): boolean {
    const [, next, ...others] = this.#limits;
    if (next === undefined) return false;
    this.#limits = [next, ...others];
    this.#cover();
    return true;
  }

  #cover(): void {
    const all = [...this.#words()];
    this.#set = blocksOf(all, this.#limits[0]);
    this.#covered = all.length;
    this.#gone = 0;
  }
}

/**
 * Gives a socket a filter made of these sets, and a smaller one if the kernel has no room for it.
 *
 * @param attempt makes the filter and sets it; its errno, or 0
 * @returns the errno of the last attempt
 */
export function fitted(sets: readonly FollowedWords[], attempt: () => number): number {
  let errno = attempt();
  while (errno === ENOMEM && coarsened(sets)) errno = attempt();
  return errno;
}

/** Opens a socket with a filter made of these sets, and with a smaller one if the kernel has no room for it. */
export function openFitted<Socket>(
  sets: readonly FollowedWords[],
  open: () => Result<Socket, SystemError>,
): Result<Socket, SystemError> {
  let opened = open();
  while (!opened.ok && opened.error.errno === ENOMEM && coarsened(sets)) opened = open();
  return opened;
}

function coarsened(sets: readonly FollowedWords[]): boolean {
  return sets.map((one) => one.coarsen()).includes(true);
}

function isSame(a: WordBlocks, b: WordBlocks): boolean {
  if (a.bits !== b.bits || a.blocks.size !== b.blocks.size) return false;
  return [...a.blocks].every(([first, words]) => b.blocks.get(first) === words);
}
