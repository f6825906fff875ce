import { nodes } from "@fairlead/api/core/node.ts";
import type { L2AdvertisementSpec } from "@fairlead/api/l2-advertisement.ts";
import { MOVE_TO_ANNOTATION } from "@fairlead/api/moves.ts";
import { l2Advertisements, virtualIPs } from "@fairlead/api/resources.ts";
import { expect } from "chai";
import { Harness } from "../testing/harness.ts";
import { advertisement, node } from "../testing/objects.ts";

const IP = "192.0.2.100";
const SETTLE_MS = 10_000;
const QUIET_MS = 60_000;

describe("an address whose preferred node comes back", () => {
  let harness: Harness;
  const preferredNodeSelectors = [{ weight: 50, preference: { matchLabels: { uplink: "fast" } } }];
  const back = (parts: Parameters<typeof node>[1] = {}) =>
    harness.api.put(nodes, node("node-b", { labels: { uplink: "fast" }, ...parts }));
  const away = () => back({ ready: false });
  const advertise = (spec: L2AdvertisementSpec) =>
    harness.api.put(l2Advertisements, advertisement("all", { preferredNodeSelectors, ...spec }));
  const placement = () => harness.virtualIP(IP)?.spec.placement;
  const owner = (): string | undefined => placement()?.nodes[0];
  const moves = (): number => harness.api.writes.filter(({ resource }) => resource === "virtualips").length;
  const wish = (to: string) =>
    harness.api.edit(virtualIPs, IP, (one) => ({
      ...one,
      metadata: { ...one.metadata, annotations: { [MOVE_TO_ANNOTATION]: to } },
    }));

  /** Has the address on node-b, then away from it. */
  async function begin(spec: L2AdvertisementSpec): Promise<void> {
    advertise(spec);
    back();
    await harness.start();
    await harness.settle(SETTLE_MS);
    expect(owner()).to.equal("node-b");
    away();
    await harness.settle();
    expect(owner()).to.not.equal("node-b");
    harness.api.writes.length = 0;
  }

  beforeEach(() => {
    harness = Harness.withNodes();
    harness.addPool("lan", ["192.0.2.100-192.0.2.140"]);
    harness.addService("web/shop");
  });
  afterEach(() => harness.stop());

  it("stays where it is by default", async () => {
    await begin({});
    back();
    await harness.settle(10 * QUIET_MS);
    expect(owner()).to.equal("node-c");
  });

  it("goes back with Immediate as soon as the node has settled, in one write, and rests", async () => {
    await begin({ failback: "Immediate" });
    back();
    await harness.settle(SETTLE_MS - 100);
    expect(owner()).to.equal("node-c");
    await harness.settle(200);
    expect(owner()).to.equal("node-b");
    await harness.settle(10 * QUIET_MS);
    expect(moves()).to.equal(1);
  });

  it("goes back with Quiet once the node has been there for the time", async () => {
    await begin({ failback: "Quiet", failbackAfter: "60s" });
    back();
    await harness.settle(SETTLE_MS + QUIET_MS - 100);
    expect(owner()).to.equal("node-c");
    await harness.settle(200);
    expect(owner()).to.equal("node-b");
    await harness.settle(10 * QUIET_MS);
    expect(moves()).to.equal(1);
  });

  it("does not go back with Quiet to a node that comes and goes, however long it does", async () => {
    await begin({ failback: "Quiet", failbackAfter: "60s" });
    for (let i = 0; i < 20; i++) {
      back();
      await harness.settle(SETTLE_MS + QUIET_MS - 1000);
      away();
      await harness.settle(1000);
    }
    expect(owner()).to.equal("node-c");
    expect(moves()).to.equal(0);
    back();
    await harness.settle(SETTLE_MS + QUIET_MS + 100);
    expect(owner()).to.equal("node-b");
  });

  it("waits anew with another controller", async () => {
    await begin({ failback: "Quiet", failbackAfter: "60s" });
    back();
    await harness.settle(QUIET_MS);
    await harness.stop();
    harness.controllers.length = 0;
    await harness.start();
    await harness.settle(QUIET_MS);
    expect(owner()).to.equal("node-c");
    await harness.settle(SETTLE_MS + 1000);
    expect(owner()).to.equal("node-b");
  });

  it("goes back when the advertisement comes to say so", async () => {
    await begin({});
    back();
    await harness.settle(QUIET_MS);
    advertise({ failback: "Immediate" });
    await harness.settle();
    expect(owner()).to.equal("node-b");
  });

  it("goes to a node that comes to be preferred", async () => {
    await begin({ failback: "Immediate" });
    harness.api.put(nodes, node("node-a", { labels: { uplink: "fast" } }));
    await harness.settle();
    expect(owner()).to.equal("node-a");
  });

  it("stays where a person sends it, until that node may not have it any more", async () => {
    await begin({ failback: "Immediate" });
    back();
    await harness.settle(SETTLE_MS + 100);
    wish("node-a");
    await harness.settle();
    expect(placement()).to.deep.include({ byHand: true });
    expect(owner()).to.equal("node-a");
    await harness.settle(10 * QUIET_MS);
    expect(owner()).to.equal("node-a");
    harness.api.put(nodes, node("node-a", { cordoned: true }));
    await harness.settle();
    expect(owner()).to.equal("node-b");
    expect(placement()).to.not.have.property("byHand");
  });

  it("stays where a person wants it that has it already, under the same epoch", async () => {
    await begin({ failback: "Quiet", failbackAfter: "60s" });
    const before = placement();
    back();
    await harness.settle(1000);
    wish("node-c");
    await harness.settle(10 * QUIET_MS);
    expect(placement()).to.deep.equal({ ...before, byHand: true });
    expect(harness.virtualIP(IP)?.metadata).to.not.have.property("annotations");
  });

  it("goes to a preferred node that is on no list", async () => {
    // One has the address, three could take it over, and so no other is welcome.
    for (const [i, name] of ["node-d", "node-f"].entries()) harness.addNode(name, 14 + i);
    await begin({ failback: "Immediate" });
    expect(placement()?.nodes).to.have.length(5);
    harness.addNode("node-e", 16);
    harness.api.put(nodes, node("node-e", { labels: { uplink: "fast" } }));
    await harness.settle(SETTLE_MS + 100);
    expect(owner()).to.equal("node-e");
  });

  it("goes back from where the speakers took it, though a person had sent it elsewhere before", async () => {
    await begin({ failback: "Immediate" });
    back();
    await harness.settle(SETTLE_MS + 100);
    wish("node-a");
    await harness.settle();
    const { epoch = 0 } = placement() ?? {};
    const claim = { node: "node-c", epoch, step: 1, since: "2026-01-01T00:00:00Z" };
    harness.api.edit(virtualIPs, IP, (one) => ({
      ...one,
      status: { ...one.status, announcers: [{ interface: "lan0", mac: "02:00:00:00:00:01", ...claim }] },
    }));
    await harness.settle();
    expect(owner()).to.equal("node-b");
  });

  it("is told to have nobody who stands in for as long as that is so", async () => {
    await begin({});
    const told = async (): Promise<string | undefined> =>
      (await harness.metrics.text()).match(/^fairlead_placement_addresses_without_stand_in (\d+)$/m)?.[1];
    expect(await told()).to.equal("0");
    for (const name of ["node-a", "node-b"]) harness.api.remove(nodes, name);
    await harness.settle();
    expect(placement()?.nodes).to.deep.equal(["node-c"]);
    expect(await told()).to.equal("1");
  });
});

