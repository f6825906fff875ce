import { expect } from "chai";
import fc from "fast-check";
import { REPLAY_WINDOW, ReplayWindow } from "./replay-window.ts";

describe("the window of numbers that were seen", () => {
  const cases: readonly [string, readonly number[], readonly boolean[]][] = [
    ["takes each number once", [0, 1, 1, 0, 2], [true, true, false, false, true]],
    ["takes numbers in any order", [5, 3, 4, 3, 31, 32, 30], [true, true, true, false, true, true, true]],
    ["takes what is just not too old", [REPLAY_WINDOW, 1], [true, true]],
    ["does not take what is too old", [REPLAY_WINDOW, 0], [true, false]],
    ["forgets what it jumps over", [3, 3 + 10 * REPLAY_WINDOW, 4], [true, true, false]],
    ["goes on after a jump", [1, 5000, 4999, 5000], [true, true, true, false]],
    [
      "counts as far as a sequence goes",
      [Number.MAX_SAFE_INTEGER, Number.MAX_SAFE_INTEGER - 1],
      [true, true],
    ],
  ];
  for (const [title, numbers, expected] of cases)
    it(title, () => {
      const window = new ReplayWindow();
      expect(numbers.map((number) => window.take(number))).to.deep.equal(expected);
    });

  it("is the same as a set that remembers everything, within the window", () => {
    const numbers = fc.array(fc.oneof(fc.nat(3000), fc.nat(40)), { maxLength: 200 });
    fc.assert(
      fc.property(numbers, (taken) => {
        const window = new ReplayWindow();
        const seen = new Set<number>();
        let newest = -1;
        for (const number of taken) {
          const isFresh = !seen.has(number) && number > newest - REPLAY_WINDOW;
          if (number > newest - REPLAY_WINDOW) seen.add(number);
          newest = Math.max(newest, number);
          if (window.has(number) === isFresh) return false;
          if (window.take(number) !== isFresh || window.newest !== newest) return false;
        }
        return true;
      }),
    );
  });
});
