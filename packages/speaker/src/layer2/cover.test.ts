import { expect } from "chai";
import fc from "fast-check";
import { coverRanges, isCovered } from "./cover.ts";

describe("coverRanges", () => {
  it("covers few words exactly and joins neighbors", () => {
    expect(coverRanges([5, 3, 4, 9])).to.deep.equal([
      { first: 3, last: 5 },
      { first: 9, last: 9 },
    ]);
    expect(coverRanges([])).to.deep.equal([]);
  });

  it("takes words as unsigned", () => {
    expect(coverRanges([-1, 0])).to.deep.equal([
      { first: 0, last: 0 },
      { first: 0xffffffff, last: 0xffffffff },
    ]);
    expect(isCovered(coverRanges([-1]), -1)).to.equal(true);
  });

  it("covers many words by blocks, so that one more changes nothing", () => {
    const many = Array.from({ length: 100 }, (_, i) => 0xc0000200 + i);
    expect(coverRanges(many)).to.deep.equal([{ first: 0xc0000200, last: 0xc000027f }]);
  });

  it("covers exactly what lies apart from many, such as gateways and nodes", () => {
    const pool = Array.from({ length: 40 }, (_, i) => 0xc0000240 + i);
    expect(coverRanges([0xc0000201, 0xc000020b, 0xc000020c, ...pool])).to.deep.equal([
      { first: 0xc0000201, last: 0xc0000201 },
      { first: 0xc000020b, last: 0xc000020c },
      { first: 0xc0000240, last: 0xc000027f },
    ]);
  });

  it("covers every word, in order, with a bounded number of ranges", () => {
    fc.assert(
      fc.property(
        fc.array(fc.integer({ min: -(2 ** 31), max: 2 ** 31 - 1 }), { maxLength: 300 }),
        (words) => {
          const ranges = coverRanges(words);
          expect(ranges.length).to.be.at.most(64);
          for (const word of words) expect(isCovered(ranges, word)).to.equal(true);
          ranges.forEach((range, i) => {
            expect(range.first).to.be.at.most(range.last);
            expect(range.first).to.be.greaterThan(ranges[i - 1]?.last ?? -1);
          });
        },
      ),
    );
  });
});
