import type { L2AdvertisementSpec } from "@fairlead/api/l2-advertisement.ts";
import { expect } from "chai";
import fc from "fast-check";
import { address } from "../testing/allocation.ts";
import { advertisement, endpointSlice, node, speaker, speakerPod } from "../testing/objects.ts";
import { readAdvertisement } from "./advertise.ts";
import { type ServingEndpoints, servingEndpoints } from "./endpoints.ts";
import { type NodeView, viewNode } from "./node-view.ts";
import { type PlacedService, type PlacementDecision, place } from "./place.ts";

const LAN = [{ name: "lan0", addresses: ["192.0.2.11/24"] }];
const TERMINATING = { ready: false, serving: true, terminating: true };

interface NodeParts {
  readonly ready?: boolean;
  readonly cordoned?: boolean;
  readonly labels?: Readonly<Record<string, string>>;
  readonly speaker?: boolean;
}

function view(name: string, { speaker: runs = true, ...parts }: NodeParts = {}): NodeView {
  const pods = runs ? [speakerPod(name)] : [];
  return viewNode(node(name, parts), { pods, report: speaker(name, LAN), patient: false });
}

/** Where there are ready endpoints, where terminating ones, and where the ready ones are new. */
function served(
  ready: readonly string[],
  leaving: readonly string[] = [],
  fresh: readonly string[] = [],
): ServingEndpoints {
  const slices = [
    endpointSlice("web/shop", ready),
    endpointSlice("web/shop", leaving, { conditions: TERMINATING }),
  ];
  return { ...servingEndpoints(slices, "IPv4"), fresh: new Set(fresh) };
}

interface Parts {
  readonly endpoints?: ServingEndpoints;
  readonly services?: readonly PlacedService[];
  readonly nodes?: readonly NodeView[];
  readonly ads?: readonly L2AdvertisementSpec[];
  readonly owner?: string | undefined;
  readonly wish?: string | undefined;
  readonly listed?: readonly string[];
}

const local = (endpoints: ServingEndpoints, key = "web/shop"): PlacedService => ({
  key,
  labels: {},
  localTrafficOnly: true,
  endpoints,
});

function decide(parts: Parts): PlacementDecision {
  const { endpoints = served([]), services = [local(endpoints)], ads = [{}], owner, wish } = parts;
  const { nodes = ["a", "b", "c", "d"].map((name) => view(name)) } = parts;
  return place({
    address: address("192.0.2.100"),
    pool: { name: "lan", labels: {} },
    owner,
    wish,
    listed: parts.listed ?? (owner === undefined ? [] : [owner]),
    services,
    advertisements: ads.map((spec, i) => readAdvertisement(advertisement(`ad-${i}`, spec))),
    nodes,
    load: () => 0,
    companions: () => 0,
    standIns: { tie: () => "None", ownersOf: () => 0 },
  });
}

/** The list that comes of it, or why none does. */
function outcome(parts: Parts): string {
  const decision = decide(parts);
  return decision.kind === "Placed"
    ? [decision.node, ...decision.standIns.nodes].join(" ")
    : `${decision.reason}: ${decision.message}`;
}

const DRAIN: L2AdvertisementSpec = { onTermination: "Drain" };

