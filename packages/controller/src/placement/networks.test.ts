import type { L2AdvertisementSpec } from "@fairlead/api/l2-advertisement.ts";
import { expect } from "chai";
import { address } from "../testing/allocation.ts";
import { advertisement, endpointSlice, node, speaker, speakerPod } from "../testing/objects.ts";
import { readAdvertisement } from "./advertise.ts";
import { type ServingEndpoints, servingEndpoints } from "./endpoints.ts";
import { type NodeView, viewNode } from "./node-view.ts";
import { type PlacementDecision, type PlacementInput, place } from "./place.ts";
import { WIDER_AFTER_MS } from "./reach.ts";

type Interface = Parameters<typeof speaker>[1][number];

const LAN: Interface = { name: "lan0", addresses: ["192.0.2.11/24", "fe80::11/64"] };
const WAN: Interface = { name: "wan0", addresses: ["203.0.113.11/24", "fe80::12/64"] };
/** On the segment of the first. */
const SPARE: Interface = { name: "lan1", addresses: ["192.0.2.12/24"] };
const BARE: Interface = { name: "wan1", addresses: [] };
const BOTH = [LAN, WAN];
const dark = (one: Interface): Interface => ({ ...one, carrier: false });

interface Parts extends NonNullable<Parameters<typeof node>[1]> {
  readonly on?: readonly Interface[];
  readonly settled?: boolean;
  readonly steady?: boolean;
}

function view(name: string, { on = BOTH, settled = true, steady = true, ...parts }: Parts = {}): NodeView {
  const labels = { name, ...parts.labels };
  const news = { pods: [speakerPod(name)], report: speaker(name, on), patient: false, settled, steady };
  return viewNode(node(name, { ...parts, labels }), news);
}

const [lan, wan] = [{ on: [LAN] }, { on: [WAN] }];
const named: L2AdvertisementSpec = { interfaces: ["lan0", "wan0"] };
const all: L2AdvertisementSpec = { interfaces: ["lan0", "lan1", "wan0", "wan1"] };
const preferring = (name: string): L2AdvertisementSpec => ({
  ...named,
  preferredNodeSelectors: [{ weight: 9, preference: { matchLabels: { name } } }],
});

type Given = Omit<Partial<PlacementInput>, "nodes"> & {
  readonly of: Readonly<Record<string, Parts>>;
  readonly ads?: readonly L2AdvertisementSpec[];
  /** `externalTrafficPolicy: Local`. */
  readonly local?: ServingEndpoints;
};

function decide({ of, ads = [named], local, ...parts }: Given): PlacementDecision {
  const nodes = Object.entries(of).map(([name, one]) => view(name, one));
  const family = parts.address?.family ?? "IPv4";
  const everywhere = endpointSlice("web/shop", Object.keys(of), { family });
  const endpoints = local ?? servingEndpoints([everywhere], family);
  const service = { key: "web/shop", labels: {}, localTrafficOnly: local !== undefined, endpoints };
  return place({
    address: address("192.0.2.100"),
    pool: { name: "lan", labels: {} },
    owner: undefined,
    listed: parts.owner === undefined ? [] : [parts.owner],
    services: [service],
    advertisements: ads.map((spec, i) => readAdvertisement(advertisement(`ad-${i}`, spec))),
    nodes,
    load: () => 0,
    companions: () => 0,
    standIns: { tie: () => "None", ownersOf: () => 0 },
    widerForMs: () => WIDER_AFTER_MS,
    ...parts,
  });
}

const at = (load: Readonly<Record<string, number>>) => (name: string) => load[name] ?? 0;
const ready = (nodes: readonly string[], fresh: readonly string[] = []): ServingEndpoints => ({
  ...servingEndpoints([endpointSlice("web/shop", nodes)], "IPv4"),
  fresh: new Set(fresh),
});

