import { expect } from "chai";
import type { Move } from "./virtual-ip.ts";
import { newestMove } from "./virtual-ip-moves.ts";

const MOVE: Move = { from: "a", to: "b", at: "2026-03-01T12:00:00Z", by: "Speakers", reason: "HolderDead" };

describe("newestMove", () => {
  const cases: readonly (readonly [
    string,
    readonly Move[] | undefined,
    readonly Move[] | undefined,
    Move | undefined,
  ])[] = [
    ["nothing where there is none", undefined, undefined, undefined],
    ["the first one", undefined, [MOVE], MOVE],
    ["nothing that was told before", [MOVE], [MOVE], undefined],
    ["what came on top", [MOVE], [{ ...MOVE, from: "b", to: "a" }, MOVE], { ...MOVE, from: "b", to: "a" }],
    [
      "one between the same nodes at another time",
      [MOVE],
      [{ ...MOVE, at: "2026-03-01T13:00:00Z" }, MOVE],
      { ...MOVE, at: "2026-03-01T13:00:00Z" },
    ],
    ["nothing if they were taken away", [MOVE], undefined, undefined],
  ];
  for (const [what, before, after, expected] of cases)
    it(`is ${what}`, () => {
      const status = (moves: readonly Move[] | undefined) => (moves === undefined ? {} : { moves });
      expect(newestMove(status(before), status(after))).to.deep.equal(expected);
    });
});