describe("an address with externalTrafficPolicy Local", () => {
  const cases: readonly [string, Parts, string][] = [
    ["stays while an endpoint is ready there", { owner: "a", endpoints: served(["a", "b"], ["a"]) }, "a b"],
    [
      "leaves at once when the last one there begins to terminate and another node has a ready one",
      { owner: "a", endpoints: served(["b"], ["a"]) },
      "b a",
    ],
    ["stays while all endpoints terminate", { owner: "a", endpoints: served([], ["a", "b"]) }, "a b"],
    ["is placed where endpoints only terminate", { endpoints: served([], ["c"]) }, "c"],
    [
      "stays when the ready endpoints are on nodes that may not answer",
      {
        owner: "a",
        endpoints: served(["b", "c"], ["a"]),
        nodes: [view("a"), view("b", { speaker: false }), view("c", { ready: false })],
      },
      "a",
    ],
    [
      "leaves for a cordoned node, which has at least a ready endpoint",
      { owner: "a", endpoints: served(["b"], ["a"]), nodes: [view("a"), view("b", { cordoned: true })] },
      "b a",
    ],
    [
      "waits until kube-proxy knows the ready endpoint",
      { owner: "a", endpoints: served(["b"], ["a"], ["b"]) },
      "a b",
    ],
    [
      "leaves for the node whose kube-proxy knows",
      { owner: "a", endpoints: served(["b", "c"], ["a"], ["b"]) },
      "c b a",
    ],
    [
      "waits for a node that is not cordoned rather than go twice",
      {
        owner: "a",
        endpoints: served(["b", "c"], ["a"], ["c"]),
        nodes: [view("a"), view("b", { cordoned: true }), view("c")],
      },
      "a c b",
    ],
    [
      "is placed where kube-proxy may not know yet, when nothing serves where it was",
      { owner: "a", endpoints: served(["b"], ["c"], ["b"]) },
      "b",
    ],
    [
      "goes where a person wants it, kube-proxy or not",
      { owner: "a", wish: "b", endpoints: served(["b", "c"], ["a"], ["b"]) },
      "b c a",
    ],
    [
      "stays until the terminating endpoints serve no more, with Drain",
      { owner: "a", endpoints: served(["b"], ["a"]), ads: [DRAIN] },
      "a b",
    ],
    [
      "drains if one of several advertisements says so",
      { owner: "a", endpoints: served(["b"], ["a"]), ads: [{}, DRAIN] },
      "a b",
    ],
    [
      "does not drain for an advertisement of another pool",
      {
        owner: "a",
        endpoints: served(["b"], ["a"]),
        ads: [{}, { ...DRAIN, ipAddressPools: ["other"] }],
      },
      "b a",
    ],
    [
      "leaves when nothing serves there, with Drain too",
      { owner: "a", endpoints: served(["b"]), ads: [DRAIN] },
      "b",
    ],
    [
      "leaves a cordoned node, with Drain too",
      {
        owner: "a",
        endpoints: served(["b"], ["a"]),
        ads: [DRAIN],
        nodes: [view("a", { cordoned: true }), view("b")],
      },
      "b a",
    ],
    [
      "goes where a person wants it, with Drain too",
      { owner: "a", wish: "b", endpoints: served(["b"], ["a"]), ads: [DRAIN] },
      "b a",
    ],
    ["is not placed anew where it could only drain", { endpoints: served(["b"], ["a"]), ads: [DRAIN] }, "b"],
    [
      "that two Services share leaves when the endpoints of one of them terminate",
      {
        owner: "a",
        services: [local(served(["a", "b"])), local(served(["b"], ["a"]), "web/too")],
      },
      "b a",
    ],
    [
      "that two Services share stays when no other node has endpoints of both",
      { owner: "a", services: [local(served(["a"])), local(served(["b"], ["a"]), "web/too")] },
      "a",
    ],
    [
      "is not held up by a Service that shares it and is served on no node",
      {
        services: [
          local(served(["b"])),
          local({ ...served([]), any: true, idle: undefined }, "web/nodeless"),
        ],
      },
      "b",
    ],
  ];
  for (const [title, parts, expected] of cases)
    it(title, () => {
      expect(outcome(parts)).to.equal(expected);
    });

  it("has nodes whose endpoints terminate behind all others that stand in", () => {
    const endpoints = served(["a", "c", "d"], ["b"]);
    expect(outcome({ owner: "a", listed: ["a", "b", "c", "d"], endpoints })).to.equal("a c d b");
    expect(outcome({ owner: "a", listed: ["a", "c", "d", "b"], endpoints })).to.equal("a c d b");
  });

  it("has no node stand in whose endpoints terminate, unless it did", () => {
    expect(outcome({ owner: "a", listed: ["a", "c"], endpoints: served(["a", "c"], ["b"]) })).to.equal("a c");
  });

  it("tells who wants it where endpoints terminate", () => {
    const { pending } = decide({ owner: "b", wish: "a", endpoints: served(["b"], ["a"]) });
    expect(pending?.reason).to.equal("LocalEndpointLeaving");
    expect(pending?.message).to.contain("all endpoints there terminate while another node has a ready one");
  });

  it("rests where it was put, with the list that it was given, in whatever order nodes come", () => {
    const some = fc.subarray(["a", "b", "c", "d", "e", "f", "g", "h", "i"]);
    const names = ["a", "b", "c", "d", "e", "f", "g", "h", "i"];
    fc.assert(
      fc.property(some, some, some, some, some, fc.boolean(), fc.shuffledSubarray(names), (...given) => {
        const [ready, leaving, fresh, cordoned, mute, drains, listed] = given;
        const nodes = names.map((name) =>
          view(name, { cordoned: cordoned.includes(name), speaker: !mute.includes(name) }),
        );
        const parts: Parts = {
          endpoints: served(
            ready,
            leaving,
            fresh.filter((name) => ready.includes(name)),
          ),
          nodes,
          ads: drains ? [DRAIN] : [{}],
          owner: listed[0],
          listed: listed.slice(0, 8),
        };
        const first = decide(parts);
        expect(decide({ ...parts, nodes: nodes.toReversed() })).to.deep.equal(first);
        if (first.kind === "Unplaced") return;
        const list = [first.node, ...first.standIns.nodes];
        expect(list.length).to.be.at.most(8);
        expect(new Set(list).size).to.equal(list.length);
        const { left: _, ...settled } = first;
        expect(decide({ ...parts, owner: first.node, listed: list })).to.deep.equal(settled);
        const able = new Set(names.filter((name) => !mute.includes(name)));
        const readyThere = ready.filter((name) => able.has(name));
        if (readyThere.length === 0) return;
        // Whoever only serves until its endpoints have terminated stands behind who is ready.
        const terms = first.standIns.nodes.map((name) => able.has(name) && !readyThere.includes(name));
        expect(terms.indexOf(true)).to.equal(
          terms.includes(true) ? terms.length - terms.filter(Boolean).length : -1,
        );
      }),
      { numRuns: 200 },
    );
  });
});

