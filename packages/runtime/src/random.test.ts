import { expect } from "chai";
import { seededRandom, systemRandom } from "./random.ts";

const take = (seed: number) => {
  const random = seededRandom(seed);
  return Array.from({ length: 1000 }, () => random.next());
};

describe("randomness", () => {
  it("of one seed repeats, of another differs", () => {
    expect(take(7)).to.deep.equal(take(7));
    expect(take(7)).not.to.deep.equal(take(8));
  });

  it("lies in [0, 1) and fills it evenly", () => {
    const values = take(7);
    expect(values.every((value) => value >= 0 && value < 1)).to.equal(true);
    for (let tenth = 0; tenth < 10; tenth++) {
      const count = values.filter((value) => Math.floor(value * 10) === tenth).length;
      expect(count).to.be.within(60, 140);
    }
  });

  it("of the machine lies in [0, 1)", () => {
    expect(systemRandom.next()).to.be.within(0, 1);
  });
});
