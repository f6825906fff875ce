import { expect } from "chai";
import type { Tell } from "../messages/message.ts";
import { betterThan, rankDelayMs } from "./rank.ts";

describe("the rank of a stand-in", () => {
  it("puts the active ones before the reserve, each in the order of the list, the holder left out", () => {
    expect(betterThan(4n, 1n, [1n, 2n, 3n, 4n, 5n], [3n, 5n])).to.deep.equal([3n, 5n, 2n]);
    expect(betterThan(3n, 1n, [1n, 2n, 3n], [2n, 3n])).to.deep.equal([2n]);
    expect(betterThan(2n, 1n, [1n, 2n, 3n], [2n, 3n])).to.deep.equal([]);
  });

  it("waits 50 ms for each better one that was silent", () => {
    expect(rankDelayMs([2n, 3n], new Map())).to.equal(100);
  });

  it("waits 300 ms for the first better one that answered that it can do it, and 50 ms for each other one", () => {
    const tells = new Map([
      [2n, tell({})],
      [3n, tell({})],
    ]);
    expect(rankDelayMs([2n], tells)).to.equal(300);
    expect(rankDelayMs([2n, 3n], tells)).to.equal(350);
    expect(rankDelayMs([2n, 3n, 4n], tells)).to.equal(400);
  });

  it("does not wait for who answered that it cannot", () => {
    const tells = new Map([
      [2n, tell({ ready: false })],
      [3n, tell({ hasDuty: false })],
    ]);
    expect(rankDelayMs([2n, 3n], tells)).to.equal(0);
  });
});

function tell(more: Partial<Tell>): Tell {
  return {
    type: "Tell",
    subject: 1n,
    round: 1,
    sinceMs: 500,
    ready: true,
    hasDuty: true,
    sight: 2,
    self: false,
    items: [],
    ...more,
  };
}
