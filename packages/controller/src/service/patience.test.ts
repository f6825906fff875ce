import { FakeClock } from "@fairlead/runtime/fake-clock.ts";
import { expect } from "chai";
import { Patience } from "./patience.ts";

describe("Patience", () => {
  it("lets an objection be ripe when it has stood for the grace, and says when that is", () => {
    const clock = new FakeClock();
    const patience = new Patience(clock, 3000);
    expect(patience.note("a/b", ["no pool has it"])).to.equal(3000);
    clock.advance(1000);
    expect(patience.isRipe("a/b", "no pool has it")).to.equal(false);
    expect(patience.note("a/b", ["no pool has it", "taken"])).to.equal(2000);
    clock.advance(2000);
    expect(patience.isRipe("a/b", "no pool has it")).to.equal(true);
    expect(patience.isRipe("a/b", "taken")).to.equal(false);
    expect(patience.note("a/b", ["no pool has it"])).to.equal(undefined);
  });

  it("forgets an objection that was withdrawn", () => {
    const clock = new FakeClock();
    const patience = new Patience(clock, 3000);
    patience.note("a/b", ["taken"]);
    patience.note("a/b", []);
    clock.advance(3000);
    expect(patience.isRipe("a/b", "taken")).to.equal(false);
  });

  it("waits for one that became ripe only after it was judged: nobody has acted upon it", () => {
    const clock = new FakeClock();
    const patience = new Patience(clock, 3000);
    patience.note("a/b", ["taken"]);
    clock.advance(2999);
    const judgedMs = clock.nowMs();
    expect(patience.isRipe("a/b", "taken")).to.equal(false);
    clock.advance(1);
    expect(patience.note("a/b", ["taken"], judgedMs)).to.equal(1);
  });
});