describe("an address that several networks carry", () => {
  const cases: readonly [string, Given, string][] = [
    [
      "is placed on a node that reaches all, however full it is",
      { of: { a: lan, b: wan, c: {} }, load: at({ c: 9 }) },
      "c",
    ],
    [
      "is placed on a node that reaches all before one that is preferred",
      { of: { a: lan, c: {} }, ads: [preferring("a")] },
      "c",
    ],
    [
      "is placed on the preferred one of those that reach all",
      { of: { a: lan, c: {}, d: {} }, ads: [preferring("d")] },
      "d",
    ],
    ["is placed on the emptiest of those that reach all", { of: { c: {}, d: {} }, load: at({ c: 1 }) }, "d"],
    [
      "is placed on any if none reaches more than another",
      { of: { a: lan, b: wan }, load: at({ a: 1 }) },
      "b",
    ],
    ["counts a segment once", { of: { a: { on: [LAN, SPARE] }, b: lan }, ads: [all] }, "a"],
    [
      "goes by no network that it is on by a pattern alone",
      { of: { a: lan, c: {} }, ads: [{ interfaces: ["*an*"] }, { interfaces: ["lan0", "w*"] }] },
      "a",
    ],
    [
      "counts an interface without a subnet, on which its node answers as well",
      { ads: [all], of: { a: lan, b: { on: [LAN, BARE] } } },
      "b",
    ],
    [
      "counts no interface that has no link",
      { of: { a: { on: [LAN, dark(WAN)] }, b: wan }, load: at({ a: 1 }) },
      "b",
    ],
    [
      "counts, for IPv6, only interfaces with a link-local address",
      {
        ads: [all],
        of: { a: { on: [LAN, BARE] }, b: lan },
        address: address("2001:db8::100"),
        load: at({ a: 1 }),
      },
      "b",
    ],
    ["goes by the subnet where no interface is named", { of: { a: lan, b: {} }, ads: [{}] }, "a"],
    [
      "counts only what is told: a node of which other interfaces are named lacks none",
      {
        of: { a: lan, b: {} },
        ads: [
          { interfaces: ["lan0"], nodeSelectors: [{ matchLabels: { name: "a" } }] },
          { ...named, nodeSelectors: [{ matchLabels: { name: "b" } }] },
        ],
      },
      "a",
    ],
    ["leaves a node for one that reaches more", { of: { a: lan, c: {} }, owner: "a" }, "c"],
    [
      "leaves it for its first stand-in that does, however full that is",
      {
        of: { a: lan, b: wan, c: {}, d: {} },
        owner: "a",
        listed: ["a", "b", "d", "c"],
        load: at({ d: 9 }),
      },
      "d",
    ],
    [
      "leaves a node of which one link is lost for the first stand-in that has both",
      { of: { a: { on: [LAN, dark(WAN)] }, b: {}, c: {} }, owner: "a", listed: ["a", "c", "b"] },
      "c",
    ],
    [
      "stays on a node that lost a link if none reaches more",
      { of: { a: { on: [LAN, dark(WAN)] }, b: wan }, owner: "a", listed: ["a", "b"] },
      "a",
    ],
    [
      "stays while one that reaches more has had its links for a moment only",
      { of: { a: lan, c: { steady: false } }, owner: "a" },
      "a",
    ],
    [
      "leaves a node that lost a link for one that has had its links for longer, of two that reach more",
      {
        of: { a: { on: [LAN, dark(WAN)] }, b: { steady: false }, c: {} },
        owner: "a",
        listed: ["a", "b", "c"],
      },
      "c",
    ],
    [
      "stays while another one has reached more for a moment only",
      { of: { a: lan, c: {} }, owner: "a", widerForMs: () => WIDER_AFTER_MS - 1 },
      "a",
    ],
    ["stays when as many are reached elsewhere", { of: { a: lan, b: wan }, owner: "b" }, "b"],
    [
      "goes, when its node has lost all links, to the first stand-in that reaches most",
      { of: { a: { on: BOTH.map(dark) }, b: lan, c: {}, d: {} }, owner: "a", listed: ["a", "b", "d", "c"] },
      "d",
    ],
    [
      "stays when only one that has just started reaches more",
      { of: { a: lan, c: { settled: false } }, owner: "a" },
      "a",
    ],
    [
      "stays when only a cordoned one reaches more",
      { of: { a: lan, c: { cordoned: true } }, owner: "a" },
      "a",
    ],
    ["goes where a person wants it", { of: { a: lan, c: {} }, owner: "c", wish: "a" }, "a"],
    ["stays where a person wanted it", { of: { a: lan, c: {} }, owner: "a", byHand: true }, "a"],
    [
      "goes back to no preferred node that reaches fewer",
      { of: { a: lan, c: {} }, owner: "c", ads: [{ ...preferring("a"), failback: "Immediate" }] },
      "c",
    ],
    [
      "leaves a preferred node that reaches fewer, though it would go back there",
      { of: { a: lan, c: {} }, owner: "a", ads: [{ ...preferring("a"), failback: "Immediate" }] },
      "c",
    ],
    [
      "goes to a node that reaches more and has a local endpoint",
      { of: { a: lan, c: {} }, owner: "a", local: ready(["a", "c"]) },
      "c",
    ],
    ["stays without one", { of: { a: lan, c: {} }, owner: "a", local: ready(["a"]) }, "a"],
    [
      "stays while kube-proxy there may not know of it yet",
      { of: { a: lan, c: {} }, owner: "a", local: ready(["a", "c"], ["c"]) },
      "a",
    ],
  ];
  for (const [title, given, expected] of cases)
    it(`${title}, and rests there`, () => {
      const decision = decide(given);
      expect(decision.kind === "Placed" && decision.node).to.equal(expected);
      if (decision.kind !== "Placed") return;
      const listed = [expected, ...decision.standIns.nodes];
      const { wish: _, ...rest } = given;
      const again = decide({ ...rest, owner: expected, listed, byHand: decision.byHand });
      expect(again.kind === "Placed" && [again.node, ...again.standIns.nodes]).to.deep.equal(listed);
    });

  it("says that it moves for the sake of the networks, and when it has to move again", () => {
    const reach = { interfaces: ["lan0", "wan0"], better: [], afterMs: WIDER_AFTER_MS };
    const moved = decide({ of: { a: lan, c: {} }, owner: "a" });
    expect(moved).to.deep.include({ mends: true, reach: { ...reach, networks: 2 } });
    const stays = decide({ of: { a: lan, b: wan }, owner: "a" });
    expect(stays).to.not.have.property("mends");
    expect(stays).to.deep.include({ reach: { ...reach, networks: 1 } });
    const waits = decide({ of: { a: lan, b: wan, c: {} }, owner: "a", widerForMs: () => 0 });
    expect(waits).to.not.have.property("mends");
    expect(waits).to.deep.include({ reach: { ...reach, networks: 1, better: ["c"] } });
    expect(decide({ of: { a: lan }, ads: [{ interfaces: ["lan0"] }] })).to.include({ reach: undefined });
    expect(decide({ of: { a: lan }, ads: [{}] })).to.include({ reach: undefined });
    expect(decide({ of: { a: lan }, owner: "a", byHand: true })).to.include({ reach: undefined });
  });

  it("remembers that a person wanted it where it would be taken away", () => {
    const byHand = (ads: readonly L2AdvertisementSpec[]) => {
      const decision = decide({ of: { a: lan, b: lan }, owner: "b", wish: "a", ads });
      return decision.kind === "Placed" && decision.byHand;
    };
    expect(byHand([named])).to.equal(true);
    expect(byHand([{ interfaces: ["lan0", "wan0"] }])).to.equal(true);
    expect(byHand([{ interfaces: ["lan0"] }])).to.equal(false);
    expect(byHand([{}])).to.equal(false);
  });
});

