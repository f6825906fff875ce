import { expect } from "chai";
import { TAKEOVER_COUNTS } from "../failover/counts.ts";
import { ARP_COUNTS, ECHO_COUNTS, NDP_COUNTS, WireCounts } from "./counts.ts";

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
    writer.icmp().add("Looped");
    writer.icmp6().add("Answer");
    const takeover = writer.takeover();
    takeover.add(TAKEOVER_COUNTS[0] ?? "TooShort");
    takeover.add("WrongTag");
    takeover.add("WrongTag");
    takeover.add("Removed");
    writer.set("latenessMs", 12.5);
    writer.add("stalls", 1);
    writer.duration("overlap").observe(700);
    const reader = new WireCounts(memory);
    expect(reader.duration("overlap").news()).to.deep.equal([{ seconds: 0.7, times: 1 }]);
    for (const other of ["detectedNode", "detectedSpeaker", "takenOver"] as const)
      expect(reader.duration(other).news(), other).to.deep.equal([]);
    const counted = [...reader.frames()].filter(({ count }) => count > 0);
    expect(counted).to.deep.equal([
      { protocol: "arp", name: "Answer", count: 2 },
      { protocol: "arp", name: "NotAnnounced", count: 1 },
      { protocol: "ndp", name: "ForeignClaim", count: 1 },
      { protocol: "icmp", name: "Looped", count: 1 },
      { protocol: "icmp6", name: "Answer", count: 1 },
    ]);
    const ofTakeover = TAKEOVER_COUNTS.map((what) => [what, reader.ofTakeover(what)]);
    expect(ofTakeover.filter(([, count]) => count !== 0)).to.deep.equal([
      ["TooShort", 1],
      ["WrongTag", 2],
      ["Removed", 1],
    ]);
    expect([reader.get("latenessMs"), reader.get("stalls"), reader.get("kernelDrops")]).to.deep.equal([
      12.5, 1, 0,
    ]);
  });

  it("has a slot of its own for each count", () => {
    const counts = new WireCounts(WireCounts.memory());
    const arp = counts.arp();
    const ndp = counts.ndp();
    const takeover = counts.takeover();
    for (const name of ARP_COUNTS) arp.add(name);
    for (const name of NDP_COUNTS) ndp.add(name);
    for (const echoes of [counts.icmp(), counts.icmp6()]) for (const name of ECHO_COUNTS) echoes.add(name);
    for (const name of TAKEOVER_COUNTS) takeover.add(name);
    for (const { name, count } of counts.frames()) expect(count, name).to.equal(1);
    for (const name of TAKEOVER_COUNTS) expect(counts.ofTakeover(name), name).to.equal(1);
    expect(counts.get("watchFailedAt")).to.equal(0);
  });
});
