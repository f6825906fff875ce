import { nodes } from "@fairlead/api/core/node.ts";
import { MOVE_TO_ANNOTATION } from "@fairlead/api/moves.ts";
import { l2Advertisements, speakers, virtualIPs } from "@fairlead/api/resources.ts";
import { expect } from "chai";
import { LINKS_STEADY_AFTER_MS } from "../cluster/steady-links.ts";
import { WIDER_AFTER_MS } from "../placement/reach.ts";
import { Harness } from "../testing/harness.ts";
import { advertisement, node, speaker } from "../testing/objects.ts";

const IP = "192.0.2.100";
const SETTLE_MS = 10_000;

describe("an address that two networks carry", () => {
  let harness: Harness;
  const lan = { name: "lan0", addresses: ["192.0.2.11/24"] };
  const wan = { name: "wan0", addresses: ["203.0.113.11/24"] };
  const links = (name: string, ...interfaces: (typeof lan & { readonly carrier?: boolean })[]) =>
    harness.api.put(speakers, speaker(name, interfaces));
  const placement = () => harness.virtualIP(IP)?.spec.placement;
  const moves = (): number => harness.api.writes.filter(({ resource }) => resource === "virtualips").length;

  beforeEach(() => {
    harness = Harness.withNodes();
    for (const [i, name] of ["node-d", "node-e"].entries()) harness.addNode(name, 14 + i);
    harness.api.put(l2Advertisements, advertisement("all", { interfaces: ["lan0", "wan0"] }));
    for (const name of ["node-a", "node-c", "node-d", "node-e"]) links(name, lan);
    links("node-b", wan);
    harness.addPool("lan", ["192.0.2.100-192.0.2.140"]);
    harness.addService("web/shop");
  });
  afterEach(() => harness.stop());

  it("goes in one write to a node that comes to be on both, says why, and rests there when others do", async () => {
    await harness.start();
    await harness.settle(SETTLE_MS);
    expect(placement()?.nodes).to.have.members(["node-a", "node-c", "node-d", "node-e"]);
    harness.api.writes.length = 0;
    links("node-b", lan, wan);
    await harness.settle(LINKS_STEADY_AFTER_MS + WIDER_AFTER_MS - 100);
    expect(moves()).to.equal(0);
    await harness.settle(200);
    expect(placement()?.nodes[0]).to.equal("node-b");
    expect(placement()?.reason).to.equal("MoreNetworks");
    expect(moves()).to.equal(1);
    links("node-d", lan, wan);
    await harness.settle(SETTLE_MS);
    links("node-b", lan, { ...wan, carrier: false });
    await harness.settle(WIDER_AFTER_MS + 100);
    expect(placement()?.nodes[0]).to.equal("node-d");
    harness.api.writes.length = 0;
    links("node-b", lan, wan);
    await harness.settle(SETTLE_MS);
    links("node-d", lan);
    links("node-b", lan);
    await harness.settle(SETTLE_MS);
    expect(placement()?.nodes[0], "which reaches as many as any other").to.equal("node-d");
  });

  it("stays where it is when all lose their links to one network and get them back, one after the other", async () => {
    const names = ["node-a", "node-b", "node-c", "node-d", "node-e"];
    for (const name of names) links(name, lan, wan);
    await harness.start();
    await harness.settle(SETTLE_MS);
    const [owner = ""] = placement()?.nodes ?? [];
    harness.api.writes.length = 0;
    for (const name of [owner, ...names.filter((one) => one !== owner)]) {
      links(name, lan, { ...wan, carrier: false });
      await harness.settle(100);
    }
    await harness.settle(SETTLE_MS);
    for (const name of [...names.filter((one) => one !== owner), owner]) {
      links(name, lan, wan);
      await harness.settle(2000);
    }
    await harness.settle(2 * SETTLE_MS);
    expect(moves()).to.equal(0);
  });

  it("does not go to a node whose link to the other network comes and goes", async () => {
    await harness.start();
    await harness.settle(SETTLE_MS);
    harness.api.writes.length = 0;
    for (let i = 0; i < 20; i++) {
      links("node-b", lan, wan);
      await harness.settle(SETTLE_MS - 1000);
      links("node-b", lan);
      await harness.settle(1000);
    }
    expect(placement()?.nodes[0]).to.not.equal("node-b");
  });

  it("is looked at when a node comes that nobody waited for, since its three stand-ins are as narrow", async () => {
    await harness.start();
    await harness.settle(SETTLE_MS);
    harness.addNode("node-f", 16);
    links("node-f", lan, wan);
    await harness.settle(SETTLE_MS + WIDER_AFTER_MS - 100);
    expect(placement()?.nodes[0]).to.not.equal("node-f");
    await harness.settle(200);
    expect(placement()?.nodes[0]).to.equal("node-f");
  });

  it("stays where a person wants it, though another node is on both", async () => {
    links("node-b", lan, wan);
    await harness.start();
    await harness.settle(SETTLE_MS);
    expect(placement()?.nodes[0]).to.equal("node-b");
    harness.api.edit(virtualIPs, IP, (one) => ({
      ...one,
      metadata: { ...one.metadata, annotations: { [MOVE_TO_ANNOTATION]: "node-c" } },
    }));
    await harness.settle();
    expect(placement()).to.deep.include({ byHand: true, reason: "Move" });
    harness.api.put(nodes, node("node-b", { labels: { some: "label" } }));
    await harness.settle(SETTLE_MS);
    expect(placement()?.nodes[0]).to.equal("node-c");
  });
});

