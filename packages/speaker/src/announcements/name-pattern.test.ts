import { expect } from "chai";
import { matchesAny } from "./name-pattern.ts";

describe("name patterns", () => {
  for (const [name, pattern, expected] of [
    ["eth0", "eth0", true],
    ["eth01", "eth0", false],
    ["veth12", "veth*", true],
    ["veth", "veth*", true],
    ["eth0", "veth*", false],
    ["eth0", "*", true],
    ["lan-a-1", "lan*1", true],
    ["lan1", "lan*1", true],
    ["lan", "lan*n", false],
    ["a-b-c", "a*b*c", true],
    ["a-c-b", "a*b*c", false],
    ["eth.0", "eth?0", false],
    ["", "*", true],
  ] as const) {
    it(`${name || "(empty)"} ${expected ? "matches" : "does not match"} ${pattern}`, () => {
      expect(matchesAny(name, [pattern])).to.equal(expected);
    });
  }

  it("match if any of several does, and never if there are none", () => {
    expect(matchesAny("cni0", ["veth*", "cni0"])).to.equal(true);
    expect(matchesAny("cni0", [])).to.equal(false);
  });
});
