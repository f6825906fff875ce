import { expect } from "chai";
import { readObjects } from "./read-objects.ts";

/** One line for each thing found. */
function read(text: string): readonly string[] {
  return [...readObjects("a.yaml", text)].map((one) => {
    if ("finding" in one) return `${one.finding.line}:${one.finding.column} ${one.finding.message}`;
    const { kind, apiVersion, name } = one.object;
    const { line, column } = one.object.position(["metadata", "name"]);
    return `${line}:${column} ${apiVersion} ${kind} ${name}`;
  });
}

const ITEM = (name: string): string => `- apiVersion: v1\n  kind: Pod\n  metadata:\n    name: ${name}\n`;

describe("the objects of a file", () => {
  it("are those of its documents, items of lists one by one, wherever lists stand in lists", () => {
    const list = `apiVersion: v1\nitems:\n${ITEM("a")}- kind: List\n  apiVersion: v1\n  items:\n  - {apiVersion: v1, kind: X, metadata: {name: b}}\nkind: List\n`;
    expect(read(`${list}---\n${list.replaceAll("name: a", "name: c")}`)).to.deep.equal([
      "6:11 v1 Pod a",
      "10:48 v1 X b",
      "18:11 v1 Pod c",
      "22:48 v1 X b",
    ]);
  });

  it("get from a list of one kind what they do not say themselves", () => {
    const text =
      "apiVersion: x/v1\nkind: PodList\nitems:\n- metadata: {name: a}\n- {kind: Z, metadata: {name: b}}\n- {apiVersion: z, metadata: {name: c}}\n";
    expect(read(text)).to.deep.equal(["4:20 x/v1 Pod a", "5:30 x/v1 Z b", "6:36 z Pod c"]);
  });

  it("are read beside documents that cannot be read", () => {
    const text =
      'a: "x\n---\n- 1\n---\ntext\n---\n{{ if .x }}\na: 1\n---\nkind: X\nmetadata: {name: a}\n---\n\t- 1\n';
    expect(read(text)).to.deep.equal([
      "1:4 the quote that is opened here is not closed; expected the same quote",
      "3:1 this document is a list; write kind: List and the objects under items",
      "5:1 this document is no object; expected apiVersion, kind, metadata and spec",
      '7:1 "{{ if .x }}" is a placeholder, not a value; render the file first, for example with helm template, and check the result',
      "11:18 undefined X a",
      "13:1 this is a tab; YAML is indented with blanks: replace it by blanks",
    ]);
  });

  it("are told apart from items of a list that are none", () => {
    expect(read("kind: List\nitems:\n- 1\n- null\n- []\n")).to.deep.equal([
      "3:3 items[0] is no object; expected apiVersion, kind, metadata and spec",
      "5:3 items[2] is a list; write kind: List and the objects under items",
    ]);
  });

  it("are the same, and stand where they stand, in lists that are too long to be read at once", () => {
    const padding = `    annotations:\n      text: ${"x".repeat(600_000)}\n`;
    const items = ["a", "b", "c"].map((name) => `${ITEM(name)}${padding}`).join("");
    const broken = '- kind: "Y\n  metadata: {}\n';
    const text = `apiVersion: v1\nitems:\n${items}${broken}${ITEM("d")}kind: List\n`;
    expect(read(text)).to.deep.equal([
      "6:11 v1 Pod a",
      "12:11 v1 Pod b",
      "18:11 v1 Pod c",
      "21:9 the quote that is opened here is not closed; expected the same quote",
      "26:11 v1 Pod d",
    ]);
    const kind = `apiVersion: x/v1\nkind: PodList\nitems:\n- metadata:\n    name: a\n${padding}- metadata:\n    name: b\n${padding}`;
    expect(read(kind)).to.deep.equal(["5:11 x/v1 Pod a", "9:11 x/v1 Pod b"]);
  });

  it("are not read from a document that is longer than any object can be", () => {
    expect(read(`kind: X\n---\na: ${"x".repeat(4 * 2 ** 20)}\n---\nkind: Z\n`)).to.deep.equal([
      "1:1 undefined X undefined",
      "2:1 this document has more than 4 MiB, which no object of Kubernetes has; give a List in block style, or its objects one by one",
      "5:1 undefined Z undefined",
    ]);
  });

  it("tell keys that stand twice, and what that hints at", () => {
    const twice = "and only the last one counts; remove one";
    expect(read("kind: X\nmetadata: {name: a}\nspec:\n  b: 1\n  b: 2\nkind: Z\n")).to.deep.equal([
      `6:1 "kind" stands here and in line 1, ${twice}, or put "---" between two objects`,
      `5:3 "b" stands here and in line 4, ${twice}`,
      "2:18 undefined Z a",
    ]);
  });
});