describe("an address that another node took over by itself", () => {
  let harness: Harness;
  const placement = () => harness.virtualIP(IP)?.spec.placement;
  /** On the interfaces of the node that had it, and of the one that took it over: `NODE/INTERFACE SUBNET`. */
  const takenOver = async (
    from: readonly [string, string],
    to: readonly [string, string],
  ): Promise<string> => {
    harness = Harness.withNodes();
    harness.addPool("lan", [IP]);
    harness.addService("web/shop");
    harness.api.put(l2Advertisements, advertisement("all", { interfaces: ["eth0", "ens3"] }));
    for (const name of ["node-a", "node-b", "node-c"])
      harness.api.put(speakers, speaker(name, [{ name: from[0], addresses: [from[1]] }]));
    await harness.start();
    await harness.settle(SETTLE_MS);
    const [owner = "", taker = ""] = placement()?.nodes ?? [];
    harness.api.put(speakers, speaker(taker, [{ name: to[0], addresses: [to[1]] }]));
    await harness.settle(SETTLE_MS);
    expect(placement()?.nodes[0]).to.equal(owner);
    harness.api.edit(virtualIPs, IP, (one) => ({
      ...one,
      status: {
        ...one.status,
        announcers: [[owner, from[0], 0] as const, [taker, to[0], 1] as const].map(([name, on, step]) => ({
          node: name,
          interface: on,
          epoch: one.spec.placement?.epoch ?? 0,
          ...(step > 0 && { step }),
          mac: "02:00:00:00:00:01",
          since: "2026-01-01T00:00:00Z",
        })),
      },
    }));
    return owner;
  };
  afterEach(() => harness.stop());

  it("on the segment on which its node had it is not said to leave that for more networks, whatever the interfaces are called", async () => {
    const owner = await takenOver(["eth0", "192.0.2.11/24"], ["ens3", "192.0.2.12/24"]);
    await harness.settle();
    expect(placement()?.nodes[0]).to.not.equal(owner);
    expect(placement()?.reason).to.equal(undefined);
  });

  it("is not said to leave a node for more networks that does not live any more", async () => {
    const owner = await takenOver(["eth0", "192.0.2.11/24"], ["ens3", "203.0.113.12/24"]);
    await harness.settle();
    expect(placement()?.nodes[0], "which answers where the other is not").to.equal(owner);
    harness.api.put(nodes, node(owner, { ready: false }));
    await harness.settle();
    expect(placement()?.nodes[0]).to.not.equal(owner);
    expect(placement()?.reason).to.equal(undefined);
  });
});
