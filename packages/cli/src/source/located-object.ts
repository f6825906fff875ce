import type { Finding, ObjectName } from "../finding.ts";
import type { Chunk } from "./chunk.ts";
import type { Documents } from "./documents.ts";
import { type JsonObject, textOf, valueAt } from "./json.ts";
import { locate, type Part } from "./locate.ts";
import { type Path, pathText } from "./path.ts";
import type { LineIndex, Position } from "./position.ts";
import { firstTemplate, type Template } from "./templates.ts";

/** Where an object was found. */
export interface Origin {
  readonly file: string;
  readonly lines: LineIndex;
  readonly chunk: Chunk;
  readonly documents: Documents;
  /** The way to the object in its document; empty unless it is an item of a list. */
  readonly base: Path;
}

/** What an object is, if it does not say so rightly itself. */
export interface Identity {
  readonly apiVersion?: string;
  readonly kind?: string;
  /** Whether objects of its kind have no namespace, so that one that is written means nothing. */
  readonly clusterScoped?: boolean;
}

/** One object of a file, which knows where each of its fields stands. */
export class LocatedObject {
  readonly apiVersion: string | undefined;
  readonly kind: string | undefined;
  readonly value: JsonObject;
  readonly #origin: Origin;
  readonly #clusterScoped: boolean;

  /** @param identity wins over what the object says */
  constructor(value: JsonObject, origin: Origin, identity: Identity = {}) {
    this.value = value;
    this.#origin = origin;
    this.apiVersion = identity.apiVersion ?? textOf(value.apiVersion);
    this.kind = identity.kind ?? textOf(value.kind);
    this.#clusterScoped = identity.clusterScoped ?? false;
  }

  /** The same object, taken for what it is probably meant to be. */
  takenFor(identity: Identity): LocatedObject {
    return new LocatedObject(this.value, this.#origin, identity);
  }

  get file(): string {
    return this.#origin.file;
  }

  get name(): string | undefined {
    return textOf(this.at(["metadata", "name"]));
  }

  get namespace(): string | undefined {
    return this.#clusterScoped ? undefined : textOf(this.at(["metadata", "namespace"]));
  }

  /** The value of a field, or undefined if there is none. */
  at(path: Path): unknown {
    return valueAt(this.value, path);
  }

  /** Where a field, or the last part of the way to it that there is, stands in the file. */
  position(path: Path, part: Part = "value"): Position {
    const { documents, chunk, lines, base } = this.#origin;
    const { document } = documents.get(chunk);
    return lines.at(chunk.offset + locate(document, [...base, ...path])[part]);
  }

  /** The first placeholder below these fields. */
  template(paths: readonly Path[]): (Template & { readonly position: Position }) | undefined {
    const { documents, chunk, lines, base } = this.#origin;
    const read = documents.get(chunk);
    const nodes = paths.map((path) => locate(read.document, [...base, ...path]).node);
    const found = firstTemplate(read, nodes);
    return found && { ...found, position: lines.at(chunk.offset + found.offset) };
  }

  /** How findings name it. */
  named(): ObjectName {
    const { kind = "object", name, namespace } = this;
    return { kind, ...(namespace !== undefined && { namespace }), ...(name !== undefined && { name }) };
  }

  /** A finding about one of its fields. */
  finding(severity: Finding["severity"], path: Path, message: string, part: Part = "value"): Finding {
    const value = shown(this.at(path));
    return {
      severity,
      file: this.file,
      ...this.position(path, part),
      object: this.named(),
      ...(path.length > 0 && { field: pathText(path) }),
      ...(path.length > 0 && value !== undefined && { value }),
      message: shortened(message, 1000),
    };
  }
}

function shown(value: unknown): string | undefined {
  const text = JSON.stringify(value);
  return text === undefined ? undefined : shortened(text, 200);
}

/** Without its middle, if it is too long: what is wrong, and the cure, stand at the ends. */
function shortened(text: string, length: number): string {
  if (text.length <= length) return text;
  const end = Math.floor(length / 3);
  return `${text.slice(0, length - end - 1)}…${text.slice(-end)}`;
}
