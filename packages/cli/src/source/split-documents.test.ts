import { expect } from "chai";
import fc from "fast-check";
import { splitDocuments } from "./split-documents.ts";

const texts = (text: string): readonly string[] => splitDocuments(text).map((chunk) => chunk.text);

describe("the documents of a file", () => {
  const cases: readonly [what: string, text: string, documents: readonly string[]][] = [
    ["one", "a: 1\n", ["a: 1\n"]],
    ["none in an empty file", "", []],
    ["none in comments and blank lines", "# a\n\n  # b\n---\n# c\n", []],
    ["several", "a: 1\n---\nb: 2\n", ["a: 1\n", "---\nb: 2\n"]],
    ["with carriage returns", "a: 1\r\n---\r\nb: 2\r\n", ["a: 1\r\n", "---\r\nb: 2\r\n"]],
    ["after the end of another", "a: 1\n...\nb: 2\n", ["a: 1\n", "\nb: 2\n"]],
    ["that begin on the line of their marker", "--- {a: 1}\n--- # none\n", ["--- {a: 1}\n"]],
    ["within an open quote, as YAML has it", 'a: "x\n---\nb: 2\n', ['a: "x\n', "---\nb: 2\n"]],
    ["with their directives", "%YAML 1.1\n---\na: 1\n", ["%YAML 1.1\n---\na: 1\n"]],
    ["not at an indented marker, nor at a longer one", "a: |\n  ---\n----\n", ["a: |\n  ---\n----\n"]],
    ["of JSON one after the other", '{"a":"}{"}\n{"b":[{}]} {}', ['{"a":"}{"}', '\n{"b":[{}]}', " {}"]],
    ["of JSON that is not closed", '{"a": [1\n', ['{"a": [1\n']],
    ["of a template that begins like JSON", "{{ if .x }}\na: 1\n", ["{{ if .x }}\na: 1\n"]],
  ];
  for (const [what, text, documents] of cases) {
    it(`are found: ${what}`, () => expect(texts(text)).to.deep.equal(documents));
  }

  it("stand where their offsets say", () => {
    const line = fc.constantFrom(
      "---",
      "...",
      "a: 1",
      "# x",
      "",
      '{"a": 1}',
      "%YAML 1.1",
      "{}",
      "'",
      "--- x",
    );
    fc.assert(
      fc.property(fc.array(line), fc.constantFrom("\n", "\r\n"), (lines, end) => {
        const text = lines.join(end);
        for (const { text: part, offset } of splitDocuments(text)) {
          expect(text.slice(offset, offset + part.length)).to.equal(part);
        }
      }),
    );
  });
});
