import { expect } from "chai";
import { affinity, hashOf } from "./rendezvous.ts";

describe("rendezvous hashing", () => {
  it("gives the same number for the same text, for ever: lists on record depend on it", () => {
    expect([hashOf(""), hashOf("a"), hashOf("192.0.2.1")]).to.deep.equal([2872998923, 444641715, 1941296713]);
  });

  it("spreads what differs in its last letter only", () => {
    const counts = [0, 0, 0];
    for (let i = 0; i < 3000; i++) {
      const third = hashOf(`192.0.2.${i}`) % 3;
      counts[third] = (counts[third] ?? 0) + 1;
    }
    for (const count of counts) expect(count).to.be.within(900, 1100);
  });

  it("gives every node about as many owners as every other, and a node that goes takes only its own", () => {
    const nodes = Array.from({ length: 10 }, (_, i) => `node-${i}`);
    const first = (owner: string, among: readonly string[]): string =>
      among.reduce((best, node) => (affinity(owner, node) > affinity(owner, best) ? node : best));
    const counts = new Map<string, number>();
    for (let i = 0; i < 1000; i++) {
      const before = first(`owner-${i}`, nodes);
      counts.set(before, (counts.get(before) ?? 0) + 1);
      const after = first(`owner-${i}`, nodes.slice(1));
      if (before !== "node-0") expect(after).to.equal(before);
    }
    for (const count of counts.values()) expect(count).to.be.within(70, 130);
  });
});
