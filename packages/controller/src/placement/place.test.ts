import type { EndpointSlice } from "@fairlead/api/core/endpoint-slice.ts";
import type { L2AdvertisementSpec } from "@fairlead/api/l2-advertisement.ts";
import type { ProxyHealth } from "@fairlead/api/speaker.ts";
import { expect } from "chai";
import fc from "fast-check";
import { address } from "../testing/allocation.ts";
import { advertisement, endpointSlice, node, speaker, speakerPod } from "../testing/objects.ts";
import { readAdvertisement } from "./advertise.ts";
import { servingEndpoints } from "./endpoints.ts";
import { type NodeView, viewNode } from "./node-view.ts";
import { type PlacedService, type PlacementInput, place } from "./place.ts";

type NodeParts = Parameters<typeof node>[1] & {
  readonly pod?: Parameters<typeof speakerPod>[1] | "none";
  readonly interfaces?: Parameters<typeof speaker>[1] | "none";
  /** Whether a speaker that is not there is waited for. */
  readonly patient?: boolean;
  readonly proxy?: ProxyHealth;
  readonly settled?: boolean;
  readonly cordonedNodes?: "avoid" | "keep";
};

const LAN = [{ name: "lan0", addresses: ["192.0.2.11/24", "2001:db8::11/64"] }];
const WAN = [{ name: "wan0", addresses: ["203.0.113.11/24", "fe80::11/64"] }];
const NO_LINK = LAN.map((one) => ({ ...one, carrier: false }));

function view(name: string, parts: NodeParts = {}): NodeView {
  const { pod = {}, interfaces = LAN, patient = false, proxy, settled, cordonedNodes, ...rest } = parts;
  return viewNode(node(name, rest), {
    pods: pod === "none" ? [] : [speakerPod(name, pod)],
    report: interfaces === "none" ? undefined : speaker(name, interfaces, proxy),
    patient,
    ...(settled !== undefined && { settled }),
    ...(cordonedNodes && { cordonedNodes }),
  });
}

const everywhere = servingEndpoints([endpointSlice("web/shop", ["a", "b", "c"])], "IPv4");
const shop = (parts: Partial<PlacedService> = {}): PlacedService => ({
  key: "web/shop",
  labels: { app: "shop" },
  localTrafficOnly: false,
  endpoints: everywhere,
  ...parts,
});
const local = (...nodes: string[]): PlacedService =>
  shop({ localTrafficOnly: true, endpoints: servingEndpoints([endpointSlice("web/shop", nodes)], "IPv4") });

function input(
  parts: Partial<PlacementInput> & { readonly ads?: readonly L2AdvertisementSpec[] } = {},
): PlacementInput {
  const { ads = [{}], ...rest } = parts;
  return {
    address: address("192.0.2.100"),
    pool: { name: "lan", labels: { zone: "x" } },
    owner: undefined,
    listed: [],
    services: [shop()],
    advertisements: ads.map((spec, i) => readAdvertisement(advertisement(`ad-${i}`, spec))),
    nodes: ["a", "b", "c"].map((name) => view(name)),
    load: () => 0,
    companions: () => 0,
    standIns: { tie: () => "None", ownersOf: () => 0 },
    ...rest,
  };
}

/** Where it is placed, or why not. */
function outcome(parts: Parameters<typeof input>[0]): string {
  const decision = place(input(parts));
  return decision.kind === "Placed"
    ? [decision.node, ...(decision.interfaces ?? [])].join(" ")
    : decision.reason;
}

