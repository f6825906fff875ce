import type { YAMLError } from "yaml";

/** Why a text cannot be read, and where. */
export interface SyntaxFault {
  /** In the text, in UTF-16 units. */
  readonly offset: number;
  readonly message: string;
}

type Code = YAMLError["code"];

/** What is wrong and what was expected, by the library's codes; the library's own words where there is none. */
const TEXTS: Partial<Record<Code, string>> = {
  BAD_ALIAS: 'is no alias that can be followed; write "*" and the name of an anchor above it',
  BAD_DIRECTIVE: 'is no directive; expected "---" and an object, or remove the line',
  BAD_DQ_ESCAPE:
    'is no escape of double quotes; expected one such as "\\n" or "\\\\", or write the text in single quotes',
  BAD_INDENT:
    'is indented differently from what it belongs to; expected the column in which the keys, or the "-", above it begin',
  BAD_SCALAR_START: "cannot begin a value; expected the value in quotes",
  BLOCK_AS_IMPLICIT_KEY:
    "is a second key in one line; expected the value in quotes, or this key on a line of its own, indented further",
  BLOCK_IN_FLOW: 'is inside of "{" or "["; expected a comma, or the "}" or "]" that closes it',
  KEY_OVER_1024_CHARS: 'is no key: it has more than 1024 characters; expected ": " before',
  MULTILINE_IMPLICIT_KEY: 'is no field; expected a key, ":" and a blank, then the value',
  MULTIPLE_ANCHORS: "is a second anchor of one value; expected one",
  MULTIPLE_TAGS: "is a second tag of one value; expected one",
  RESOURCE_EXHAUSTION: "is nested too deeply to be an object of Kubernetes; nothing of it was read",
  TAB_AS_INDENT: "is a tab; YAML is indented with blanks: replace it by blanks",
  UNEXPECTED_TOKEN:
    "does not continue what is before it; expected the end of the line, or quotes around the whole value",
};

/** The fault that an error of the YAML library stands for. @param text the text that was parsed */
export function syntaxFaultOf({ code, message, pos: [start, end] }: YAMLError, text: string): SyntaxFault {
  const sentence = TEXTS[code] ?? missing(code, message);
  if (code === "BAD_INDENT" && message.startsWith("Flow")) {
    return { offset: start, message: 'begins while a "[" or "{" above it is open; expected the "]" or "}"' };
  }
  const shown = text.slice(start, Math.min(end, start + 30)).split(/[\r\n]/, 1)[0] ?? "";
  const quoted = code === "TAB_AS_INDENT" || shown.trim() === "" ? "this" : JSON.stringify(shown.trim());
  return { offset: start, message: `${quoted} ${sentence}` };
}

function missing(code: Code, message: string): string {
  if (code !== "MISSING_CHAR") return `cannot be read as YAML: ${message}`;
  if (message.includes("quote")) return "is the end of a text whose quote is not closed; expected the quote";
  if (message.includes("followed by map values")) return 'is a key without a value; expected ":" after it';
  if (message.includes("flow")) return 'does not follow from what is before it; expected "," or ":"';
  return `is not complete: ${message}`;
}
