import { EINVAL, ENOMEM } from "@fairlead/linux/errno.ts";
import { expect } from "chai";
import fc from "fast-check";
import { FollowedWords, fitted } from "./followed-words.ts";
import { isCovered } from "./word-blocks.ts";

/** A set of words that a test adds and takes away. */
function make(...first: readonly number[]) {
  const words = new Set(first);
  let reads = 0;
  const followed = new FollowedWords(() => {
    reads++;
    return words;
  });
  const add = (...some: readonly number[]): boolean => {
    for (const word of some) words.add(word);
    return followed.follow(some, 0);
  };
  const remove = (...some: readonly number[]): boolean =>
    followed.follow([], some.filter((word) => words.delete(word)).length);
  return { words, followed, add, remove, reads: () => reads };
}

/** Each in a block of its own. */
const apart = (count: number): readonly number[] => Array.from({ length: count }, (_, i) => i * 32);

describe("FollowedWords", () => {
  it("says whether the set changed", () => {
    const { followed, add, remove } = make(1);
    expect(add(1)).to.equal(false);
    expect(add(2)).to.equal(true);
    expect([...followed.set.blocks]).to.deep.equal([[0, 0b110]]);
    expect(remove(2)).to.equal(true);
    expect([...followed.set.blocks]).to.deep.equal([[0, 0b10]]);
  });

  it("looks at all words again only when an eighth is gone", () => {
    const block = Array.from({ length: 160 }, (_, i) => 0x0a000000 + i);
    const { add, remove, reads } = make(...block);
    for (let word = 0x0a0000a0; word < 0x0a0000c0; word++) expect(add(word)).to.equal(true);
    expect(reads()).to.equal(1);
    for (const word of block.slice(0, 23)) remove(word);
    expect(reads()).to.equal(1);
    remove(...block.slice(23, 24));
    expect(reads()).to.equal(2);
  });

  it("has every word whatever comes and goes, however little room there is, and nothing when all is gone", () => {
    const word = fc.integer({ min: -(2 ** 31), max: 2 ** 31 - 1 });
    const step = fc.record({ come: fc.array(word), go: fc.array(fc.nat(50)), coarsen: fc.boolean() });
    fc.assert(
      fc.property(fc.array(step), (steps) => {
        const { words, followed, add, remove } = make();
        for (const { come, go, coarsen } of steps) {
          add(...come);
          const all = [...words];
          remove(...new Set(go.flatMap((i) => all[i] ?? [])));
          if (coarsen) followed.coarsen();
          for (const one of words) expect(isCovered(followed.set, one)).to.equal(true);
        }
        remove(...words);
        expect(followed.set.blocks.size).to.equal(0);
      }),
    );
  });
});

describe("a filter", () => {
  it("is made smaller until the kernel has room for it, and stays so", () => {
    const { followed, add } = make(...apart(300));
    const sizes: number[] = [];
    const attempt = (): number => {
      sizes.push(followed.set.blocks.size);
      return followed.set.blocks.size > 100 ? ENOMEM : 0;
    };
    expect(fitted([followed], attempt)).to.equal(0);
    expect(sizes).to.deep.equal([300, 75]);
    add(...apart(600));
    expect(followed.set.blocks.size).to.equal(75);
  });

  it("is given up where the kernel has room for none, or refuses it for another reason", () => {
    const { followed } = make(...apart(300));
    let attempts = 0;
    const failing = (errno: number) => (): number => {
      attempts++;
      return errno;
    };
    expect(fitted([followed], failing(EINVAL))).to.equal(EINVAL);
    expect(attempts).to.equal(1);
    expect(fitted([followed], failing(ENOMEM))).to.equal(ENOMEM);
    expect(attempts).to.equal(1 + 3);
    expect(followed.set.blocks.size).to.be.at.most(16);
  });
});