describe("placement", () => {
  const at = (load: Readonly<Record<string, number>>) => (name: string) => load[name] ?? 0;
  const labeled = [view("a"), view("b", { labels: { rack: "1" } }), view("c", { labels: { rack: "2" } })];
  const rack = (value: string) => ({ matchLabels: { rack: value } });
  const dark = view("a", { interfaces: NO_LINK });

  const cases: readonly [string, Parameters<typeof input>[0], string][] = [
    ["the first by name when all are alike", {}, "a"],
    ["the one with the fewest addresses", { load: at({ a: 2, b: 1, c: 1 }) }, "b"],
    ["the one with the other address of a pair", { load: at({ c: 9 }), companions: at({ c: 1 }) }, "c"],
    [
      "the present owner, wherever the other address of a pair is",
      { owner: "b", companions: at({ c: 1 }) },
      "b",
    ],
    ["the present owner, however full it is", { owner: "c", load: at({ c: 9 }) }, "c"],
    [
      "the one that is wished for, wherever it is, however full that is and whatever is preferred",
      {
        owner: "a",
        wish: "c",
        nodes: labeled,
        load: at({ c: 9 }),
        companions: at({ a: 1 }),
        ads: [{ preferredNodeSelectors: [{ weight: 5, preference: rack("1") }] }],
      },
      "c",
    ],
    ["the owner when the one that is wished for may not", { owner: "b", wish: "z" }, "b"],
    [
      "as without a wish when that is for a cordoned node and another is not",
      { owner: "b", wish: "a", nodes: [view("a", { cordoned: true }), view("b"), view("c")] },
      "b",
    ],
    [
      "the one that is wished for when all are cordoned",
      { owner: "b", wish: "a", nodes: ["a", "b"].map((name) => view(name, { cordoned: true })) },
      "a",
    ],
    [
      "the silent owner, not the silent node that is wished for",
      { owner: "b", wish: "a", nodes: ["a", "b"].map((name) => view(name, { ready: false })) },
      "b",
    ],
    ["another one when the owner is gone", { owner: "z" }, "a"],
    [
      "another one when the owner is not ready",
      { owner: "a", nodes: [view("a", { ready: false }), view("b")] },
      "b",
    ],
    [
      "another one when the owner is cordoned",
      { owner: "a", nodes: [view("a", { cordoned: true }), view("b")] },
      "b",
    ],
    [
      "its first stand-in when the owner is cordoned and the others are alike",
      {
        owner: "a",
        listed: ["a", "c", "b"],
        nodes: [view("a", { cordoned: true }), view("b"), view("c")],
      },
      "c",
    ],
    [
      "the one with the fewest addresses, first stand-in or not",
      {
        owner: "a",
        listed: ["a", "c", "b"],
        nodes: [view("a", { cordoned: true }), view("b"), view("c")],
        load: at({ c: 1 }),
      },
      "b",
    ],
    [
      "the first stand-in when the owner has lost its link, for that one takes it over: however full it is and whatever is preferred",
      {
        owner: "a",
        listed: ["a", "c", "b"],
        nodes: [dark, view("b", { labels: { rack: "1" } }), view("c", { settled: false })],
        load: at({ c: 9 }),
        ads: [{ preferredNodeSelectors: [{ weight: 5, preference: rack("1") }] }],
      },
      "c",
    ],
    [
      "the next stand-in that may have it when the owner has lost its link, and the first one too",
      {
        owner: "a",
        listed: ["a", "c", "d", "e", "b"],
        nodes: [
          dark,
          view("b"),
          view("c", { interfaces: NO_LINK }),
          view("d", { cordoned: true }),
          view("e"),
        ],
        load: at({ e: 9 }),
      },
      "e",
    ],
    [
      "the one that is wished for when the owner has lost its link",
      { owner: "a", listed: ["a", "c", "b"], wish: "b", nodes: [dark, view("b"), view("c")] },
      "b",
    ],
    [
      "the one with the fewest addresses when the owner has lost its link and none stands in",
      { owner: "a", listed: ["a"], nodes: [dark, view("b"), view("c")], load: at({ b: 1 }) },
      "c",
    ],
    [
      "the one with the fewest addresses when the owner does not carry the subnet any more, with a link or without",
      {
        owner: "a",
        listed: ["a", "c", "b"],
        nodes: [
          view("a", { interfaces: [{ name: "lan0", addresses: ["198.51.100.1/24"], carrier: false }] }),
          view("b"),
          view("c"),
        ],
        load: at({ c: 1 }),
      },
      "b",
    ],
    [
      "the one with the fewest addresses when the owner is not ready and has no link",
      {
        owner: "a",
        listed: ["a", "c", "b"],
        nodes: [view("a", { ready: false, interfaces: NO_LINK }), view("b"), view("c")],
        load: at({ c: 1 }),
      },
      "b",
    ],
    [
      "the owner when all are cordoned",
      { owner: "b", nodes: [view("a", { cordoned: true }), view("b", { cordoned: true })] },
      "b",
    ],
    [
      "another one when the owner's kube-proxy is unhealthy",
      { owner: "a", nodes: [view("a", { proxy: "Unhealthy" }), view("b", { proxy: "Healthy" })] },
      "b",
    ],
    [
      "as without a wish when that is for a node whose kube-proxy is unhealthy",
      { owner: "b", wish: "a", nodes: [view("a", { proxy: "Unhealthy" }), view("b")] },
      "b",
    ],
    [
      "the owner when no kube-proxy is healthy",
      { owner: "b", nodes: ["a", "b", "c"].map((name) => view(name, { proxy: "Unhealthy" })) },
      "b",
    ],
    [
      "the owner when its kube-proxy never said that it is healthy",
      { owner: "b", nodes: [view("a", { proxy: "Healthy" }), view("b", { proxy: "Unknown" })] },
      "b",
    ],
    [
      "the owner while its speaker restarts and no kube-proxy is healthy",
      {
        owner: "b",
        nodes: [
          view("a", { proxy: "Unhealthy" }),
          view("b", { proxy: "Unhealthy", pod: { leaving: true }, patient: true }),
        ],
      },
      "b",
    ],
    [
      "the owner when every node looks dead, as after an outage of the API server",
      { owner: "b", nodes: ["a", "b", "c"].map((name) => view(name, { ready: false })) },
      "b",
    ],
    [
      "the owner while its speaker restarts and nobody else may",
      { owner: "b", nodes: [view("b", { pod: { leaving: true } })] },
      "b",
    ],
    [
      "nobody when the silent owner may not have it any more",
      {
        owner: "b",
        nodes: [view("b", { ready: false, labels: { rack: "1" } })],
        ads: [{ nodeSelectors: [{ matchLabels: { rack: "2" } }] }],
      },
      "NoEligibleNode",
    ],
    ["nobody new when every node looks dead", { nodes: [view("a", { ready: false })] }, "NoEligibleNode"],
    [
      "not a node that is excluded by label",
      {
        nodes: [
          view("a", { labels: { "node.kubernetes.io/exclude-from-external-load-balancers": "" } }),
          view("b"),
        ],
      },
      "b",
    ],
    ["not a node without network", { nodes: [view("a", { networkUnavailable: true }), view("b")] }, "b"],
    ["not a node without a speaker", { nodes: [view("a", { pod: "none" }), view("b")] }, "b"],
    [
      "not a node whose speaker is not ready",
      { nodes: [view("a", { pod: { ready: false } }), view("b")] },
      "b",
    ],
    [
      "not a node whose speaker is leaving",
      { nodes: [view("a", { pod: { leaving: true } }), view("b")] },
      "b",
    ],
    [
      "not a node whose interfaces are unknown",
      { nodes: [view("a", { interfaces: "none" }), view("b")] },
      "b",
    ],
    [
      "not a node outside the subnet",
      { nodes: [view("a", { interfaces: [{ name: "lan0", addresses: ["198.51.100.1/24"] }] }), view("b")] },
      "b",
    ],
    [
      "not a node whose interface has no link",
      {
        nodes: [
          view("a", { interfaces: [{ name: "lan0", addresses: ["192.0.2.11/24"], carrier: false }] }),
          view("b"),
        ],
      },
      "b",
    ],
    [
      "not a node that is out of service",
      { nodes: [view("a", { taints: ["node.kubernetes.io/out-of-service"] }), view("b")] },
      "b",
    ],
    [
      "another one than an owner that is out of service though it is ready",
      { owner: "a", nodes: [view("a", { taints: ["node.kubernetes.io/out-of-service"] }), view("b")] },
      "b",
    ],
    [
      "nobody rather than an owner that is out of service",
      { owner: "a", nodes: [view("a", { ready: false, taints: ["node.kubernetes.io/out-of-service"] })] },
      "NoEligibleNode",
    ],
    [
      "another one than an owner that shuts down",
      { owner: "a", nodes: [view("a", { shuttingDown: true }), view("b")] },
      "b",
    ],
    [
      "the owner that shuts down while nobody else may",
      { owner: "a", nodes: [view("a", { shuttingDown: true }), view("b", { ready: false })] },
      "a",
    ],
    [
      "another one than an owner that the autoscaler is about to delete, by taint",
      { owner: "a", nodes: [view("a", { taints: ["ToBeDeletedByClusterAutoscaler"] }), view("b")] },
      "b",
    ],
    [
      "another one than an owner that the autoscaler is about to delete, by label, though cordoned nodes keep theirs",
      {
        owner: "a",
        nodes: [
          view("a", { labels: { ToBeDeletedByClusterAutoscaler: "1" }, cordonedNodes: "keep" }),
          view("b"),
        ],
      },
      "b",
    ],
    [
      "the owner that is cordoned, where cordoned nodes keep what they have",
      { owner: "a", nodes: [view("a", { cordoned: true, cordonedNodes: "keep" }), view("b")] },
      "a",
    ],
    [
      "the one that is wished for, though the owner keeps what it has",
      { owner: "a", wish: "b", nodes: [view("a", { cordoned: true, cordonedNodes: "keep" }), view("b")] },
      "b",
    ],
    [
      "nobody new where cordoned nodes keep what they have",
      { nodes: [view("a", { cordoned: true, cordonedNodes: "keep" }), view("b")] },
      "b",
    ],
    ["not a node that has just started", { nodes: [view("a", { settled: false }), view("b")] }, "b"],
    [
      "a node that has just started rather than one that is cordoned",
      { nodes: [view("a", { settled: false }), view("b", { cordoned: true })] },
      "a",
    ],
    [
      "the emptiest while all have just started",
      { nodes: ["a", "b"].map((name) => view(name, { settled: false })), load: at({ a: 1 }) },
      "b",
    ],
    [
      "the owner though it has just started",
      { owner: "a", nodes: [view("a", { settled: false }), view("b")] },
      "a",
    ],
    [
      "the one that is wished for though it has just started",
      { owner: "b", wish: "a", nodes: [view("a", { settled: false }), view("b")] },
      "a",
    ],
    [
      "an IPv6 address by its own subnet",
      { address: address("2001:db8::100"), services: [shop({ endpoints: everywhere })] },
      "a",
    ],
    [
      "only a node that the advertisement selects",
      { nodes: labeled, ads: [{ nodeSelectors: [rack("2")] }] },
      "c",
    ],
    [
      "a node that one of two advertisements selects",
      { nodes: labeled, ads: [{ nodeSelectors: [rack("9")] }, { nodeSelectors: [rack("1")] }] },
      "b",
    ],
    [
      "the preferred node, however full it is",
      {
        nodes: labeled,
        load: at({ c: 9 }),
        ads: [{ preferredNodeSelectors: [{ weight: 5, preference: rack("2") }] }],
      },
      "c",
    ],
    [
      "the node with the highest sum of weights",
      {
        nodes: labeled,
        ads: [
          {
            preferredNodeSelectors: [
              { weight: 5, preference: rack("1") },
              { weight: 9, preference: rack("2") },
            ],
          },
        ],
      },
      "c",
    ],
    [
      "the owner although another is preferred",
      {
        owner: "a",
        nodes: labeled,
        ads: [{ preferredNodeSelectors: [{ weight: 5, preference: rack("2") }] }],
      },
      "a",
    ],
    [
      "a named interface, whatever its subnet",
      {
        ads: [{ interfaces: ["wan0"] }],
        nodes: [view("a"), view("b", { interfaces: [{ name: "wan0", addresses: [] }] })],
      },
      "b wan0",
    ],
    [
      "the interfaces of all advertisements",
      { ads: [{ interfaces: ["lan0"] }, { interfaces: ["b0", "lan0"] }] },
      "a b0 lan0",
    ],
    [
      "the subnet's interface if one advertisement leaves it open",
      { ads: [{ interfaces: ["lan0"] }, {}] },
      "a",
    ],
    [
      "an interface by a pattern, on a node that has one like it",
      {
        ads: [{ interfaces: ["wan*"] }],
        nodes: [view("a"), view("b", { interfaces: [{ name: "wan0", addresses: [] }] })],
      },
      "b wan*",
    ],
    [
      "for an IPv6 address a named interface that has a link-local address",
      {
        address: address("2001:db8::100"),
        ads: [{ interfaces: ["wan0"] }],
        nodes: [
          view("a", { interfaces: [{ name: "wan0", addresses: ["192.0.2.11/24"] }] }),
          view("b", { interfaces: [{ name: "wan0", addresses: ["fe80::1/64"] }] }),
        ],
      },
      "b wan0",
    ],
    ["nowhere if no node has the named interface", { ads: [{ interfaces: ["wan0"] }] }, "NoEligibleNode"],
    ["a pool that is named", { ads: [{ ipAddressPools: ["lan"] }] }, "a"],
    ["not a pool that is not named", { ads: [{ ipAddressPools: ["other"] }] }, "NoAdvertisement"],
    [
      "a pool that is selected by label",
      { ads: [{ ipAddressPoolSelectors: [{ matchLabels: { zone: "x" } }] }] },
      "a",
    ],
    [
      "not a pool that a selector does not match",
      { ads: [{ ipAddressPoolSelectors: [{ matchLabels: { zone: "y" } }] }] },
      "NoAdvertisement",
    ],
    ["a Service that is selected", { ads: [{ serviceSelectors: [{ matchLabels: { app: "shop" } }] }] }, "a"],
    [
      "not a Service that is not selected",
      { ads: [{ serviceSelectors: [{ matchLabels: { app: "db" } }] }] },
      "NoAdvertisement",
    ],
    ["nowhere without advertisements", { ads: [] }, "NoAdvertisement"],
    [
      "nowhere without endpoints",
      { services: [shop({ endpoints: servingEndpoints([], "IPv4") })] },
      "NoEndpoints",
    ],
    ["nowhere without a Service", { services: [] }, "NoService"],
    ["nowhere without nodes", { nodes: [] }, "NoEligibleNode"],
    ["Local: where an endpoint serves", { services: [local("c")] }, "c"],
    [
      "Local: away from an owner that no endpoint serves on",
      { owner: "a", services: [local("b", "c")] },
      "b",
    ],
    [
      "Local: nowhere if endpoints are only on nodes that may not",
      { nodes: [view("a"), view("b", { ready: false })], services: [local("b")] },
      "NoEligibleNode",
    ],
  ];
  for (const [title, parts, expected] of cases) {
    it(`chooses ${title}`, () => expect(outcome(parts)).to.equal(expected));
  }

  const apps = (...names: readonly string[]): PlacedService[] =>
    names.map((app) => shop({ key: `web/${app}`, labels: { app } }));
  const forApp = (app: string, spec: L2AdvertisementSpec): L2AdvertisementSpec => ({
    serviceSelectors: [{ matchLabels: { app } }],
    ...spec,
  });
  const wired = [
    view("a", { labels: { rack: "1" } }),
    view("b", {
      labels: { rack: "1", row: "1" },
      interfaces: [...LAN, { name: "wan0", addresses: [] }],
    }),
  ];
  const sharing: readonly [string, readonly L2AdvertisementSpec[], string][] = [
    [
      "a node that each of them may have",
      [
        forApp("x", { nodeSelectors: [rack("1")] }),
        forApp("y", { nodeSelectors: [{ matchLabels: { row: "1" } }] }),
      ],
      "b",
    ],
    [
      "nowhere if there is no such node",
      [forApp("x", { nodeSelectors: [rack("1")] }), forApp("y", { nodeSelectors: [rack("2")] })],
      "NoEligibleNode",
    ],
    [
      "by the advertisement of one while no other is for the other",
      [forApp("x", { nodeSelectors: [{ matchLabels: { row: "1" } }] })],
      "b",
    ],
    [
      "where one of several of each lets it",
      [
        forApp("x", { nodeSelectors: [rack("2")] }),
        forApp("y", { nodeSelectors: [rack("1")] }),
        { nodeSelectors: [{ matchLabels: { row: "1" } }] },
      ],
      "b",
    ],
    [
      "on the interfaces that they have in common, by name",
      [forApp("x", { interfaces: ["*"] }), forApp("y", { interfaces: ["wan*"] })],
      "b wan0",
    ],
    [
      "on the interface of the subnet if one names it and the other none",
      [forApp("x", { interfaces: ["lan0", "wan0"] }), forApp("y", {})],
      "a lan0",
    ],
    [
      "as they say it if they say the same",
      [forApp("x", { interfaces: ["lan*"] }), forApp("y", { interfaces: ["lan*"] })],
      "a lan*",
    ],
    [
      "nowhere if they have no interface in common",
      [forApp("x", { interfaces: ["lan0"] }), forApp("y", { interfaces: ["wan0"] })],
      "NoEligibleNode",
    ],
    [
      "by the weights of all, each advertisement once",
      [
        { preferredNodeSelectors: [{ weight: 3, preference: { matchLabels: { row: "1" } } }] },
        forApp("x", { preferredNodeSelectors: [{ weight: 5, preference: rack("0") }] }),
      ],
      "b",
    ],
  ];
  for (const [title, ads, expected] of sharing)
    it(`chooses for Services that share ${title}`, () => {
      for (const services of [apps("x", "y"), apps("y", "x")])
        expect(outcome({ services, ads, nodes: wired })).to.equal(expected);
    });

  it("names the Services that cannot agree, with their advertisements", () => {
    const ads = [forApp("x", { nodeSelectors: [rack("1")] }), forApp("y", { nodeSelectors: [rack("2")] })];
    const decision = place(input({ services: apps("y", "x", "z"), ads, nodes: labeled }));
    expect(decision.kind === "Unplaced" && decision.message).to.equal(
      'Nothing answers for 192.0.2.100: no node may (a: not selected by L2Advertisement "ad-0", "ad-1"; b, c: not allowed, or not on one interface, for all Services that share the address (web/x by L2Advertisement "ad-0"; web/y by L2Advertisement "ad-1")); change spec.nodeSelectors of L2Advertisement "ad-0", "ad-1" or label a node, or have their advertisements allow the same node and interface, or give the Services different addresses.',
    );
  });

  it("names the interface that lacks a link-local address, and the node", () => {
    const nodes = [view("a", { interfaces: [{ name: "wan0", addresses: ["192.0.2.11/24"] }] })];
    const ads = [{ interfaces: ["wan0"] }];
    const decision = place(input({ address: address("2001:db8::100"), nodes, ads }));
    expect(decision.kind === "Unplaced" && decision.message).to.equal(
      'Nothing answers for 2001:db8::100: no node may (a: none of the advertisement\'s interfaces that are there (of wan0) has an IPv6 link-local address); switch IPv6 on there (sysctl net.ipv6.conf.INTERFACE.disable_ipv6=0) or correct spec.interfaces of L2Advertisement "ad-0".',
    );
  });

  it("nothing new by an advertisement that is gone, and leaves what is placed", () => {
    const advertisements = [readAdvertisement(advertisement("ad-0"), true)];
    expect(outcome({ advertisements })).to.equal("NoAdvertisement");
    expect(outcome({ advertisements, owner: "b" })).to.equal("b");
    const nodes = [view("a"), view("b", { ready: false })];
    expect(outcome({ advertisements, owner: "b", nodes })).to.equal("a");
  });

  it("says of each node why it may not", () => {
    const nodes = [view("a", { ready: false }), view("b", { pod: "none" })];
    const decision = place(input({ nodes }));
    expect(decision.kind === "Unplaced" && decision.message).to.equal(
      "Nothing answers for 192.0.2.100: no node may (a: the node is not ready; b: no speaker is ready there); see what kubectl describe node says, or see why the speaker's Pod on the node is not ready.",
    );
  });

  it("names at most ten nodes", () => {
    const nodes = Array.from({ length: 14 }, (_, i) =>
      view(`n-${String(i).padStart(2, "0")}`, { ready: false }),
    );
    const decision = place(input({ nodes }));
    expect(decision.kind === "Unplaced" && decision.message).to.contain(
      "n-08, n-09 and 4 more: the node is not ready",
    );
  });

  it("names the advertisements that keep the nodes out, and their fields", () => {
    const ads = [{ nodeSelectors: [rack("9")] }, { interfaces: ["lan7"], nodeSelectors: [rack("1")] }];
    const nodes = [view("a", { labels: { rack: "1" } }), view("b"), view("c")];
    const decision = place(input({ nodes, ads }));
    expect(decision.kind === "Unplaced" && decision.message).to.equal(
      'Nothing answers for 192.0.2.100: no node may (a: none of the advertisement\'s interfaces (lan7) is there with a link; b, c: not selected by L2Advertisement "ad-0", "ad-1"); correct spec.interfaces of L2Advertisement "ad-1" or bring the link up, or change spec.nodeSelectors of L2Advertisement "ad-0", "ad-1" or label a node.',
    );
  });

  it("does not depend on the order of nodes and advertisements, and rests where it is", () => {
    const anyNode = fc.record({
      ready: fc.boolean(),
      cordoned: fc.boolean(),
      proxy: fc.constantFrom<ProxyHealth>("Healthy", "Unhealthy", "Unknown"),
      settled: fc.boolean(),
      cordonedNodes: fc.constantFrom<("avoid" | "keep")[]>("avoid", "keep"),
      labels: fc.constantFrom({}, { rack: "1" }, { rack: "2" }),
      pod: fc.constantFrom<("none" | object)[]>({}, {}, "none"),
      patient: fc.boolean(),
      interfaces: fc.constantFrom(LAN, [...LAN, ...WAN]),
    });
    const anyAd: fc.Arbitrary<L2AdvertisementSpec> = fc.constantFrom<L2AdvertisementSpec>(
      {},
      { nodeSelectors: [rack("1")] },
      { interfaces: ["lan0"] },
      { interfaces: ["*an0"], preferredNodeSelectors: [{ weight: 1, preference: rack("1") }] },
      { interfaces: ["*an0"], failback: "Immediate" },
      { preferredNodeSelectors: [{ weight: 3, preference: rack("2") }] },
      { failback: "Immediate", preferredNodeSelectors: [{ weight: 2, preference: rack("1") }] },
      { failback: "Quiet", preferredNodeSelectors: [{ weight: 5, preference: rack("2") }] },
    );
    fc.assert(
      fc.property(
        fc.array(anyNode, { maxLength: 6 }),
        fc.array(anyAd, { maxLength: 3 }),
        fc.array(fc.nat(3), { minLength: 6, maxLength: 6 }),
        fc.option(fc.nat(5), { nil: undefined }),
        fc.option(fc.nat(6), { nil: undefined }),
        fc.boolean(),
        fc.array(fc.constantFrom(0, 1e6), { minLength: 6, maxLength: 6 }),
        (nodeParts, ads, loads, ownerIndex, wishIndex, byHand, waits) => {
          const nodes = nodeParts.map((parts, i) => view(`n${i}`, parts));
          const load = (name: string): number => loads[Number(name.slice(1))] ?? 0;
          const given = input({
            nodes,
            ads,
            load,
            owner: ownerIndex === undefined ? undefined : `n${ownerIndex}`,
            listed: ["n3", "n1", "n5", "n2"],
            wish: wishIndex === undefined ? undefined : `n${wishIndex}`,
            byHand,
            waitedMs: (name) => waits[Number(name.slice(1))] ?? 0,
            widerForMs: (name) => waits[Number(name.slice(1))] ?? 0,
          });
          const decision = place(given);
          const turned = {
            ...given,
            nodes: [...given.nodes].reverse(),
            advertisements: [...given.advertisements].reverse(),
          };
          expect(place(turned)).to.deep.equal(decision);
          const fulfilled = decision.kind === "Placed" && decision.node === given.wish;
          expect(decision.pending === undefined).to.equal(given.wish === undefined || fulfilled);
          if (decision.kind !== "Placed") return;
          const { node: owner, standIns, byHand: chosen } = decision;
          const carriedOut = { ...given, owner, listed: [owner, ...standIns.nodes], byHand: chosen };
          // Only of the owner a restart is awaited: of a node that it was, other words are told once.
          const { left: _, mends: __, pending, ...settled } = decision;
          const { pending: still, ...again } = place(carriedOut) as typeof decision;
          expect(again).to.deep.equal(settled);
          expect(still === undefined).to.equal(pending === undefined);
        },
      ),
    );
  });

  it("spreads new addresses so that no node has two more than another", () => {
    const counts = new Map<string, number>();
    for (let i = 0; i < 100; i++) {
      const decision = place(input({ load: (name) => counts.get(name) ?? 0 }));
      if (decision.kind === "Placed") counts.set(decision.node, (counts.get(decision.node) ?? 0) + 1);
      const all = ["a", "b", "c"].map((name) => counts.get(name) ?? 0);
      expect(Math.max(...all) - Math.min(...all)).to.be.at.most(1);
    }
  });
});