describe("the stand-ins for an address that several networks carry", () => {
  const standIns = (given: Given) => {
    const decision = decide(given);
    return decision.kind === "Placed" ? decision.standIns : undefined;
  };

  it("are first those that reach as many as the owner", () => {
    const of = { a: {}, b: lan, c: lan, d: lan, e: {}, f: {}, g: { cordoned: true } };
    const { nodes = [] } = standIns({ of, listed: [] }) ?? {};
    expect(nodes.slice(0, 2)).to.have.members(["e", "f"]);
    expect(nodes.slice(2, 5)).to.have.members(["b", "c", "d"]);
    expect(nodes.slice(5)).to.deep.equal(["g"]);
  });

  it("are joined by one that reaches as many, which comes before those that do not", () => {
    const of = { a: {}, b: lan, c: lan, d: lan, e: {} };
    expect(standIns({ of, owner: "a", listed: ["a", "b", "c", "d"] })).to.deep.equal({
      nodes: ["e", "b", "c", "d"],
      wanting: true,
    });
  });

  it("stay as they are when three of them reach as many, or nobody else does", () => {
    const wide = { a: {}, b: lan, c: {}, d: {}, e: {}, f: {} };
    const listed = ["a", "b", "c", "d", "e"];
    expect(standIns({ of: wide, owner: "a", listed })).to.deep.equal({
      nodes: listed.slice(1),
      wanting: false,
    });
    const narrow = { a: {}, b: lan, c: wan, d: lan, e: lan };
    expect(standIns({ of: narrow, owner: "a", listed: ["a", "b", "c", "d"] })).to.deep.equal({
      nodes: ["b", "c", "d"],
      wanting: true,
    });
  });

  it("stay on the list while the owner has no link to their segment, and answer there", () => {
    const of = { a: { on: [LAN, dark(WAN)] }, b: wan, c: lan };
    expect(standIns({ of, owner: "a", listed: ["a", "b", "c"] })?.nodes).to.deep.equal(["b", "c"]);
    const gone = { ...of, a: lan };
    expect(standIns({ of: gone, owner: "a", listed: ["a", "b", "c"] })?.nodes).to.deep.equal(["c"]);
  });
});
