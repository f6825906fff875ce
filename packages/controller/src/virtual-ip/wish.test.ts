import { endpointSlices } from "@fairlead/api/core/endpoint-slice.ts";
import { nodes } from "@fairlead/api/core/node.ts";
import { pods } from "@fairlead/api/core/pod.ts";
import { services } from "@fairlead/api/core/service.ts";
import { DRAIN_ANNOTATION, MOVE_PENDING, MOVE_TO_ANNOTATION } from "@fairlead/api/moves.ts";
import { l2Advertisements, speakers, virtualIPs } from "@fairlead/api/resources.ts";
import type { Announcer } from "@fairlead/api/virtual-ip.ts";
import { expect } from "chai";
import { Harness } from "../testing/harness.ts";
import { advertisement, endpointSlice, node, speaker, speakerPod } from "../testing/objects.ts";

const SHOP = "web/shop";
const IP = "192.0.2.100";
const LAN = [{ name: "lan0", addresses: ["192.0.2.13/24", "2001:db8::13/64"] }];
const IPV6 = "2001-0db8-0000-0000-0000-0000-0000-0100";

describe("a wish where an address is to live", () => {
  let harness: Harness;
  beforeEach(async () => {
    harness = Harness.withNodes();
    harness.addPool("lan", ["192.0.2.100-192.0.2.140", "2001:db8::100-2001:db8::140"]);
    harness.addService(SHOP);
  });
  afterEach(() => harness.stop());

  const wish = (to: string | undefined, name = IP) =>
    harness.api.edit(virtualIPs, name, (one) => {
      const { [MOVE_TO_ANNOTATION]: _, ...others } = one.metadata.annotations ?? {};
      const annotations = { ...others, ...(to !== undefined && { [MOVE_TO_ANNOTATION]: to }) };
      return { ...one, metadata: { ...one.metadata, annotations } };
    });
  const drain = (name: string, value: string | undefined) =>
    harness.api.edit(speakers, name, (one) => {
      const annotations = value === undefined ? {} : { [DRAIN_ANNOTATION]: value };
      return { ...one, metadata: { ...one.metadata, annotations } };
    });
  const wished = (name = IP): string | undefined =>
    harness.virtualIP(name)?.metadata.annotations?.[MOVE_TO_ANNOTATION];
  const placed = (name = IP) => harness.virtualIP(name)?.spec.placement;
  const told = (name = IP) =>
    harness.virtualIP(name)?.status?.conditions?.find(({ type }) => type === MOVE_PENDING);
  const pending = (name = IP): string => {
    const condition = told(name);
    return condition === undefined ? "none" : `${condition.status} ${condition.reason}`;
  };
  const announce = (...announcers: readonly Pick<Announcer, "node" | "epoch" | "step">[]) =>
    harness.api.edit(virtualIPs, IP, (one) => ({
      ...one,
      status: {
        ...one.status,
        announcers: announcers.map((parts) => ({
          interface: "lan0",
          mac: "02:00:00:00:00:01",
          since: "2026-01-01T00:00:00Z",
          ...parts,
        })),
      },
    }));
  /** Starts, and counts writes from there. */
  const start = async (): Promise<void> => {
    await harness.start();
    await harness.settle(2000);
    harness.api.writes.length = 0;
  };
  const writes = (): readonly string[] =>
    harness.api.writes
      .filter(({ resource }) => resource !== "leases")
      .map(({ method, resource }) => `${method} ${resource}`);
  const rest = async (): Promise<void> => {
    harness.api.writes.length = 0;
    await harness.settle(60_000);
    expect(writes()).to.deep.equal([]);
  };

  it("is carried out in the write that takes it off, leaves the other annotations, and rests", async () => {
    await start();
    harness.api.edit(virtualIPs, IP, (one) => ({
      ...one,
      metadata: { ...one.metadata, annotations: { note: "for the shop" } },
    }));
    wish("node-c");
    await harness.settle();
    expect(placed()).to.deep.equal({
      epoch: 2,
      nodes: ["node-c", "node-b", "node-a"],
      protocols: ["Layer2"],
      reason: "Move",
    });
    expect(harness.virtualIP(IP)?.metadata.annotations).to.deep.equal({ note: "for the shop" });
    expect(writes()).to.deep.equal(["PUT virtualips"]);
    await rest();
  });

  it("beats the weights of an advertisement, which do not take the address back", async () => {
    const preference = { matchLabels: { uplink: "fast" } };
    harness.api.put(nodes, node("node-b", { labels: { uplink: "fast" } }));
    harness.api.put(
      l2Advertisements,
      advertisement("all", { preferredNodeSelectors: [{ weight: 50, preference }] }),
    );
    await start();
    expect(placed()?.nodes[0]).to.equal("node-b");
    wish("node-c");
    await harness.settle();
    expect(placed()?.nodes[0]).to.equal("node-c");
    await rest();
  });

  it("moves one address of a dual-stack Service and not the other", async () => {
    harness.addService(SHOP, { families: ["IPv4", "IPv6"] });
    await start();
    const before = placed(IPV6);
    wish("node-c");
    await harness.settle();
    expect(placed()?.nodes[0]).to.equal("node-c");
    expect(placed(IPV6)).to.deep.equal(before);
    expect(before?.nodes[0]).to.equal("node-a");
    await rest();
  });

  it("for the node that has it already is taken off, and nothing else is written", async () => {
    await start();
    const before = placed();
    wish("node-a");
    await harness.settle();
    expect(wished()).to.equal(undefined);
    expect(placed()).to.deep.equal(before);
    await rest();
  });

  it("for the node that the speakers have passed it on to is taken off when that is adopted", async () => {
    await start();
    announce({ node: "node-b", epoch: 1, step: 1 });
    wish("node-b");
    await harness.settle();
    expect(placed()).to.deep.include({ epoch: 2, nodes: ["node-b", "node-c", "node-a"] });
    expect(wished()).to.equal(undefined);
    expect(harness.api.count("PUT virtualips")).to.equal(1);
  });

  interface Case {
    readonly reason: string;
    readonly says: string;
    readonly to?: string;
    readonly hinder: () => unknown;
    readonly clear: () => unknown;
  }
  const cases: readonly Case[] = [
    {
      reason: "NodeNotReady",
      says: "the node is not ready; see what kubectl describe node says",
      hinder: () => harness.api.put(nodes, node("node-c", { ready: false })),
      clear: () => harness.api.put(nodes, node("node-c")),
    },
    {
      reason: "SpeakerNotRunning",
      says: "no speaker is ready there; see why the speaker's Pod on the node is not ready",
      hinder: () => harness.api.put(pods, speakerPod("node-c", { ready: false })),
      clear: () => harness.api.put(pods, speakerPod("node-c")),
    },
    {
      reason: "NodeCordoned",
      says: "the node is cordoned, or about to be deleted by the cluster autoscaler, and another is not; run kubectl uncordon node-c, or take another node",
      hinder: () => harness.api.put(nodes, node("node-c", { cordoned: true })),
      clear: () => harness.api.put(nodes, node("node-c")),
    },
    {
      reason: "NodeDrained",
      says: "the node is drained of addresses and another is not; run fairlead drain node-c --undo",
      hinder: () => drain("node-c", "true"),
      clear: () => drain("node-c", undefined),
    },
    {
      reason: "ProxyUnhealthy",
      says: "kube-proxy is unhealthy on node node-c; see the log of kube-proxy there and restart it",
      hinder: () => harness.api.put(speakers, speaker("node-c", LAN, "Unhealthy")),
      clear: () => harness.api.put(speakers, speaker("node-c", LAN, "Healthy")),
    },
    {
      reason: "NodeNotSelected",
      says: 'not selected by L2Advertisement "all"; change spec.nodeSelectors of L2Advertisement "all" or label a node',
      hinder: () =>
        harness.api.put(
          l2Advertisements,
          advertisement("all", {
            nodeSelectors: ["node-a", "node-b"].map((name) => ({ matchLabels: { name } })),
          }),
        ),
      clear: () => harness.api.put(l2Advertisements, advertisement("all")),
    },
    {
      reason: "NoSuchNode",
      says: "there is no such node; see kubectl get nodes",
      to: "node-d",
      hinder: () => undefined,
      clear: () => harness.addNode("node-d", 14),
    },
    {
      reason: "NoLocalEndpoint",
      says: "no endpoint serves there and externalTrafficPolicy is Local; run a Pod of the Service there, or set externalTrafficPolicy to Cluster",
      hinder: () => {
        harness.api.put(endpointSlices, endpointSlice(SHOP, ["node-a", "node-b"]));
        const spec = { externalTrafficPolicy: "Local" } as const;
        harness.api.edit(services, SHOP, (one) => ({ ...one, spec: { ...one.spec, ...spec } }));
      },
      clear: () => harness.api.put(endpointSlices, endpointSlice(SHOP, ["node-a", "node-b", "node-c"])),
    },
  ];
  for (const { reason, says, to = "node-c", hinder, clear } of cases)
    it(`that cannot be had (${reason}) waits, says why once, and is carried out as soon as it can be`, async () => {
      for (const name of ["node-a", "node-b"])
        harness.api.edit(nodes, name, (one) => ({
          ...one,
          metadata: { ...one.metadata, labels: { name } },
        }));
      await start();
      hinder();
      wish(to);
      await harness.settle(200);
      expect(pending()).to.equal(`True ${reason}`);
      expect(told()?.message).to.equal(
        `The address is to go to node "${to}", which may not have it now: ${says}. It goes there as soon as it may; remove the annotation fairlead.dev/move-to to give that up.`,
      );
      expect(placed()?.nodes[0]).to.equal("node-a");
      expect(wished()).to.equal(to);
      harness.api.writes.length = 0;
      await harness.settle(5000);
      expect(writes()).to.deep.equal([]);
      clear();
      await harness.settle(200);
      expect(placed()?.nodes[0]).to.equal(to);
      expect(wished()).to.equal(undefined);
      expect(pending()).to.equal("none");
      await rest();
    });

  it("for a cordoned node is carried out when all others are cordoned too", async () => {
    harness.api.put(nodes, node("node-c", { cordoned: true }));
    await start();
    wish("node-c");
    await harness.settle(200);
    expect(pending()).to.equal("True NodeCordoned");
    harness.api.put(nodes, node("node-b", { cordoned: true }));
    harness.api.put(nodes, node("node-a", { cordoned: true }));
    await harness.settle(200);
    expect(placed()?.nodes[0]).to.equal("node-c");
    expect(pending()).to.equal("none");
    await rest();
  });

  it("that is taken off takes the condition with it, and that names another node replaces it", async () => {
    await start();
    wish("node-x");
    await harness.settle(200);
    const since = told()?.lastTransitionTime;
    await harness.settle(5000);
    wish("node-y");
    await harness.settle(200);
    expect(told()?.message).to.contain('"node-y"');
    expect(told()?.lastTransitionTime).to.equal(since);
    wish(undefined);
    await harness.settle(200);
    expect(pending()).to.equal("none");
    expect(placed()?.nodes[0]).to.equal("node-a");
    await rest();
  });

  it("for an address that lives nowhere says so, and is carried out when it can live", async () => {
    await start();
    harness.api.put(endpointSlices, endpointSlice(SHOP, []));
    wish("node-c");
    await harness.settle(3000);
    expect(pending()).to.equal("True NoEndpoints");
    expect(told()?.message).to.match(
      /^Nothing answers for 192\.0\.2\.100: .* It goes to node "node-c" as soon as it may; /,
    );
    harness.api.put(endpointSlices, endpointSlice(SHOP, ["node-a"]));
    await harness.settle(200);
    expect(placed()?.nodes[0]).to.equal("node-c");
    expect(pending()).to.equal("none");
    await rest();
  });

  it("on a reservation is carried out in the write that gives the address to its Service", async () => {
    const reserved = "192.0.2.120";
    harness.api.put(virtualIPs, {
      metadata: { name: reserved, annotations: { [MOVE_TO_ANNOTATION]: "node-c" } },
      spec: { address: reserved, pool: "lan", services: [], claim: { namespace: "web", name: "kept" } },
    });
    await start();
    await harness.settle(3000);
    expect(pending(reserved)).to.equal("True NoService");
    harness.addService("web/kept");
    await harness.settle(200);
    expect(harness.addresses("web/kept")).to.deep.equal([reserved]);
    expect(placed(reserved)?.nodes[0]).to.equal("node-c");
    expect(wished(reserved)).to.equal(undefined);
    expect(pending(reserved)).to.equal("none");
  });

  it("of any length says so in a message that fits", async () => {
    await start();
    wish("x".repeat(200_000));
    await harness.settle(200);
    expect(pending()).to.equal("True NoSuchNode");
    expect(told()?.message.length).to.be.below(1000);
  });

  describe("for a drained node", () => {
    it("does not keep its addresses there: they go like those of a cordoned one, and come back only on request", async () => {
      await start();
      drain("node-a", "true");
      await harness.settle(200);
      expect(placed()?.nodes).to.deep.equal(["node-c", "node-b", "node-a"]);
      drain("node-a", undefined);
      await rest();
      wish("node-a");
      await harness.settle(200);
      expect(placed()?.nodes[0]).to.equal("node-a");
    });

    it("is not there while another value stands in the annotation", async () => {
      await start();
      drain("node-a", "yes");
      await rest();
      expect(placed()?.nodes[0]).to.equal("node-a");
    });

    it("leaves an address that no other node can have, until one can", async () => {
      for (const name of ["node-b", "node-c"]) harness.api.put(nodes, node(name, { ready: false }));
      await start();
      drain("node-a", "true");
      await rest();
      expect(placed()?.nodes[0]).to.equal("node-a");
      harness.api.put(nodes, node("node-b"));
      await harness.settle(200);
      expect(placed()?.nodes[0]).to.equal("node-b");
    });

    it("survives what its speaker writes", async () => {
      await start();
      drain("node-a", "true");
      await harness.settle(200);
      const { metadata } = harness.api.get(speakers, "node-a") ?? { metadata: { name: "node-a" } };
      const addresses = ["192.0.2.31/24"];
      harness.api.put(speakers, { ...speaker("node-a", [{ name: "lan0", addresses }]), metadata });
      wish("node-a");
      await harness.settle(200);
      expect(pending()).to.equal("True NodeDrained");
    });
  });
});
