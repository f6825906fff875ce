import { type Document, isScalar, visit } from "yaml";

/** A key that an object has more than once. */
export interface RepeatedKey {
  readonly key: string;
  /** Of the second one, in UTF-16 units from the beginning of the document. */
  readonly offset: number;
  /** Of the first one. */
  readonly first: number;
  /** Whether it is a key of the document itself, and not of something in it. */
  readonly outermost: boolean;
}

/** Keys that stand more than once in one object, of which only the last counts. */
export function repeatedKeys(document: Document.Parsed): readonly RepeatedKey[] {
  const repeated: RepeatedKey[] = [];
  visit(document, {
    Map(_key, map) {
      const seen = new Map<string, number>();
      for (const { key } of map.items) {
        if (!isScalar(key) || key.source === "<<") continue;
        const text = String(key.value);
        const offset = key.range?.[0] ?? 0;
        const first = seen.get(text);
        if (first === undefined) seen.set(text, offset);
        else repeated.push({ key: text, offset, first, outermost: map === document.contents });
      }
    },
  });
  return repeated;
}
