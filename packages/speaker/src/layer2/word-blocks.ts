/** A block of exact words: the last bits of a word say which bit of the block is its. */
const EXACT_BITS = 5;
/** The bits of a word that say where in its block it is. */
export const PLACE: number = 2 ** EXACT_BITS - 1;
/** A block with all of its words. */
export const WHOLE = 0xffffffff;

/**
 * A set of 32-bit words, such as the ends of addresses, in blocks of words that follow one another. While there are few enough blocks it holds
 * exactly what it was made of; else whole blocks, and words that were not.
 */
export interface WordBlocks {
  /** So many last bits of a word tell it from the others of its block: 5, or more where all blocks are whole. */
  readonly bits: number;
  /** The first word of each block, unsigned, and which of its words are in the set: bit i for the one that ends in i. */
  readonly blocks: ReadonlyMap<number, number>;
}

/** The smallest set that has all the words in at most so many blocks, of at least 1. */
export function blocksOf(words: Iterable<number>, most: number): WordBlocks {
  const blocks = new Map<number, number>();
  for (const word of words) add(blocks, word);
  return joined(blocks, most);
}

/** The same set with these words too. */
export function withWords({ bits, blocks }: WordBlocks, words: Iterable<number>, most: number): WordBlocks {
  const more = new Map(blocks);
  for (const word of words) {
    if (bits === EXACT_BITS) add(more, word);
    else more.set(firstOf(word, bits), WHOLE);
  }
  return joined(more, most, bits);
}

/** Whether the word is in the set. */
export function isCovered({ bits, blocks }: WordBlocks, word: number): boolean {
  return (((blocks.get(firstOf(word, bits)) ?? 0) >>> (word & PLACE)) & 1) === 1;
}

function add(blocks: Map<number, number>, word: number): void {
  const first = firstOf(word, EXACT_BITS);
  blocks.set(first, ((blocks.get(first) ?? 0) | (1 << (word & PLACE))) >>> 0);
}

/** Whole blocks, twice as long each time, until there are few enough. */
function joined(blocks: ReadonlyMap<number, number>, most: number, bits = EXACT_BITS): WordBlocks {
  let set: WordBlocks = { bits, blocks };
  while (set.blocks.size > most) {
    const longer = set.bits + 1;
    set = {
      bits: longer,
      blocks: new Map([...set.blocks.keys()].map((word) => [firstOf(word, longer), WHOLE])),
    };
  }
  return set;
}

/** The first word of the block that a word is in: all but its last bits. */
export function firstOf(word: number, bits: number): number {
  return bits >= 32 ? 0 : ((word >>> bits) << bits) >>> 0;
}
