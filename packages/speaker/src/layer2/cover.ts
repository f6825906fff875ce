/** A run of 32-bit words, both ends included, unsigned. */
export interface WordRange {
  readonly first: number;
  readonly last: number;
}

/** Up to so many words are covered exactly, one range each at most. */
const EXACT = 32;
/**
 * Above that, blocks of so many words with more than {@link SPARSE} in them are covered whole, so that a filter rarely changes while addresses
 * that follow one another come and go. Others are covered exactly: gateways and nodes, whom everybody asks for, lie apart from a pool.
 */
const BLOCK = 64;
const SPARSE = 4;
/** The kernel walks the ranges one by one and bounds the size of a filter. */
const MOST_RANGES = 64;

/**
 * A few ranges that cover all the words, sorted. They may cover others too: what they let through is decided by lookup;
 * what they leave out never wakes us.
 */
export function coverRanges(words: Iterable<number>): readonly WordRange[] {
  const sorted = [...new Set([...words].map((word) => word >>> 0))].sort((a, b) => a - b);
  const exact = sorted.length <= EXACT;
  const pieces = exact
    ? sorted.map(only)
    : [...Map.groupBy(sorted, blockOf)].flatMap(([first, words]) =>
        words.length > SPARSE ? [{ first, last: first + BLOCK - 1 }] : words.map(only),
      );
  const ranges: { first: number; last: number }[] = [];
  for (const piece of pieces) {
    const open = ranges.at(-1);
    if (open !== undefined && piece.first <= open.last + 1) open.last = Math.max(open.last, piece.last);
    else ranges.push({ ...piece });
  }
  return joinNearest(ranges);
}

/** Whether one of the ranges contains the word. */
export function isCovered(ranges: readonly WordRange[], word: number): boolean {
  const unsigned = word >>> 0;
  return ranges.some(({ first, last }) => first <= unsigned && unsigned <= last);
}

function only(word: number): WordRange {
  return { first: word, last: word };
}

/** The first word of its block. */
function blockOf(word: number): number {
  return word - (word % BLOCK);
}

/** Closes the narrowest gaps until few enough ranges are left. */
function joinNearest(ranges: readonly WordRange[]): readonly WordRange[] {
  const surplus = ranges.length - MOST_RANGES;
  if (surplus <= 0) return ranges;
  const gaps = ranges
    .slice(1)
    .map((range, i) => ({ at: i + 1, width: range.first - (ranges[i]?.last ?? 0) }));
  const closed = new Set(
    gaps
      .sort((a, b) => a.width - b.width || a.at - b.at)
      .slice(0, surplus)
      .map(({ at }) => at),
  );
  const joined: { first: number; last: number }[] = [];
  ranges.forEach((range, i) => {
    const open = joined.at(-1);
    if (open !== undefined && closed.has(i)) open.last = range.last;
    else joined.push({ ...range });
  });
  return joined;
}
