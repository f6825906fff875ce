import { err, ok, type Result } from "@fairlead/net/result.ts";

/** The text of a file. */
export interface DecodedText {
  readonly text: string;
  /** What is odd about it; undefined if nothing is. */
  readonly note?: string;
}

/** Why bytes are no text. */
export interface DecodingFault {
  /** Counted from 1. */
  readonly line: number;
  readonly message: string;
}

/**
 * The text that a file's bytes stand for: UTF-8 with or without a byte order mark, or UTF-16 with one, as some editors
 * and shells on Windows write it. Byte order marks at the beginning of lines are left out: they come from joining files.
 */
export function decodeText(bytes: Uint8Array): Result<DecodedText, DecodingFault> {
  const utf16 = utf16Of(bytes);
  if (utf16 !== undefined) {
    const note = "is UTF-16, which kubectl does not read; save it as UTF-8";
    return ok({ text: withoutMarks(new TextDecoder(utf16).decode(bytes)), note });
  }
  try {
    return ok({ text: withoutMarks(new TextDecoder("utf-8", { fatal: true }).decode(bytes)) });
  } catch {
    const before = new TextDecoder("utf-8").decode(bytes).split("\ufffd", 1)[0] ?? "";
    return err({ line: before.split("\n").length, message: "is not UTF-8 text; save the file as UTF-8" });
  }
}

function utf16Of(bytes: Uint8Array): "utf-16le" | "utf-16be" | undefined {
  if (bytes[0] === 0xff && bytes[1] === 0xfe) return "utf-16le";
  return bytes[0] === 0xfe && bytes[1] === 0xff ? "utf-16be" : undefined;
}

function withoutMarks(text: string): string {
  return text.replaceAll(/(^|\n)\ufeff/g, "$1");
}