describe("what is told of an address with externalTrafficPolicy Local", () => {
  const cases: readonly [string, Parts, string][] = [
    [
      "when the nodes with endpoints may not answer: each, and why",
      {
        endpoints: served(["a", "b", "d"]),
        nodes: [
          view("a", { speaker: false }),
          view("b", { ready: false }),
          view("c"),
          view("d", { speaker: false }),
        ],
      },
      "NoEligibleNode: Nothing answers for 192.0.2.100: externalTrafficPolicy is Local and endpoints of web/shop are only on nodes that may not answer (a, d: no speaker is ready there; b: the node is not ready); see why the speaker's Pod on the node is not ready, or see what kubectl describe node says, or run a Pod of the Service on another node, or set externalTrafficPolicy to Cluster.",
    ],
    [
      "when the node with an endpoint is not there",
      { endpoints: served(["z"]) },
      "NoEligibleNode: Nothing answers for 192.0.2.100: externalTrafficPolicy is Local and endpoints of web/shop are only on nodes that may not answer (z: there is no such node); run a Pod of the Service on another node, or set externalTrafficPolicy to Cluster.",
    ],
    [
      "when no node has endpoints of all that share it",
      { services: [local(served(["b"]), "web/too"), local(served(["a"]))] },
      "NoEligibleNode: Nothing answers for 192.0.2.100: externalTrafficPolicy is Local and no node has an endpoint of each of web/shop, web/too; run a Pod of the Service on another node, or set externalTrafficPolicy to Cluster.",
    ],
    [
      "when endpoints are on no node",
      { endpoints: { ...served([]), any: true, idle: undefined } },
      "NoEndpoints: Nothing answers for 192.0.2.100: externalTrafficPolicy is Local and no IPv4 endpoint of web/shop says on which node it is; write nodeName in its EndpointSlices, or set externalTrafficPolicy to Cluster.",
    ],
  ];
  for (const [title, parts, expected] of cases)
    it(title, () => {
      expect(outcome(parts)).to.equal(expected);
    });

  it("names ten nodes of a thousand", () => {
    const names = Array.from({ length: 1000 }, (_, i) => `n-${String(i).padStart(3, "0")}`);
    const nodes = names.map((name) => view(name, { speaker: false }));
    expect(outcome({ endpoints: served(names), nodes }))
      .to.contain("n-008, n-009 and 990 more: no speaker is ready there")
      .and.to.have.length.below(600);
  });
});
