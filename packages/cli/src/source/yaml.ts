import { type Document, isScalar, type ParsedNode, parseDocument, type Tags, visit } from "yaml";
import type { Chunk } from "./chunk.ts";
import { strayReference } from "./stray-reference.ts";
import { type SyntaxFault, syntaxFaultOf } from "./syntax-fault.ts";

/** A chunk that was read. */
export interface ReadYaml {
  readonly chunk: Chunk;
  readonly root: ParsedNode | null;
  readonly document: Document.Parsed;
  /** As JSON has it; undefined if there is a fault. */
  readonly value: unknown;
  /** The first thing that is wrong; what follows it may only follow from it. */
  readonly fault: SyntaxFault | undefined;
}

/** How often values may be repeated by aliases. */
const MOST_ALIASES = 1_000;

/** Reads one document as kubectl does: YAML 1.1, in which `yes` and `on` are booleans. Never throws. */
export function readYaml(chunk: Chunk): ReadYaml {
  const text = isJson(chunk.text) ? chunk.text.replaceAll("\t", " ") : chunk.text;
  const document = parseDocument(text, {
    version: "1.1",
    customTags: asKubectl,
    prettyErrors: false,
    logLevel: "silent",
    // The library compares each key with each; repeated-keys.ts does not.
    uniqueKeys: false,
  });
  const root = document.contents;
  const [first] = [...document.errors].sort((a, b) => a.pos[0] - b.pos[0]);
  const fault =
    first === undefined ? strayReference(document) : openQuote(document, syntaxFaultOf(first, text));
  if (fault !== undefined) return { chunk, root, document, value: undefined, fault };
  try {
    return { chunk, root, document, value: document.toJS({ maxAliasCount: MOST_ALIASES }), fault };
  } catch (error) {
    // The library throws for aliases that multiply; what else it may throw for is its secret.
    const message =
      error instanceof ReferenceError || error instanceof RangeError
        ? `its aliases stand for more than ${MOST_ALIASES} values; write the values out`
        : `cannot be read as YAML: ${error instanceof Error ? error.message : String(error)}`;
    return { chunk, root, document, value: undefined, fault: { offset: root?.range[0] ?? 0, message } };
  }
}

/** JSON may be indented with tabs, which is an error in YAML; within its strings there are none. */
function isJson(text: string): boolean {
  if (!/^\s*[{[]/.test(text) || !text.includes("\t")) return false;
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}

/** Without times: kubectl does not take `1:2:3` for a number, and leaves dates as they are written. */
function asKubectl(tags: Tags): Tags {
  return tags.filter((tag) => {
    if (typeof tag === "string") return true;
    const { tag: name, format } = tag as { readonly tag: string; readonly format?: string };
    return format !== "TIME" && !/:(timestamp|binary|omap|pairs|set)$/.test(name);
  });
}

/** A quote that is not closed is noticed at the end of the text; what helps is where it was opened. */
function openQuote(document: Document.Parsed, fault: SyntaxFault): SyntaxFault {
  if (!fault.message.includes("whose quote is not closed")) return fault;
  let opened: number | undefined;
  visit(document, {
    Scalar(_key, node) {
      const [start = 0, end = 0] = node.range ?? [];
      if (isScalar(node) && node.type?.startsWith("QUOTE") && start <= fault.offset && fault.offset <= end) {
        opened = start;
      }
    },
  });
  if (opened === undefined) return fault;
  return { offset: opened, message: "the quote that is opened here is not closed; expected the same quote" };
}
