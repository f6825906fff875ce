/** Cuts a text that arrives in pieces into lines. */
export class LineSplitter {
  readonly #mostChars: number;
  readonly #onLine: (line: string) => void;
  #pieces: string[] = [];
  #length = 0;

  /** @param mostChars bound of one line */
  constructor(mostChars: number, onLine: (line: string) => void) {
    this.#mostChars = mostChars;
    this.#onLine = onLine;
  }

  /** @throws RangeError if a line grows beyond its bound */
  push(text: string): void {
    let start = 0;
    for (let end = text.indexOf("\n"); end >= 0; end = text.indexOf("\n", start)) {
      this.#keep(text.slice(start, end));
      this.end();
      start = end + 1;
    }
    this.#keep(start === 0 ? text : text.slice(start));
  }

  /** Delivers what has come since the last line feed; blank lines are left out. */
  end(): void {
    const line = this.#pieces.length === 1 ? (this.#pieces[0] ?? "") : this.#pieces.join("");
    this.#pieces = [];
    this.#length = 0;
    if (line.trim() !== "") this.#onLine(line);
  }

  #keep(piece: string): void {
    if (piece === "") return;
    this.#length += piece.length;
    if (this.#length > this.#mostChars) {
      throw new RangeError(`a line is longer than ${this.#mostChars} characters`);
    }
    this.#pieces.push(piece);
  }
}