describe("a node that has just come", () => {
  let harness: Harness;
  beforeEach(() => {
    harness = Harness.withNodes();
    harness.addPool("lan", ["192.0.2.100-192.0.2.140"]);
  });
  afterEach(() => harness.stop());
  const owners = (): readonly (string | undefined)[] =>
    harness.names().map((name) => harness.virtualIP(name)?.spec.placement?.nodes[0]);

  it("gets nothing new for a while, and then as much as the others", async () => {
    await harness.start();
    await harness.settle(SETTLE_MS);
    harness.addNode("node-d", 14);
    for (let i = 0; i < 3; i++) harness.addService(`web/early-${i}`);
    await harness.settle();
    expect(owners().toSorted()).to.deep.equal(["node-a", "node-b", "node-c"]);
    await harness.settle(SETTLE_MS);
    harness.addService("web/late");
    await harness.settle();
    expect(owners()[3]).to.equal("node-d");
  });

  it("gets addresses at once when all have, so that an installation does not wait, and all get as many", async () => {
    await harness.start();
    for (let i = 0; i < 6; i++) harness.addService(`web/early-${i}`);
    await harness.settle();
    for (const name of ["node-a", "node-b", "node-c"])
      expect(owners().filter((owner) => owner === name)).to.have.length(2);
  });

  it("keeps what it has when its speaker starts anew", async () => {
    harness.addService("web/shop");
    await harness.start();
    await harness.settle(SETTLE_MS);
    const [owner = ""] = owners();
    harness.api.put(nodes, node(owner, { networkUnavailable: true }));
    harness.api.put(nodes, node(owner));
    await harness.settle(2 * SETTLE_MS);
    expect(owners()).to.deep.equal([owner]);
  });
});
