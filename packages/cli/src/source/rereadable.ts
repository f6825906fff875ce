import type { Chunk } from "./chunk.ts";
import { type ReadYaml, readYaml } from "./yaml.ts";

/**
 * A document that was read, which is read again if it is asked for after memory was short. Where fields stand is asked for
 * rarely, and a document in memory is hundreds of times its text.
 */
export class RereadableYaml {
  readonly chunk: Chunk;
  #read: WeakRef<ReadYaml>;

  constructor(read: ReadYaml) {
    this.chunk = read.chunk;
    this.#read = new WeakRef(read);
  }

  get(): ReadYaml {
    const known = this.#read.deref();
    if (known !== undefined) return known;
    const read = readYaml(this.chunk);
    this.#read = new WeakRef(read);
    return read;
  }
}
