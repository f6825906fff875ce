import { isMap, isScalar, type Node, visit } from "yaml";
import { linesOf } from "./chunk.ts";
import type { ReadYaml } from "./yaml.ts";

/** A placeholder that a tool was to replace. */
export interface Template {
  /** In UTF-16 units from the beginning of the document. */
  readonly offset: number;
  /** As it is written. */
  readonly text: string;
}

const PLACEHOLDER = /\{\{.*?(?:\}\}|$)|\{%.*?(?:%\}|$)|\$\{\w[^}]{0,80}\}/m;
const ONLY_BRACES = /\{\{.*?(?:\}\}|$)|\{%.*?(?:%\}|$)/;

/**
 * The first placeholder of a document: in its values and keys if it can be read, else in its lines, of which comments are
 * left out. `{{ x }}` can be read: as an object whose key is an object.
 *
 * @param below only within these values
 */
export function firstTemplate(read: ReadYaml, below: readonly (Node | null)[]): Template | undefined {
  return read.fault === undefined ? inValues(below, read.chunk.text) : inLines(read.chunk.text);
}

/** What is to be done about it. */
export function renderFirst({ text }: Template): string {
  const tool = text.startsWith("$") ? "envsubst" : "helm template";
  return `${JSON.stringify(text.slice(0, 80))} is a placeholder, not a value; render the file first, for example with ${tool}, and check the result`;
}

function inLines(text: string): Template | undefined {
  for (const line of linesOf(text)) {
    if (/^\s*#/.test(line.text)) continue;
    const found = ONLY_BRACES.exec(line.text);
    if (found !== null) return { offset: line.start + found.index, text: found[0] };
  }
  return undefined;
}

function inValues(nodes: readonly (Node | null)[], text: string): Template | undefined {
  let first: Template | undefined;
  for (const node of nodes) {
    if (node === null || first !== undefined) continue;
    visit(node, {
      Map(_key, map) {
        if (!map.flow || !isMap(map.items[0]?.key)) return undefined;
        const offset = map.range?.[0] ?? 0;
        first = { offset, text: text.slice(offset, map.range?.[1]).split("\n", 1)[0] ?? "" };
        return visit.BREAK;
      },
      Scalar(_key, scalar) {
        const found = isScalar(scalar) ? PLACEHOLDER.exec(String(scalar.value)) : null;
        if (found === null) return undefined;
        first = { offset: scalar.range?.[0] ?? 0, text: found[0] };
        return visit.BREAK;
      },
    });
  }
  return first;
}
