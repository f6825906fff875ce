import { expect } from "chai";
import { LineIndex } from "./position.ts";
import { repeatedKeys } from "./repeated-keys.ts";
import { readYaml } from "./yaml.ts";

const read = (text: string) => readYaml({ text, offset: 0 });

/** `line:column message` of the fault. */
function fault(text: string): string | undefined {
  const found = read(text).fault;
  if (found === undefined) return undefined;
  const { line, column } = new LineIndex(text).at(found.offset);
  return `${line}:${column} ${found.message}`;
}

describe("a document", () => {
  it("is read as kubectl reads it: YAML 1.1 without times", () => {
    const text =
      "{a: yes, b: On, c: 1:2:3, d: 2026-01-01, e: 010, f: 1_000, g: 4.2e+09, h: ~, i: '1', j: 'no', k: 2001:db8::1}";
    expect(read(text).value).to.deep.equal({
      a: true,
      b: true,
      c: "1:2:3",
      d: "2026-01-01",
      e: 8,
      f: 1000,
      g: 4_200_000_000,
      h: null,
      i: "1",
      j: "no",
      k: "2001:db8::1",
    });
  });

  it("may use anchors, aliases and merged keys", () => {
    const { value } = read("a: &a {x: 1, z: 1}\nb:\n  <<: *a\n  z: 2\nc: [*a]\n");
    expect(value).to.deep.include({ b: { x: 1, z: 2 }, c: [{ x: 1, z: 1 }] });
  });

  it("may be JSON that is indented with tabs", () => {
    expect(read('{\n\t"a": [\n\t\t1\n\t]\n}').value).to.deep.equal({ a: [1] });
  });

  const cases: readonly [text: string, fault: string][] = [
    ["a:\n\t- b\n", "2:1 this is a tab; YAML is indented with blanks: replace it by blanks"],
    [
      "a:\n  - b\n c: d\n",
      '3:1 this is indented differently from what it belongs to; expected the column in which the keys, or the "-", above it begin',
    ],
    [
      "a: b: c\n",
      '1:4 "b" is a second key in one line; expected the value in quotes, or this key on a line of its own, indented further',
    ],
    ['a: 1\nb: "x\nc: y\n', "2:4 the quote that is opened here is not closed; expected the same quote"],
    ["a: [1,2\nb: 3\n", '2:1 begins while a "[" or "{" above it is open; expected the "]" or "}"'],
    ["a: @b\n", '1:4 "@" cannot begin a value; expected the value in quotes'],
    ["a:\n- b:1\n  c: 2\n", '2:3 "b:1" is no field; expected a key, ":" and a blank, then the value'],
    [
      "a: 'it's'\n",
      '1:8 "s\'" does not continue what is before it; expected the end of the line, or quotes around the whole value',
    ],
    ["a:\n  b: *none\n", '2:6 "*none" has no anchor; expected "&none" at a value above it in this document'],
    ["a: *b\nc: &b 1\n", '1:4 "*b" has no anchor; expected "&b" at a value above it in this document'],
    ["a:\n  <<: 1\n", '2:3 "<<" merges fields; expected an alias of an object after it'],
    ["a: &a 1\nb: {<<: [*a]}\n", '2:5 "<<" merges fields; expected an alias of an object after it'],
  ];
  for (const [text, expected] of cases) {
    it(`is refused with line, column and what was expected: ${JSON.stringify(text)}`, () => {
      expect(fault(text)).to.equal(expected);
    });
  }

  it("is refused if its aliases multiply", () => {
    const rows = Array.from({ length: 12 }, (_, i) => `a${i + 1}: &a${i + 1} [${`*a${i},`.repeat(9)}]`);
    const text = `a0: &a0 [x,x,x,x,x,x,x,x,x]\n${rows.join("\n")}\n`;
    expect(fault(text)).to.match(/^1:1 its aliases stand for more than 1000 values; write the values out$/);
  });

  it("is refused if it contains itself", () => {
    expect(fault("a: &a [*a]\n")).to.equal(
      '1:8 "*a" stands within the value that it stands for; write the value out',
    );
  });

  describe("that is nested too deeply", () => {
    // The library makes an error at each depth; the test runner has each record its whole stack.
    const { stackTraceLimit } = Error;
    before(() => {
      Error.stackTraceLimit = 10;
    });
    after(() => {
      Error.stackTraceLimit = stackTraceLimit;
    });

    for (const [what, text] of [
      ["brackets", "[".repeat(5_000)],
      ["braces", "{a: ".repeat(5_000)],
      ["lists of lists", "- ".repeat(5_000)],
      ["brackets that are closed", "[".repeat(5_000) + "]".repeat(5_000)],
    ] as const) {
      it(`is refused: ${what}`, () => {
        expect(fault(text)).to.contain("is nested too deeply to be an object of Kubernetes");
      });
    }
  });

  it("tells keys that repeat themselves, at any depth", () => {
    const text = "a: 1\nb:\n  c: 1\n  d: {e: 1, e: 2}\n  c: 2\na: 2\n<<: {}\n<<: {}\n";
    const repeated = repeatedKeys(read(text).document);
    const index = new LineIndex(text);
    expect(
      repeated.map(({ key, offset, first, outermost }) => [
        key,
        index.at(first).line,
        index.at(offset).line,
        outermost,
      ]),
    ).to.have.deep.members([
      ["a", 1, 6, true],
      ["c", 3, 5, false],
      ["e", 4, 4, false],
    ]);
  });

  it("with very many keys is read in a moment", () => {
    const text = Array.from({ length: 5_000 }, (_, i) => `k${i}: 1`).join("\n");
    const { document, value } = read(text);
    expect(Object.keys(value ?? {})).to.have.length(5_000);
    expect(repeatedKeys(document)).to.deep.equal([]);
  });
});
