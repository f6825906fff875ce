import { expect } from "chai";
import fc from "fast-check";
import { backoffMs } from "./backoff.ts";
import { seededRandom } from "./random.ts";

const BOUNDS = { firstMs: 100, mostMs: 5_000 };
const at = (share: number) => ({ next: () => share });

describe("a back-off", () => {
  it("waits for nothing before the first attempt", () => {
    expect(backoffMs(0, BOUNDS, at(0.5))).to.equal(0);
  });

  it("doubles up to the most", () => {
    const full = [1, 2, 3, 4, 5, 6, 7, 8, 1000].map((failures) => backoffMs(failures, BOUNDS, at(1)));
    expect(full).to.deep.equal([100, 200, 400, 800, 1600, 3200, 5000, 5000, 5000]);
  });

  it("leaves out a random part of the second half", () => {
    expect(backoffMs(3, BOUNDS, at(0))).to.equal(200);
    expect(backoffMs(3, BOUNDS, at(0.5))).to.equal(300);
  });

  it("stays within half and all of it", () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 100 }), fc.integer(), (failures, seed) => {
        const full = Math.min(5_000, 100 * 2 ** (failures - 1));
        expect(backoffMs(failures, BOUNDS, seededRandom(seed))).to.be.within(full / 2, full);
      }),
    );
  });
});
