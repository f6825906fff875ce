import type { Finding } from "../finding.ts";
import type { Chunk } from "./chunk.ts";
import { Documents } from "./documents.ts";
import { isJsonObject, type JsonObject } from "./json.ts";
import { locate } from "./locate.ts";
import { LocatedObject, type Origin } from "./located-object.ts";
import { pathText } from "./path.ts";
import { LineIndex } from "./position.ts";
import { repeatedKeys } from "./repeated-keys.ts";
import { splitDocuments } from "./split-documents.ts";
import { splitList } from "./split-list.ts";
import { firstTemplate, renderFirst } from "./templates.ts";
import type { ReadYaml } from "./yaml.ts";

/** Lists longer than this are read item by item. */
const LONG = 2 ** 18;
/** Documents longer than this are not read: an object of the API has at most 1.5 MiB. */
const LONGEST = 4 * 2 ** 20;
/** How many repeated keys of one document are told. */
const MOST_REPEATED = 20;

/** What a file holds: an object, or something that is wrong with one of its documents. */
export type Found = { readonly object: LocatedObject } | { readonly finding: Finding };

/** The objects of a text, those of lists one by one. A document that cannot be read is told, and the others are read. */
export function* readObjects(file: string, text: string): IterableIterator<Found> {
  const reader = new Reader(file, new LineIndex(text));
  for (const chunk of splitDocuments(text)) yield* reader.document(chunk);
}

class Reader {
  readonly #file: string;
  readonly #lines: LineIndex;
  readonly #documents = new Documents();

  constructor(file: string, lines: LineIndex) {
    this.#file = file;
    this.#lines = lines;
  }

  *document(chunk: Chunk): IterableIterator<Found> {
    const split = chunk.text.length > LONG ? splitList(chunk) : undefined;
    if (split === undefined) {
      yield* this.#chunk(chunk);
      return;
    }
    const list = this.#read(split.list);
    if ("finding" in list) yield list;
    const inherited = "value" in list && isJsonObject(list.value) ? inheritedOf(list.value) : {};
    for (const item of split.items) yield* this.#chunk(item, inherited);
  }

  *#chunk(chunk: Chunk, inherited = {}): IterableIterator<Found> {
    const read = this.#read(chunk);
    if ("finding" in read) {
      yield read;
      return;
    }
    for (const { key, offset, first, outermost } of repeatedKeys(read.document).slice(0, MOST_REPEATED)) {
      const line = this.#lines.at(chunk.offset + first).line;
      const cure = outermost ? 'remove one, or put "---" between two objects' : "remove one";
      const message = `${JSON.stringify(key)} stands here and in line ${line}, and only the last one counts; ${cure}`;
      yield this.#finding(chunk, offset, message);
    }
    const origin = { file: this.#file, lines: this.#lines, chunk, documents: this.#documents, base: [] };
    yield* this.#objects(read.value, origin, inherited);
  }

  #read(chunk: Chunk): ReadYaml | { readonly finding: Finding } {
    if (chunk.text.length > LONGEST) {
      const message = `this document has more than ${LONGEST / 2 ** 20} MiB, which no object of Kubernetes has; give a List in block style, or its objects one by one`;
      return this.#finding(chunk, 0, message);
    }
    const read = this.#documents.get(chunk);
    if (read.fault === undefined) return read;
    const template = firstTemplate(read, []);
    if (template !== undefined) return this.#finding(chunk, template.offset, renderFirst(template));
    return this.#finding(chunk, read.fault.offset, read.fault.message);
  }

  *#objects(value: unknown, origin: Origin, inherited: Inherited): IterableIterator<Found> {
    const { base, chunk } = origin;
    if (value === null || value === undefined) return;
    if (!isJsonObject(value)) {
      const at = base.length === 0 ? "this document" : pathText(base);
      const cure = Array.isArray(value)
        ? "is a list; write kind: List and the objects under items"
        : "is no object; expected apiVersion, kind, metadata and spec";
      yield this.#finding(chunk, locate(this.#documents.get(chunk).document, base).key, `${at} ${cure}`);
      return;
    }
    const object = new LocatedObject(value, origin, without(inherited, value));
    if (object.kind?.endsWith("List") !== true || !Array.isArray(value.items)) {
      yield { object };
      return;
    }
    const passed = inheritedOf(value);
    for (const [i, item] of value.items.entries()) {
      yield* this.#objects(item, { ...origin, base: [...base, "items", i] }, passed);
    }
  }

  #finding({ offset }: Chunk, at: number, message: string): { readonly finding: Finding } {
    const position = this.#lines.at(offset + at);
    return { finding: { severity: "error", file: this.#file, ...position, message } };
  }
}

interface Inherited {
  readonly apiVersion?: string;
  readonly kind?: string;
}

/** What the object says itself counts. */
function without({ kind, apiVersion }: Inherited, value: JsonObject): Inherited {
  return {
    ...(kind !== undefined && typeof value.kind !== "string" && { kind }),
    ...(apiVersion !== undefined && typeof value.apiVersion !== "string" && { apiVersion }),
  };
}

/** Items of `kind: List` say what they are; those of `kind: IPAddressPoolList` need not. */
function inheritedOf({ apiVersion, kind }: JsonObject): Inherited {
  if (typeof kind !== "string" || kind === "List" || !kind.endsWith("List")) return {};
  return { kind: kind.slice(0, -"List".length), ...(typeof apiVersion === "string" && { apiVersion }) };
}
