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
};

const LAN = [{ name: "lan0", addresses: ["192.0.2.11/24", "2001:db8::11/64"] }];

function view(name: string, parts: NodeParts = {}): NodeView {
  const { pod = {}, interfaces = LAN, patient = false, proxy, ...rest } = parts;
  return viewNode(node(name, rest), {
    pods: pod === "none" ? [] : [speakerPod(name, pod)],
    report: interfaces === "none" ? undefined : speaker(name, interfaces, proxy),
    patient,
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
      labels: fc.constantFrom({}, { rack: "1" }, { rack: "2" }),
    });
    const anyAd: fc.Arbitrary<L2AdvertisementSpec> = fc.constantFrom<L2AdvertisementSpec>(
      {},
      { nodeSelectors: [rack("1")] },
      { interfaces: ["lan0"] },
      { preferredNodeSelectors: [{ weight: 3, preference: rack("2") }] },
    );
    fc.assert(
      fc.property(
        fc.array(anyNode, { maxLength: 6 }),
        fc.array(anyAd, { maxLength: 3 }),
        fc.array(fc.nat(3), { minLength: 6, maxLength: 6 }),
        fc.option(fc.nat(5), { nil: undefined }),
        fc.option(fc.nat(6), { nil: undefined }),
        (nodeParts, ads, loads, ownerIndex, wishIndex) => {
          const nodes = nodeParts.map((parts, i) => view(`n${i}`, parts));
          const load = (name: string): number => loads[Number(name.slice(1))] ?? 0;
          const given = input({
            nodes,
            ads,
            load,
            owner: ownerIndex === undefined ? undefined : `n${ownerIndex}`,
            wish: wishIndex === undefined ? undefined : `n${wishIndex}`,
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
          if (decision.kind === "Placed")
            expect(place({ ...given, owner: decision.node })).to.deep.equal(decision);
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
