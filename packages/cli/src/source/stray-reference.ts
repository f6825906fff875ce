import { type Document, isAlias, isCollection, isMap, isScalar, isSeq, type Node, visit } from "yaml";
import type { SyntaxFault } from "./syntax-fault.ts";

/** The first alias that stands for nothing or for what it is in, or the first `<<` that merges what cannot be merged. */
export function strayReference(document: Document.Parsed): SyntaxFault | undefined {
  let fault: SyntaxFault | undefined;
  const anchors = new Map<string, Node>();
  const stop = (node: Node, message: string): symbol => {
    fault = { offset: node.range?.[0] ?? 0, message };
    return visit.BREAK;
  };
  visit(document, {
    Pair(_key, { key, value }) {
      if (!isScalar(key) || key.source !== "<<" || key.type !== "PLAIN") return undefined;
      const sources: readonly unknown[] = isSeq(value) ? value.items : [value];
      const mergeable = sources.every((one) => isMap(isAlias(one) ? anchors.get(one.source) : one));
      return mergeable ? undefined : stop(key, '"<<" merges fields; expected an alias of an object after it');
    },
    Node(_key, node, ancestors) {
      if (!isAlias(node)) {
        if (node.anchor !== undefined) anchors.set(node.anchor, node);
        return undefined;
      }
      const { source } = node;
      if (ancestors.some((one) => isCollection(one) && one.anchor === source)) {
        return stop(node, `"*${source}" stands within the value that it stands for; write the value out`);
      }
      if (anchors.has(source)) return undefined;
      return stop(
        node,
        `"*${source}" has no anchor; expected "&${source}" at a value above it in this document`,
      );
    },
  });
  return fault;
}
