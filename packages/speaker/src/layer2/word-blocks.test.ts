import { expect } from "chai";
import fc from "fast-check";
import { blocksOf, isCovered, type WordBlocks, withWords } from "./word-blocks.ts";

const word = fc.integer({ min: -(2 ** 31), max: 2 ** 31 - 1 });
/** Some that lie close together, as addresses of a pool do. */
const dense = fc
  .tuple(word, fc.array(fc.nat(600), { maxLength: 100 }))
  .map(([from, offsets]) => offsets.map((offset) => (from + offset) | 0));
const words = fc.oneof(fc.array(word, { maxLength: 100 }), dense);

function plain({ bits, blocks }: WordBlocks) {
  return { bits, blocks: [...blocks] };
}

describe("blocksOf", () => {
  it("has a bit for each word, in blocks of 32", () => {
    expect(plain(blocksOf([0x20, 0x23, 0x40], 8))).to.deep.equal({
      bits: 5,
      blocks: [
        [0x20, 0b1001],
        [0x40, 1],
      ],
    });
    expect(plain(blocksOf([], 8))).to.deep.equal({ bits: 5, blocks: [] });
  });

  it("takes words as unsigned", () => {
    const set = blocksOf([-1, 0], 8);
    expect(plain(set).blocks).to.deep.equal([
      [0xffffffe0, 0x80000000],
      [0, 1],
    ]);
    expect([-1, 0xffffffff, 0, -2, 1].map((one) => isCovered(set, one))).to.deep.equal([
      ...[true, true, true],
      ...[false, false],
    ]);
  });

  it("has exactly what it was made of while there is room for its blocks", () => {
    fc.assert(
      fc.property(words, fc.array(word), (some, others) => {
        const set = blocksOf(some, 1000);
        const known = new Set(some);
        for (const one of [...some, ...some.map((neighbor) => (neighbor + 1) | 0), ...others])
          expect(isCovered(set, one)).to.equal(known.has(one));
      }),
    );
  });

  it("has whole blocks where there is not, no longer than they must be", () => {
    const apart = [0, 0x40, 0x80, 0xc0];
    expect(plain(blocksOf(apart, 4)).bits).to.equal(5);
    expect(plain(blocksOf(apart, 3))).to.deep.equal({
      bits: 7,
      blocks: [
        [0, 0xffffffff],
        [0x80, 0xffffffff],
      ],
    });
    expect(plain(blocksOf(apart, 1))).to.deep.equal({ bits: 8, blocks: [[0, 0xffffffff]] });
    expect(plain(blocksOf([0, -1], 1))).to.deep.equal({ bits: 32, blocks: [[0, 0xffffffff]] });
  });

  it("has every word, however few blocks it may have", () => {
    fc.assert(
      fc.property(words, fc.integer({ min: 1, max: 20 }), (some, most) => {
        const set = blocksOf(some, most);
        expect(set.blocks.size).to.be.at.most(most);
        for (const one of some) expect(isCovered(set, one)).to.equal(true);
      }),
    );
  });
});

describe("withWords", () => {
  it("has what was there and what comes, and leaves the old set alone", () => {
    fc.assert(
      fc.property(words, words, fc.integer({ min: 1, max: 200 }), (some, more, most) => {
        const before = blocksOf(some, most);
        const as = plain(before);
        const after = withWords(before, more, most);
        expect(plain(before)).to.deep.equal(as);
        expect(after.blocks.size).to.be.at.most(most);
        for (const one of [...some, ...more]) expect(isCovered(after, one)).to.equal(true);
        if (after.bits !== 5) return;
        const known = new Set([...some, ...more]);
        for (const one of known) expect(isCovered(after, one ^ 1)).to.equal(known.has(one ^ 1));
      }),
    );
  });
});