describe("failback", () => {
  const prefer = (weight: number, value: string) => ({
    weight,
    preference: { matchLabels: { rack: value } },
  });
  const preferredNodeSelectors = [prefer(5, "1"), prefer(9, "2")];
  const immediate: L2AdvertisementSpec = { failback: "Immediate", preferredNodeSelectors };
  const quiet: L2AdvertisementSpec = { failback: "Quiet", failbackAfter: "60s", preferredNodeSelectors };
  const nodes = [view("a"), view("b", { labels: { rack: "1" } }), view("c", { labels: { rack: "2" } })];
  const [plain, ...others] = nodes as [NodeView, ...NodeView[]];
  const terminating = { ready: false, serving: true, terminating: true };
  const onlyLeaving: EndpointSlice = {
    ...endpointSlice("web/shop", ["a"]),
    endpoints: [{ addresses: [], nodeName: "a", conditions: terminating }],
  };
  const draining = shop({
    localTrafficOnly: true,
    endpoints: servingEndpoints([endpointSlice("web/shop", ["c"]), onlyLeaving], "IPv4"),
  });
  const waited =
    (ms: Readonly<Record<string, number>>) =>
    (name: string): number =>
      ms[name] ?? 0;

  const cases: readonly [string, Parameters<typeof input>[0], string][] = [
    ["leaves an address where it is by default", { ads: [{ preferredNodeSelectors }] }, "a"],
    [
      "leaves an address where it is with Never",
      { ads: [{ failback: "Never", preferredNodeSelectors }], waitedMs: () => 1e9 },
      "a",
    ],
    ["takes it to the best node at once", { ads: [immediate] }, "c"],
    ["leaves it on the best node", { ads: [immediate], owner: "c" }, "c"],
    [
      "takes it to no node that is about to go, though its own is too",
      {
        ads: [immediate],
        nodes: [view("a", { cordoned: true }), view("c", { cordoned: true, labels: { rack: "2" } })],
      },
      "a",
    ],
    [
      "leaves it where it is while no kube-proxy is healthy",
      {
        ads: [immediate],
        nodes: [view("a", { proxy: "Unhealthy" }), view("c", { proxy: "Unhealthy", labels: { rack: "2" } })],
      },
      "a",
    ],
    ["takes it nowhere without weights", { ads: [{ failback: "Immediate" }] }, "a"],
    [
      "does not even addresses out",
      { ads: [immediate], owner: "c", load: (name) => (name === "c" ? 99 : 0) },
      "c",
    ],
    [
      "takes it to the better of those that may have it",
      { ads: [immediate], nodes: [plain, view("b", { labels: { rack: "1" } })] },
      "b",
    ],
    [
      "takes it to none that has just started",
      { ads: [immediate], nodes: [plain, view("c", { labels: { rack: "2" }, settled: false })] },
      "a",
    ],
    [
      "takes it to none that is cordoned",
      { ads: [immediate], nodes: [plain, view("c", { labels: { rack: "2" }, cordoned: true })] },
      "a",
    ],
    ["waits for the time to pass", { ads: [quiet], waitedMs: waited({ b: 59_999, c: 0 }) }, "a"],
    [
      "takes it to a better node once that time has passed",
      { ads: [quiet], waitedMs: waited({ b: 60_000 }) },
      "b",
    ],
    [
      "takes it to the best of those of which it has",
      { ads: [quiet], waitedMs: waited({ b: 90_000, c: 60_000 }) },
      "c",
    ],
    [
      "takes it to none whose kube-proxy may not know of its local endpoint yet",
      { ads: [immediate], services: [local("a", "c")], waitedMs: waited({ c: 1999 }) },
      "a",
    ],
    [
      "takes it to one whose kube-proxy has had the time to learn of its local endpoint",
      { ads: [immediate], services: [local("a", "c")], waitedMs: waited({ c: 2000 }) },
      "c",
    ],
    [
      "leaves it where it drains",
      {
        ads: [{ ...immediate, onTermination: "Drain" }],
        services: [draining],
        waitedMs: waited({ c: 9999 }),
      },
      "a",
    ],
    ["is beaten by a wish", { ads: [immediate], wish: "b" }, "b"],
    ["leaves it where a person wanted it", { ads: [immediate], byHand: true }, "a"],
    ["goes by the wish after that", { ads: [immediate], byHand: true, wish: "b" }, "b"],
    [
      "does not keep it where a person wanted it when that node may not have it any more",
      { ads: [immediate], byHand: true, nodes: [view("a", { ready: false }), ...others] },
      "c",
    ],
    [
      "moves by the most reluctant of several advertisements",
      { ads: [immediate, quiet], waitedMs: waited({ c: 59_999 }) },
      "a",
    ],
    ["moves by none if one of several moves none", { ads: [immediate, {}] }, "a"],
    [
      "of a wish for a node that may not have the address still goes back",
      { ads: [immediate], wish: "z" },
      "c",
    ],
  ];
  for (const [title, parts, expected] of cases)
    it(title, () => {
      const given = input({ owner: "a", nodes, ...parts });
      const decision = place(given);
      expect(decision.kind === "Placed" ? decision.node : decision.reason).to.equal(expected);
      if (decision.kind !== "Placed") return;
      const { left: _, ...settled } = decision;
      const { byHand } = decision;
      expect(place({ ...given, owner: expected, byHand, wish: undefined })).to.deep.equal({
        ...settled,
        pending: undefined,
      });
    });

  it("says which nodes are waited for, and for how long each must be there", () => {
    const failback = (parts: Parameters<typeof input>[0]) => {
      const decision = place(input({ owner: "a", nodes, ...parts }));
      const { afterMs, better, weight } = (decision.kind === "Placed" && decision.failback) || {};
      return { afterMs, better, weight };
    };
    expect(failback({ ads: [quiet] })).to.deep.equal({ afterMs: 60_000, better: ["b", "c"], weight: 0 });
    expect(failback({ ads: [quiet], owner: "b" })).to.deep.equal({
      afterMs: 60_000,
      better: ["c"],
      weight: 5,
    });
    const none = { afterMs: undefined, better: undefined, weight: undefined };
    expect(failback({ ads: [{ preferredNodeSelectors }] })).to.deep.equal(none);
    expect(failback({ ads: [quiet], wish: "a" }), "by hand").to.deep.equal(none);
  });

  it("counts an owner whose speaker restarts among those of whom nothing is heard once another has the address", () => {
    const restarting = view("a", { pod: "none", patient: true });
    const given = { ads: [immediate], listed: ["a", "b", "d"], nodes: [restarting, ...others, view("d")] };
    const decision = place(input({ owner: "a", ...given }));
    const standIns = { nodes: ["b", "d", "a"], wanting: true };
    expect(decision).to.deep.include({ node: "c", standIns });
    const again = place(input({ ...given, owner: "c", listed: ["c", ...standIns.nodes] }));
    expect(again).to.deep.equal(decision);
  });

  it("remembers only where there is something to beat that a person chose the node", () => {
    const byHand = (parts: Parameters<typeof input>[0]) => {
      const decision = place(input({ owner: "a", nodes, ...parts }));
      return decision.kind === "Placed" && decision.byHand;
    };
    expect(byHand({ wish: "b", ads: [immediate] })).to.equal(true);
    expect(byHand({ wish: "b", ads: [{ preferredNodeSelectors }] })).to.equal(false);
    expect(byHand({ byHand: true, ads: [{ preferredNodeSelectors }] })).to.equal(true);
    expect(byHand({ byHand: true, owner: "z", ads: [immediate] })).to.equal(false);
  });
});

