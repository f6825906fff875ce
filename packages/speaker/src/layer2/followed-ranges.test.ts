import { expect } from "chai";
import fc from "fast-check";
import { isCovered } from "./cover.ts";
import { FollowedRanges } from "./followed-ranges.ts";

/** Ranges over words that a test adds and takes away. */
function make(...first: readonly number[]) {
  const words = new Set(first);
  let reads = 0;
  const ranges = new FollowedRanges(() => {
    reads++;
    return words;
  });
  const add = (...some: readonly number[]): boolean => {
    for (const word of some) words.add(word);
    return ranges.follow(some, 0);
  };
  const remove = (...some: readonly number[]): boolean =>
    ranges.follow([], some.filter((word) => words.delete(word)).length);
  return { words, ranges, add, remove, reads: () => reads };
}

describe("FollowedRanges", () => {
  it("says whether the ranges changed", () => {
    const { ranges, add, remove } = make(1);
    expect(add(1)).to.equal(false);
    expect(add(2)).to.equal(true);
    expect(ranges.ranges).to.deep.equal([{ first: 1, last: 2 }]);
    expect(remove(2)).to.equal(true);
    expect(ranges.ranges).to.deep.equal([{ first: 1, last: 1 }]);
  });

  it("looks at the words only when one is not covered or an eighth is gone", () => {
    const block = Array.from({ length: 160 }, (_, i) => 0x0a000000 + i);
    const { add, remove, reads } = make(...block);
    for (let word = 0x0a0000a0; word < 0x0a0000c0; word++) add(word);
    expect(reads()).to.equal(1);
    for (const word of block.slice(0, 19)) remove(word);
    expect(reads()).to.equal(1);
    remove(...block.slice(19, 20));
    expect(reads()).to.equal(2);
  });

  it("looks at the words five times while a new block fills, until that is covered whole", () => {
    const { add, reads } = make(...Array.from({ length: 192 }, (_, i) => 0x0a000000 + i));
    for (let word = 0x0a0000c0; word < 0x0a000100; word++) add(word);
    expect(reads()).to.equal(1 + 5);
  });

  it("covers every word whatever comes and goes, and nothing when all is gone", () => {
    const word = fc.integer({ min: -(2 ** 31), max: 2 ** 31 - 1 });
    const step = fc.record({ come: fc.array(word), go: fc.array(fc.nat(50)) });
    fc.assert(
      fc.property(fc.array(step), (steps) => {
        const { words, ranges, add, remove } = make();
        for (const { come, go } of steps) {
          add(...come);
          const all = [...words];
          remove(...new Set(go.flatMap((i) => all[i] ?? [])));
          for (const one of words) expect(isCovered(ranges.ranges, one)).to.equal(true);
        }
        remove(...words);
        expect(ranges.ranges).to.deep.equal([]);
      }),
    );
  });
});
