/** A part of a file that is read by itself: one document, or one item of a long list. */
export interface Chunk {
  readonly text: string;
  /** Where it begins in the file, in UTF-16 units. */
  readonly offset: number;
}

/** One line of a text, its line end left out. */
export interface Line {
  readonly start: number;
  readonly text: string;
}

/** The lines of a text; a carriage return at the end of one is left out. */
export function* linesOf(text: string): IterableIterator<Line> {
  for (let start = 0; start < text.length; ) {
    const feed = text.indexOf("\n", start);
    const end = feed < 0 ? text.length : feed;
    yield { start, text: text.slice(start, text[end - 1] === "\r" && end > start ? end - 1 : end) };
    start = end + 1;
  }
}
