import { expect } from "chai";
import fc from "fast-check";
import { LineSplitter } from "./line-splitter.ts";

describe("LineSplitter", () => {
  it("gives the same lines however the text is cut", () => {
    fc.assert(
      fc.property(fc.array(fc.string({ unit: fc.constantFrom("a", "é", "\n", " ") })), (pieces) => {
        const lines: string[] = [];
        const splitter = new LineSplitter(1_000, (line) => lines.push(line));
        for (const piece of pieces) splitter.push(piece);
        splitter.end();
        expect(lines).to.deep.equal(
          pieces
            .join("")
            .split("\n")
            .filter((line) => line.trim() !== ""),
        );
      }),
    );
  });

  it("does not let a line grow beyond its bound, in one piece or in many", () => {
    const splitter = new LineSplitter(5, () => {});
    splitter.push("12345\n123");
    expect(() => splitter.push("456")).to.throw(RangeError);
    expect(() => new LineSplitter(5, () => {}).push("123456\n")).to.throw(RangeError);
  });
});
