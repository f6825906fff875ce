import { expect } from "chai";
import { isStatedBy, NO_STATEMENTS, stated, withdrawn } from "./statements.ts";

describe("statements", () => {
  it("are one of each, in the order in which they were first made", () => {
    let list = NO_STATEMENTS;
    for (const [by, what] of [
      ["a", "1"],
      ["b", "2"],
      ["a", "3"],
    ] as const)
      list = stated(list, by, what);
    expect(list).to.deep.equal([
      { by: "a", what: "3" },
      { by: "b", what: "2" },
    ]);
    expect(isStatedBy(list, "b")).to.equal(true);
    expect(withdrawn(list, "c")).to.equal(list);
    expect(withdrawn(list, "a")).to.deep.equal([{ by: "b", what: "2" }]);
    expect(withdrawn(withdrawn(list, "a"), "b")).to.equal(NO_STATEMENTS);
    expect(NO_STATEMENTS).to.deep.equal([]);
  });
});
