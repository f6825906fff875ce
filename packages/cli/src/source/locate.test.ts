import { expect } from "chai";
import { locate } from "./locate.ts";
import { isNested, parsePath, pathText } from "./path.ts";
import { LineIndex } from "./position.ts";
import { readYaml } from "./yaml.ts";

const TEXT = `spec:
  addresses:
    - a
    - &b {c: 1}
  empty:
  flow: {x: [1, 2]}
  alias: *b
  merged:
    <<: *b
    d: 2
  "odd.key/x": 3
`;

describe("a path", () => {
  const places: readonly [path: string, part: "key" | "value", at: string][] = [
    ["spec", "value", "1:1"],
    ["spec.addresses", "value", "2:3"],
    ["spec.addresses[0]", "value", "3:7"],
    ["spec.addresses[1].c", "key", "4:11"],
    ["spec.addresses[1].c", "value", "4:14"],
    ["spec.addresses[7]", "value", "2:3"],
    ["spec.empty", "value", "5:3"],
    ["spec.empty.below", "value", "5:3"],
    ["spec.flow.x[1]", "value", "6:17"],
    ["spec.alias.c", "value", "4:14"],
    ["spec.merged.c", "value", "4:14"],
    ["spec.merged.d", "value", "10:8"],
    ["spec.nowhere.at.all", "value", "1:1"],
    ["nowhere", "value", "1:1"],
  ];
  const { document } = readYaml({ text: TEXT, offset: 0 });
  const index = new LineIndex(TEXT);
  for (const [path, part, at] of places) {
    it(`${path} leads to the ${part} at ${at}`, () => {
      const { line, column } = index.at(locate(document, parsePath(path))[part]);
      expect(`${line}:${column}`).to.equal(at);
    });
  }

  it("may lead through keys with dots and slashes", () => {
    expect(index.at(locate(document, ["spec", "odd.key/x"]).value).line).to.equal(11);
    expect(pathText(["spec", "odd.key/x", 3, "y"])).to.equal('spec["odd.key/x"][3].y');
  });

  it("is read as it is written", () => {
    expect(parsePath("spec.addresses[2].x[0]")).to.deep.equal(["spec", "addresses", 2, "x", 0]);
    expect(pathText(["spec", "addresses", 2, "x", 0])).to.equal("spec.addresses[2].x[0]");
  });

  it("is nested in those that lead through its end, and they in it", () => {
    expect(isNested(["a"], ["a", 1])).to.equal(true);
    expect(isNested(["a", 1, "b"], ["a", 1])).to.equal(true);
    expect(isNested(["a", 1], ["a", 2])).to.equal(false);
  });
});
