import { type Chunk, linesOf } from "./chunk.ts";

/** A list, taken apart. */
export interface SplitList {
  /** The list without its items. */
  readonly list: Chunk;
  readonly items: readonly Chunk[];
}

/**
 * Takes a long block-style list apart at the lines where its items begin, as in a dump by `kubectl get -o yaml`, so that
 * each can be read by itself: reading all at once costs memory of a hundred times the text. Undefined if the text does not
 * have that form.
 */
export function splitList(chunk: Chunk): SplitList | undefined {
  const { text, offset } = chunk;
  let head: number | undefined;
  let indent: string | undefined;
  let end = text.length;
  const starts: number[] = [];
  for (const line of linesOf(text)) {
    if (head === undefined) {
      if (/^items:[ \t]*(?:#.*)?$/.test(line.text)) head = line.start + line.text.length;
    } else {
      indent ??= /^( *)- /.exec(line.text)?.[1];
      if (/^[ \t]*(?:#.*)?$/.test(line.text)) continue;
      if (indent === undefined) return undefined;
      if (line.text.startsWith(`${indent}- `)) starts.push(line.start);
      else if (!line.text.startsWith(`${indent} `)) {
        end = line.start;
        break;
      }
    }
  }
  if (head === undefined || starts.length === 0) return undefined;
  const blank = text.slice(head, end).replaceAll(/[^\n]/g, " ");
  const dash = (indent ?? "").length;
  const items = starts.map((start, i) => ({
    // A blank in place of the dash keeps every column.
    text: `${" ".repeat(dash + 1)}${text.slice(start + dash + 1, starts[i + 1] ?? end)}`,
    offset: offset + start,
  }));
  return { list: { text: text.slice(0, head) + blank + text.slice(end), offset }, items };
}
