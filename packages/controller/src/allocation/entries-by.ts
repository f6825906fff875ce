import type { Entry } from "./ledger-entry.ts";

/** Entries filed under a text; most texts have one entry, which then stands for itself. */
export class EntriesBy {
  readonly #entries = new Map<string, Entry | Map<string, Entry>>();

  /** Texts that have an entry. */
  keys(): IterableIterator<string> {
    return this.#entries.keys();
  }

  get(key: string): readonly Entry[] {
    const known = this.#entries.get(key);
    if (known === undefined) return [];
    return known instanceof Map ? [...known.values()] : [known];
  }

  add(key: string, entry: Entry): void {
    const known = this.#entries.get(key);
    if (known === undefined || known === entry) this.#entries.set(key, entry);
    else if (known instanceof Map) known.set(entry.address.text, entry);
    else {
      const both = [known, entry].map((one) => [one.address.text, one] as const);
      this.#entries.set(key, new Map(both));
    }
  }

  delete(key: string, entry: Entry): void {
    const known = this.#entries.get(key);
    if (known === entry) this.#entries.delete(key);
    if (!(known instanceof Map)) return;
    known.delete(entry.address.text);
    if (known.size === 0) this.#entries.delete(key);
  }
}