describe("serving endpoints", () => {
  const slice = (conditions: Readonly<Record<string, boolean>>): EndpointSlice =>
    endpointSlice("web/shop", ["a"], { conditions });
  const cases: readonly [string, Readonly<Record<string, boolean>>, boolean][] = [
    ["ready", { ready: true, serving: true, terminating: false }, true],
    ["not ready", { ready: false, serving: false, terminating: false }, false],
    ["terminating and still serving", { ready: false, serving: true, terminating: true }, true],
    ["terminating and not serving", { ready: false, serving: false, terminating: true }, false],
    ["without conditions", {}, true],
    ["only known not to be ready", { ready: false }, false],
  ];
  for (const [title, conditions, serves] of cases) {
    it(`${title}: ${serves ? "serves" : "does not serve"}`, () => {
      const found = servingEndpoints([slice(conditions)], "IPv4");
      expect(found.any).to.equal(serves);
      expect([...found.ready, ...found.leaving]).to.deep.equal(serves ? ["a"] : []);
    });
  }

  it("count only for their own family", () => {
    expect(servingEndpoints([slice({})], "IPv6").any).to.equal(false);
  });

  it("may be on no node", () => {
    const one: EndpointSlice = { ...slice({}), endpoints: [{ addresses: [] }] };
    expect(servingEndpoints([one], "IPv4")).to.deep.include({
      any: true,
      ready: new Set(),
      leaving: new Set(),
    });
  });
});
