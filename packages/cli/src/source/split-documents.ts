import { type Chunk, linesOf } from "./chunk.ts";
import { splitJson } from "./split-json.ts";

const MARKER = /^(?:---|\.\.\.)(?:[ \t]|$)/;
const NOTHING = /^[ \t]*(?:#.*)?$/;

/**
 * The documents of a YAML or JSON text, those without content left out. YAML allows `---` and `...` at the beginning of a
 * line as markers only, inside quotes and blocks too, so that one broken document does not swallow the next.
 */
export function splitDocuments(text: string): readonly Chunk[] {
  const chunks: Chunk[] = [];
  let start = 0;
  let content: "nothing" | "directives" | "something" = "nothing";
  const end = (at: number): void => {
    if (content === "something") chunks.push(...splitJson({ text: text.slice(start, at), offset: start }));
  };
  for (const line of linesOf(text)) {
    if (MARKER.test(line.text)) {
      // Directives belong to the document that the marker opens.
      if (content !== "directives" || line.text.startsWith("...")) {
        end(line.start);
        start = line.text.startsWith("...") ? line.start + line.text.length : line.start;
      }
      content = NOTHING.test(line.text.slice(3)) ? "nothing" : "something";
    } else if (!NOTHING.test(line.text)) {
      const directive: boolean =
        content !== "something" && line.text.startsWith("%") && !text.startsWith("---", start);
      content = directive ? "directives" : "something";
    }
  }
  end(text.length);
  return chunks;
}
