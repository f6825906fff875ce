import { expect } from "chai";
import { isPattern, matchesAny } from "./name-pattern.ts";

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
    ["eth.0", "eth?0", true],
    ["eth0", "eth?0", false],
    ["eth10", "eth?", false],
    ["eth", "eth?", false],
    ["eth10", "eth??", true],
    ["enp3s0f1", "en*f?", true],
    ["enp3s0f", "en*f?", false],
    ["aab", "a*ab", true],
    ["aba", "*b", false],
    ["a.b", "a?b", true],
    ["a.c", "a.b", false],
    ["axb", "a.b", false],
    ["eth0", "**0", true],
    ["", "?", false],
    ["", "", true],
    ["", "*", true],
  ] as const) {
    it(`${name || "(empty)"} ${expected ? "matches" : "does not match"} ${pattern}`, () => {
      expect(matchesAny(name, [pattern])).to.equal(expected);
    });
  }

  it("of whatever text take no time", () => {
    expect(matchesAny("a".repeat(2000), [`${"*a".repeat(500)}*b`])).to.equal(false);
  });

  for (const [text, expected] of [
    ["eth0", false],
    ["eth*", true],
    ["eth?", true],
    ["", false],
  ] as const)
    it(`${text || "(empty)"} ${expected ? "is one" : "is a name"}`, () =>
      expect(isPattern(text)).to.equal(expected));

  it("match if any of several does, and never if there are none", () => {
    expect(matchesAny("cni0", ["veth*", "cni0"])).to.equal(true);
    expect(matchesAny("cni0", [])).to.equal(false);
  });
});
