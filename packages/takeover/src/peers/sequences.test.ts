import { expect } from "chai";
import fc from "fast-check";
import { Sequences } from "./sequences.ts";

describe("sequences", () => {
  it("take each number at most once, whatever the order", () => {
    fc.assert(
      fc.property(fc.array(fc.nat({ max: 300 })), (numbers) => {
        const sequences = new Sequences();
        const taken = numbers.filter((one) => sequences.meet(one) !== "Old");
        expect(new Set(taken).size).to.equal(taken.length);
      }),
    );
  });

  it("tell what was overtaken from what came already or is too old to say", () => {
    const sequences = new Sequences();
    const meet = (...numbers: readonly number[]): readonly string[] =>
      numbers.map((one) => sequences.meet(one));
    expect(meet(5, 8, 6, 6, 5)).to.deep.equal(["Newer", "Newer", "Overtaken", "Old", "Old"]);
    expect(meet(135, 8, 7, 9, 263, 135, 136)).to.deep.equal([
      "Newer",
      "Old",
      "Old",
      "Overtaken",
      "Newer",
      "Old",
      "Overtaken",
    ]);
    expect(meet(2 ** 52, 264)).to.deep.equal(["Newer", "Old"]);
  });
});
