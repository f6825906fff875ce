import type { Chunk } from "./chunk.ts";

/** An object begins here, after at most {@link FAR} blanks. */
const OPENS = /^\s*\{/;
const FAR = 1000;

/**
 * The values of a chunk that holds JSON objects one after the other, as `jq` and `kubectl` write them; any other chunk as
 * it is.
 */
export function splitJson(chunk: Chunk): readonly Chunk[] {
  const { text, offset } = chunk;
  if (!/^\s*\{\s*["}]/.test(text)) return [chunk];
  const parts: Chunk[] = [];
  let start = 0;
  for (const end of endsOfValues(text)) {
    if (!OPENS.test(text.slice(end, end + FAR))) break;
    parts.push({ text: text.slice(start, end), offset: offset + start });
    start = end;
  }
  return [...parts, { text: text.slice(start), offset: offset + start }];
}

/** Where objects end that no other value contains. */
function* endsOfValues(text: string): IterableIterator<number> {
  let depth = 0;
  let quoted = false;
  for (let at = 0; at < text.length; at++) {
    const token = text[at];
    if (quoted) {
      if (token === "\\") at++;
      else if (token === '"') quoted = false;
    } else if (token === '"') quoted = true;
    else if (token === "{" || token === "[") depth++;
    else if (token === "}" || token === "]") {
      depth--;
      if (depth === 0) yield at + 1;
      if (depth < 0) return;
    }
  }
}
