import { expect } from "chai";
import { Occupancy } from "./occupancy.ts";

describe("occupancy", () => {
  it("knows what lives where, and what lives nowhere", () => {
    const occupancy = new Occupancy();
    occupancy.set("1", ["a", "b"]);
    occupancy.set("2", ["a"]);
    occupancy.set("3", []);
    occupancy.set("2", ["b", "a"]);
    expect([...occupancy.on("a")]).to.deep.equal(["1"]);
    expect([...occupancy.nowhere()]).to.deep.equal(["3"]);
    expect(["1", "2", "3", "4"].map((name) => occupancy.nodeOf(name))).to.deep.equal([
      "a",
      "b",
      undefined,
      undefined,
    ]);
    expect(occupancy.loadWithout("1", "a")).to.equal(0);
    expect(occupancy.loadWithout("9", "a")).to.equal(1);
    expect(occupancy.standIns.listOf("2")).to.deep.equal(["b", "a"]);
    occupancy.delete("1");
    occupancy.set("3", ["b"]);
    expect([...occupancy.counts()]).to.deep.equal([["b", 2]]);
    expect([...occupancy.nowhere()]).to.deep.equal([]);
    expect([...occupancy.standIns.naming("b")]).to.deep.equal([]);
  });
});
