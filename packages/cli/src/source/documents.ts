import type { Chunk } from "./chunk.ts";
import { type ReadYaml, readYaml } from "./yaml.ts";

/** Text of documents that are kept, in UTF-16 units; a document in memory is more than a hundred times its text. */
const KEPT = 2 ** 20;

/**
 * Documents as they were read. Where fields stand is asked for while a document is judged and rarely later, so that only the
 * last ones are kept, and others are read again.
 */
export class Documents {
  /** By chunk, the one that was asked for last at the end. */
  readonly #kept = new Map<Chunk, ReadYaml>();
  #size = 0;

  get(chunk: Chunk): ReadYaml {
    const known = this.#kept.get(chunk);
    if (known !== undefined) {
      this.#kept.delete(chunk);
      this.#kept.set(chunk, known);
      return known;
    }
    this.#makeRoom(chunk.text.length);
    const read = readYaml(chunk);
    this.#kept.set(chunk, read);
    this.#size += chunk.text.length;
    return read;
  }

  #makeRoom(length: number): void {
    for (const chunk of this.#kept.keys()) {
      if (this.#size + length <= KEPT) return;
      this.#kept.delete(chunk);
      this.#size -= chunk.text.length;
    }
  }
}
