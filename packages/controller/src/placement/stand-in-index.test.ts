import { expect } from "chai";
import fc from "fast-check";
import { StandInIndex } from "./stand-in-index.ts";

const NODES = ["a", "b", "c", "d", "e"];

/** All that can be asked of it. */
function shown(index: StandInIndex): unknown {
  return NODES.map((node) => ({
    naming: [...index.naming(node)].sort(),
    owners: index.ownersOf(node),
    ties: NODES.map((owner) => index.tie(owner, node)),
  }));
}

describe("the index of stand-ins", () => {
  it("knows who stands in for whom, the first three apart from the reserve", () => {
    const index = new StandInIndex();
    index.set("1", ["a", "b", "c", "d", "e"]);
    index.set("2", ["a", "e", "b"]);
    index.set("3", ["b", "e"]);
    expect(["b", "c", "d", "e", "x"].map((node) => index.tie("a", node))).to.deep.equal([
      "Active",
      "Active",
      "Active",
      "Active",
      "None",
    ]);
    expect(["a", "b", "c", "d", "e"].map((node) => index.ownersOf(node))).to.deep.equal([0, 1, 1, 1, 2]);
    expect([...index.naming("e")]).to.deep.equal(["1", "2", "3"]);
    index.set("2", ["a", "b"]);
    expect(index.tie("a", "e")).to.equal("Reserve");
    expect(index.ownersOf("e")).to.equal(1);
    index.delete("1");
    expect(index.tie("a", "e")).to.equal("None");
    expect([...index.naming("e")]).to.deep.equal(["3"]);
    expect(index.listOf("2")).to.deep.equal(["a", "b"]);
  });

  it("remembers which addresses want for stand-ins, until they are gone", () => {
    const index = new StandInIndex();
    index.setWanting("unknown", true);
    for (const name of ["1", "2", "3"]) index.set(name, ["a"]);
    for (const name of ["1", "2", "3"]) index.setWanting(name, true);
    index.setWanting("2", false);
    index.delete("3");
    expect([...index.wanting()]).to.deep.equal(["1"]);
  });

  it("says the same whatever the lists were before, and nothing when there are none", () => {
    const list = fc.uniqueArray(fc.constantFrom(...NODES), { maxLength: 5 });
    const write = fc.record({
      name: fc.constantFrom("1", "2", "3"),
      list: fc.option(list, { nil: undefined }),
    });
    fc.assert(
      fc.property(fc.array(write, { maxLength: 20 }), (writes) => {
        const index = new StandInIndex();
        const last = new Map<string, readonly string[]>();
        for (const { name, list: nodes } of writes) {
          if (nodes === undefined) index.delete(name);
          else index.set(name, nodes);
          if (nodes === undefined) last.delete(name);
          else last.set(name, nodes);
        }
        const anew = new StandInIndex();
        for (const [name, nodes] of last) anew.set(name, nodes);
        expect(shown(index)).to.deep.equal(shown(anew));
        for (const name of last.keys()) index.delete(name);
        expect(shown(index)).to.deep.equal(shown(new StandInIndex()));
      }),
    );
  });
});
