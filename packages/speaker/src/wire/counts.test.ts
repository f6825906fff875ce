import { expect } from "chai";
import { WireCounts } from "./counts.ts";

describe("WireCounts", () => {
  it("shows one thread what another counted, each under its own name", () => {
    const memory = WireCounts.memory();
    const writer = new WireCounts(memory);
    const arp = writer.arp();
    const ndp = writer.ndp();
    arp.add("Answer");
    arp.add("Answer");
    arp.add("NotAnnounced");
    ndp.add("ForeignClaim");
    writer.set("latenessMs", 12.5);
    writer.set("stalls", 1);
    const reader = new WireCounts(memory);
    const counted = [...reader.frames()].filter(({ count }) => count > 0);
    expect(counted).to.deep.equal([
      { protocol: "arp", name: "Answer", count: 2 },
      { protocol: "arp", name: "NotAnnounced", count: 1 },
      { protocol: "ndp", name: "ForeignClaim", count: 1 },
    ]);
    expect([reader.get("latenessMs"), reader.get("stalls"), reader.get("kernelDrops")]).to.deep.equal([
      12.5, 1, 0,
    ]);
  });
});
