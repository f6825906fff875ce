import { FakeClock } from "@fairlead/runtime/fake-clock.ts";
import { expect } from "chai";
import type { Failback } from "../placement/failback.ts";
import { BetterNodes } from "./better-nodes.ts";

const VIP = "192.0.2.100";

function bench() {
  const clock = new FakeClock();
  const nodes = new BetterNodes(clock);
  const note = (better: readonly string[] | undefined, afterMs = 60_000): number | undefined => {
    const failback: Failback | undefined = better && { afterMs, weight: 0, advertisements: [], better };
    return nodes.note(VIP, failback);
  };
  return { clock, nodes, note };
}

describe("how long better nodes may have had an address", () => {
  it("is counted from when each was first seen to, and what is left of it is told", () => {
    const { clock, nodes, note } = bench();
    expect(nodes.waitedMs(VIP, "a")).to.equal(0);
    expect(note(["a"])).to.equal(60_000);
    clock.advance(20_000);
    expect(note(["a", "b"])).to.equal(40_000);
    clock.advance(5000);
    expect([nodes.waitedMs(VIP, "a"), nodes.waitedMs(VIP, "b")]).to.deep.equal([25_000, 5000]);
    expect(nodes.waitedMs("192.0.2.101", "a")).to.equal(0);
  });

  it("begins anew for one that could not have it meanwhile, and goes on for the others", () => {
    const { clock, nodes, note } = bench();
    note(["a", "b"]);
    clock.advance(20_000);
    note(["b"]);
    clock.advance(1000);
    note(["a", "b"]);
    clock.advance(1000);
    expect([nodes.waitedMs(VIP, "a"), nodes.waitedMs(VIP, "b")]).to.deep.equal([1000, 22_000]);
  });

  for (const none of [undefined, []])
    it(`is nothing once ${none === undefined ? "the address goes nowhere" : "none is better"}`, () => {
      const { clock, nodes, note } = bench();
      note(["a"]);
      clock.advance(20_000);
      expect(note(none)).to.equal(undefined);
      note(["a"]);
      expect(nodes.waitedMs(VIP, "a")).to.equal(0);
    });

  it("is not known any more to one that begins anew", () => {
    const { clock, nodes, note } = bench();
    note(["a"]);
    clock.advance(20_000);
    nodes.clear();
    expect(nodes.waitedMs(VIP, "a")).to.equal(0);
  });

  it("is up at once if it may be any time", () => expect(bench().note(["a"], 0)).to.equal(0));
});
