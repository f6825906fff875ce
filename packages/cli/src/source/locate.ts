import {
  type Document,
  isAlias,
  isCollection,
  isMap,
  isPair,
  isScalar,
  isSeq,
  type Node,
  type Pair,
} from "yaml";
import type { Path } from "./path.ts";

/** Which part of a field is pointed at. */
export type Part = "key" | "value";

/** What a path leads to in a document. */
export interface Place {
  /** The value at the end of the path; null if it is empty or the path ends before. */
  readonly node: Node | null;
  /** Where the last part of the path that there is stands, in UTF-16 units from the beginning of the document. */
  readonly key: number;
  /** Where its value stands; that of a list or an object stands where its key does. */
  readonly value: number;
}

/** Follows a path, through aliases and merged keys. */
export function locate(document: Document.Parsed, path: Path): Place {
  let place = placeOf(document.contents, startOf(document.contents) ?? 0);
  for (const step of path) {
    const node = resolved(document, place.node);
    const next = isSeq(node) ? itemOf(node.items, step) : fieldOf(document, node, step);
    if (next === undefined) return { ...place, node: null };
    place = placeOf(next.node, next.key ?? place.key);
  }
  return place;
}

interface Step {
  readonly node: Node | null;
  readonly key: number | undefined;
}

function placeOf(node: Node | null, key: number): Place {
  const written = isScalar(node) && node.source !== "" ? startOf(node) : undefined;
  return { node, key, value: written ?? key };
}

function itemOf(items: readonly unknown[], step: string | number): Step | undefined {
  const item = typeof step === "number" ? items[step] : undefined;
  return isNode(item) ? { node: item, key: startOf(item) } : undefined;
}

function fieldOf(document: Document.Parsed, node: Node | null, step: string | number): Step | undefined {
  const pair = pairOf(document, node, String(step), 0);
  return pair === undefined ? undefined : { node: pair.value, key: startOf(pair.key) };
}

function pairOf(
  document: Document.Parsed,
  node: Node | null,
  key: string,
  depth: number,
): Pair<Node, Node | null> | undefined {
  if (!isMap<Node, Node | null>(node) || depth > 20) return undefined;
  // The last of several equal keys is the one that counts.
  const own = node.items.findLast((pair) => isScalar(pair.key) && String(pair.key.value) === key);
  if (own !== undefined) return own;
  for (const pair of node.items) {
    if (!(isScalar(pair.key) && pair.key.source === "<<")) continue;
    const merged = resolved(document, pair.value);
    for (const source of isSeq<Node>(merged) ? merged.items : [merged]) {
      const found = pairOf(document, resolved(document, source), key, depth + 1);
      if (found !== undefined) return found;
    }
  }
  return undefined;
}

function resolved(document: Document.Parsed, node: Node | null): Node | null {
  return isAlias(node) ? (node.resolve(document) ?? null) : node;
}

function isNode(value: unknown): value is Node {
  return !isPair(value) && (isScalar(value) || isCollection(value) || isAlias(value));
}

function startOf(node: unknown): number | undefined {
  return isNode(node) ? node.range?.[0] : undefined;
}
