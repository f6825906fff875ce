import { expect } from "chai";
import { cutRules, cutsBetween } from "./cuts.ts";
import { plan } from "./plan.ts";

const members = plan({ name: "x", nodeNumbers: [1, 2], clients: 1, outsideClients: 1, secondSegment: true });

function rules(...cuts: Parameters<typeof cutRules>[0]): string[] {
  return cutRules(cuts, members)
    .split("\n")
    .filter((line) => line.endsWith("drop"))
    .map((line) => line.trim());
}

describe("the switch's rules", () => {
  it("replace all earlier ones in one transaction", () => {
    expect(cutRules([], members)).to.match(/^table bridge lab\ndelete table bridge lab\ntable bridge lab \{/);
    expect(rules()).to.deep.equal([]);
  });

  it("drop from one member to another on every segment that both are on", () => {
    expect(rules({ from: "node-1", to: "client-1", percent: 100 })).to.deep.equal([
      'iifname "node-1" oifname "client-1" drop',
      'iifname "node-1.1" oifname "client-1.1" drop',
    ]);
  });

  it("drop a share, or only what matches", () => {
    expect(
      rules({ from: "control-plane", to: "node-1", percent: 30, match: "ether type arp" }),
    ).to.deep.equal([
      'iifname "control-plane" oifname "node-1" ether type arp numgen random mod 100 < 30 drop',
    ]);
  });

  it("part two sides both ways", () => {
    expect(cutsBetween(["a"], ["b", "c"]).map(({ from, to }) => `${from}>${to}`)).to.deep.equal([
      "a>b",
      "b>a",
      "a>c",
      "c>a",
    ]);
  });
});
