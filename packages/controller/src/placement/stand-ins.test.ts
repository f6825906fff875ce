import { ZONE_LABEL } from "@fairlead/api/core/node.ts";
import type { L2AdvertisementSpec } from "@fairlead/api/l2-advertisement.ts";
import { expect } from "chai";
import fc from "fast-check";
import { address } from "../testing/allocation.ts";
import { advertisement, endpointSlice, node, speaker, speakerPod } from "../testing/objects.ts";
import { readAdvertisement } from "./advertise.ts";
import { servingEndpoints } from "./endpoints.ts";
import { type NodeView, viewNode } from "./node-view.ts";
import { Occupancy } from "./occupancy.ts";
import { type PlacementInput, place } from "./place.ts";
import { affinity } from "./rendezvous.ts";

interface NodeParts {
  readonly ready?: boolean;
  readonly cordoned?: boolean;
  readonly labels?: Readonly<Record<string, string>>;
  readonly running?: boolean;
  readonly interfaces?: Parameters<typeof speaker>[1];
}

function view(name: string, parts: NodeParts = {}): NodeView {
  const { running = true, interfaces = [lan("192.0.2.11/24")], ...rest } = parts;
  const pods = [speakerPod(name, { ready: running })];
  return viewNode(node(name, rest), { pods, report: speaker(name, interfaces), patient: true });
}

function lan(subnet: string, carrier = true) {
  return { name: "lan0", addresses: [subnet], carrier };
}

const WAN = { name: "wan0", addresses: ["203.0.113.11/24"] };
const BOTH = [lan("192.0.2.11/24"), WAN];

const zone = (name: string): NodeParts => ({ labels: { [ZONE_LABEL]: name } });

interface Parts {
  readonly nodes: readonly NodeView[];
  readonly ads?: readonly L2AdvertisementSpec[];
  /** `externalTrafficPolicy: Local` with endpoints on these nodes. */
  readonly local?: readonly string[];
  readonly service?: string;
}

/** Addresses and where they live, as the controller keeps them. */
class Records {
  readonly occupancy = new Occupancy();

  /** Decides about an address and keeps the outcome. @returns its list */
  decide(name: string, parts: Parts, owner = this.listOf(name)[0]): readonly string[] {
    const decision = place(this.input(name, parts, owner));
    const list = decision.kind === "Placed" ? [decision.node, ...decision.standIns.nodes] : [];
    this.occupancy.set(name, list);
    return list;
  }

  wanting(name: string, parts: Parts): boolean {
    const decision = place(this.input(name, parts, this.listOf(name)[0]));
    return decision.kind === "Placed" && decision.standIns.wanting;
  }

  listOf(name: string): readonly string[] {
    return this.occupancy.standIns.listOf(name);
  }

  input(name: string, parts: Parts, owner: string | undefined): PlacementInput {
    const { nodes, ads = [{}], local, service = `web/${name}` } = parts;
    const names = local ?? nodes.map((one) => one.name);
    return {
      address: address("192.0.2.100"),
      pool: { name: "lan", labels: {} },
      owner,
      listed: this.listOf(name),
      services: [
        {
          key: service,
          labels: {},
          localTrafficOnly: local !== undefined,
          endpoints: servingEndpoints([endpointSlice(service, names)], "IPv4"),
        },
      ],
      advertisements: ads.map((spec, i) => readAdvertisement(advertisement(`ad-${i}`, spec))),
      nodes,
      load: (one) => this.occupancy.loadWithout(name, one),
      companions: () => 0,
      standIns: this.occupancy.standIns,
    };
  }
}

const NAMES = ["a", "b", "c", "d", "e", "f", "g", "h", "i", "j"];
const views = (names: readonly string[], of: Readonly<Record<string, NodeParts>> = {}): readonly NodeView[] =>
  names.map((name) => view(name, of[name]));

describe("the stand-ins of an address", () => {
  /** What becomes of the list ["a", ...] on record when things are so. */
  const cases: readonly [string, readonly string[], Parts, readonly string[]][] = [
    ["stay when all may", ["a", "c", "b", "d"], { nodes: views(["a", "b", "c", "d"]) }, ["a", "c", "b", "d"]],
    [
      "stay when a node comes and three are there",
      ["a", "c", "b", "d"],
      { nodes: views(["a", "b", "c", "d", "e", "f"]) },
      ["a", "c", "b", "d"],
    ],
    [
      "are joined by a node that comes while there are two",
      ["a", "c", "b"],
      { nodes: views(["a", "b", "c", "d"]) },
      ["a", "c", "b", "d"],
    ],
    [
      "stay where they are when one falls silent, since the others pass it over",
      ["a", "b", "c", "d"],
      { nodes: views(["a", "b", "c", "d"], { b: { ready: false } }) },
      ["a", "b", "c", "d"],
    ],
    [
      "stay when a speaker restarts",
      ["a", "b", "c", "d"],
      { nodes: views(["a", "b", "c", "d"], { c: { running: false } }) },
      ["a", "b", "c", "d"],
    ],
    [
      "stay when the link of one is down",
      ["a", "b", "c", "d"],
      { nodes: views(["a", "b", "c", "d"], { c: { interfaces: [lan("192.0.2.11/24", false)] } }) },
      ["a", "b", "c", "d"],
    ],
    [
      "stay when one is cordoned",
      ["a", "b", "c", "d"],
      { nodes: views(["a", "b", "c", "d"], { b: { cordoned: true } }) },
      ["a", "b", "c", "d"],
    ],
    [
      "have the silent behind them when they get others",
      ["a", "b", "c", "d"],
      { nodes: views(["a", "b", "c", "d", "e"], { b: { ready: false } }) },
      ["a", "c", "d", "e", "b"],
    ],
    [
      "have the cordoned before the silent when they get others",
      ["a", "b", "c", "d"],
      { nodes: views(["a", "b", "c", "d", "e"], { b: { ready: false }, c: { cordoned: true } }) },
      ["a", "d", "e", "c", "b"],
    ],
    [
      "lose a node that is gone",
      ["a", "x", "b", "c", "d"],
      { nodes: views(["a", "b", "c", "d"]) },
      ["a", "b", "c", "d"],
    ],
    [
      "lose a node that is excluded",
      ["a", "b", "c"],
      {
        nodes: views(["a", "b", "c"], {
          b: { labels: { "node.kubernetes.io/exclude-from-external-load-balancers": "" } },
        }),
      },
      ["a", "c"],
    ],
    [
      "lose a node without the subnet",
      ["a", "b", "c"],
      { nodes: views(["a", "b", "c"], { b: { interfaces: [lan("198.51.100.1/24")] } }) },
      ["a", "c"],
    ],
    [
      "lose a node without an endpoint of a Local Service",
      ["a", "b", "c"],
      { nodes: views(["a", "b", "c"]), local: ["a", "c"] },
      ["a", "c"],
    ],
    [
      "are those on the owner's segment, where the interface is named",
      ["a"],
      {
        nodes: views(["a", "b", "c", "d"], {
          a: { interfaces: [lan("10.1.0.1/16")] },
          b: { interfaces: [lan("10.1.7.2/24")] },
          c: { interfaces: [lan("10.2.0.3/16")] },
          d: { interfaces: [lan("fe80::4/64")] },
        }),
        ads: [{ interfaces: ["lan0"] }],
      },
      ["a", "b"],
    ],
    [
      "are those on the owner's segment, where the interface is named by a pattern",
      ["a"],
      {
        nodes: views(["a", "b", "c"], {
          b: { interfaces: [{ name: "lan1", addresses: ["192.0.2.12/24"] }] },
          c: { interfaces: [{ name: "lan1", addresses: ["198.51.100.12/24"] }] },
        }),
        ads: [{ interfaces: ["lan*"] }],
      },
      ["a", "b"],
    ],
    [
      "are those that answer on the owner's interfaces",
      ["a"],
      {
        nodes: views(["a", "b", "c"], {
          b: {
            labels: { rack: "1" },
            interfaces: [lan("192.0.2.11/24"), { name: "wan0", addresses: ["203.0.113.1/24"] }],
          },
        }),
        ads: [
          { interfaces: ["lan0"] },
          { interfaces: ["wan0"], nodeSelectors: [{ matchLabels: { rack: "1" } }] },
        ],
      },
      ["a", "c"],
    ],
    [
      "are none that restart or are silent, as long as they are new",
      ["a"],
      { nodes: views(["a", "b", "c", "d"], { b: { running: false }, c: { ready: false } }) },
      ["a", "d"],
    ],
    [
      "are cordoned ones only behind the others",
      ["a"],
      { nodes: views(["a", "b", "c", "d"], { b: { cordoned: true }, c: { cordoned: true } }) },
      ["a", "d", ...["b", "c"].sort((x, y) => affinity("a", y) - affinity("a", x))],
    ],
    [
      "stay with an owner that is silent while nobody else may have the address",
      ["a", "b"],
      { nodes: views(["a", "b"], { a: { ready: false }, b: { ready: false } }) },
      ["a", "b"],
    ],
  ];
  for (const [title, listed, parts, expected] of cases) {
    it(title, () => {
      const records = new Records();
      records.occupancy.set("1", listed);
      expect(records.decide("1", parts)).to.deep.equal(expected);
    });
  }

  it("are at most seven", () => {
    const list = new Records().decide("1", { nodes: views(NAMES) });
    expect(list).to.have.length(8);
    expect(new Set(list).size).to.equal(8);
  });

  it("get the former owner as their last when another takes the address over", () => {
    const records = new Records();
    records.occupancy.set("1", ["a", "b", "c", "d", "e", "f", "g", "h"]);
    const nodes = views(NAMES, { a: { ready: false } });
    expect(records.decide("1", { nodes }, "c")).to.deep.equal(["c", "b", "d", "e", "f", "g", "h", "a"]);
  });

  it("get the former owner as their last when it is cordoned and the address is moved", () => {
    const records = new Records();
    records.occupancy.set("1", ["a", "b", "c"]);
    const nodes = views(["a", "b", "c"], { a: { cordoned: true } });
    expect(records.decide("1", { nodes })).to.deep.equal(["b", "c", "a"]);
  });

  it("do not get a former owner that is gone", () => {
    const records = new Records();
    records.occupancy.set("1", ["a", "b", "c"]);
    expect(records.decide("1", { nodes: views(["b", "c"]) }, "c")).to.deep.equal(["c", "b"]);
  });

  it("are of other zones first", () => {
    const near = Object.fromEntries(["a", "b", "c", "d"].map((name) => [name, zone("1")]));
    const far = Object.fromEntries(["e", "f", "g"].map((name) => [name, zone("2")]));
    const records = new Records();
    records.occupancy.set("1", ["a"]);
    const list = records.decide("1", {
      nodes: views(["a", "b", "c", "d", "e", "f", "g"], { ...near, ...far }),
    });
    expect(list.slice(1, 4).toSorted()).to.deep.equal(["e", "f", "g"]);
  });

  it("are preferred nodes only where nothing else tells them apart", () => {
    const parts: Parts = {
      nodes: views(NAMES, { j: { labels: { rack: "1" } } }),
      ads: [{ preferredNodeSelectors: [{ weight: 9, preference: { matchLabels: { rack: "1" } } }] }],
    };
    for (const owner of ["a", "b", "c", "d"]) {
      const records = new Records();
      records.occupancy.set("1", [owner]);
      expect(records.decide("1", parts).slice(1, 4)).to.include("j");
      const busy = new Records();
      busy.occupancy.set("1", [owner]);
      busy.occupancy.set("2", ["e", "j"]);
      expect(busy.decide("1", parts).slice(1, 4)).not.to.include("j");
    }
  });

  it("are the same three for all addresses of an owner, each of them first for about a third", () => {
    const records = new Records();
    const nodes = views(NAMES);
    const first = new Map<string, number>();
    for (let i = 0; i < 600; i++) {
      const [owner, next = ""] = records.decide(`${i}`, { nodes });
      if (owner === "a") first.set(next, (first.get(next) ?? 0) + 1);
    }
    expect([...first.values()]).to.have.length(3);
    for (const count of first.values()) expect(count).to.be.within(10, 30);
    const { standIns } = records.occupancy;
    for (const owner of NAMES) {
      expect(
        NAMES.filter((one) => standIns.tie(owner, one) === "Active"),
        owner,
      ).to.have.length(3);
      expect(standIns.ownersOf(owner), `those that ${owner} stands in for`).to.be.within(2, 4);
    }
  });

  it("come in one order for all addresses of a Service, so that a pair stays together", () => {
    const records = new Records();
    const nodes = views(NAMES);
    for (const name of ["1", "2", "3", "4"]) records.occupancy.set(name, ["a"]);
    const [one, other] = ["1", "2"].map((name) => records.decide(name, { nodes, service: "web/shop" }));
    expect(other).to.deep.equal(one);
  });

  it("are wanted where fewer than three could take over now", () => {
    const records = new Records();
    records.occupancy.set("1", ["a", "b", "c", "d"]);
    expect(records.wanting("1", { nodes: views(["a", "b", "c", "d"]) })).to.equal(false);
    expect(records.wanting("1", { nodes: views(["a", "b", "c", "d"], { b: { ready: false } }) })).to.equal(
      true,
    );
    expect(records.wanting("1", { nodes: views(["a", "b", "c", "d"], { b: { cordoned: true } }) })).to.equal(
      true,
    );
    expect(records.wanting("2", { nodes: views(["a", "b", "c"]) })).to.equal(true);
    expect(records.wanting("2", { nodes: views(["a", "b", "c", "d"]) })).to.equal(false);
  });

  describe("whatever happens", () => {
    const anyNode: fc.Arbitrary<NodeParts> = fc.record({
      ready: fc.oneof({ weight: 4, arbitrary: fc.constant(true) }, fc.constant(false)),
      cordoned: fc.oneof({ weight: 4, arbitrary: fc.constant(false) }, fc.constant(true)),
      running: fc.oneof({ weight: 4, arbitrary: fc.constant(true) }, fc.constant(false)),
      labels: fc.constantFrom({}, { [ZONE_LABEL]: "1" }, { [ZONE_LABEL]: "2" }),
      interfaces: fc.oneof(
        { weight: 4, arbitrary: fc.constant([lan("192.0.2.11/24")]) },
        fc.constantFrom([lan("198.51.100.1/24")], [lan("192.0.2.11/24", false)], [], BOTH, BOTH, [WAN]),
      ),
    });
    const anyCluster = fc
      .array(anyNode, { maxLength: 12 })
      .map((parts) => parts.map((one, i) => view(`n${i}`, one)));
    const anyAds = fc.constantFrom<readonly L2AdvertisementSpec[]>(
      [{}],
      [{ interfaces: ["lan0"] }],
      [{ interfaces: ["lan0", "wan0"] }],
    );
    const anyList = fc.uniqueArray(fc.nat(13), { maxLength: 8 }).map((list) => list.map((i) => `n${i}`));
    const anyOwner = fc.option(
      fc.nat(13).map((i) => `n${i}`),
      { nil: undefined },
    );
    const anyLocal = fc.option(anyList, { nil: undefined });

    it("deciding again changes nothing, in whatever order the nodes come", () => {
      fc.assert(
        fc.property(anyCluster, anyAds, anyList, anyOwner, anyLocal, (nodes, ads, list, other, local) => {
          const owner = other ?? list[0];
          const parts: Parts = { nodes, ads, ...(local && { local }) };
          const records = new Records();
          records.occupancy.set("1", list);
          const turned = place(records.input("1", { ...parts, nodes: nodes.toReversed() }, owner));
          const decided = records.decide("1", parts, owner);
          expect(turned.kind === "Placed" ? [turned.node, ...turned.standIns.nodes] : []).to.deep.equal(
            decided,
          );
          expect(records.decide("1", parts)).to.deep.equal(decided);
          expect(new Set(decided).size, "each once").to.equal(decided.length);
          expect(decided.length).to.be.at.most(8);
        }),
        { numRuns: 500 },
      );
    });

    it("a list stays as it is when other addresses come and go", () => {
      fc.assert(
        fc.property(anyCluster, fc.array(fc.nat(5), { maxLength: 12 }), (nodes, others) => {
          const records = new Records();
          const decided = records.decide("own", { nodes });
          for (const other of others) {
            if (records.listOf(`${other}`).length > 0) records.occupancy.delete(`${other}`);
            else records.decide(`${other}`, { nodes });
            expect(records.decide("own", { nodes })).to.deep.equal(decided);
          }
        }),
      );
    });

    it("a node that comes changes only lists that want for one, and one that goes only lists that name it", () => {
      fc.assert(
        fc.property(anyCluster, anyNode, (nodes, parts) => {
          const records = new Records();
          const names = ["1", "2", "3", "4", "5", "6"];
          for (const name of names) records.decide(name, { nodes });
          const joined = [...nodes, view("new", parts)];
          for (const name of names) {
            const before = records.listOf(name);
            const wanted = records.wanting(name, { nodes }) || before.length === 0;
            const after = records.decide(name, { nodes: joined });
            if (!wanted && !nodes.find((one) => one.name === before[0])?.cordoned)
              expect(after).to.deep.equal(before);
          }
          for (const name of names) {
            const before = records.listOf(name);
            const named = before.includes("new");
            const after = records.decide(name, { nodes });
            if (!named) expect(after).to.deep.equal(before);
          }
        }),
      );
    });

    it("a list has three who can take over now, or all who can", () => {
      fc.assert(
        fc.property(anyCluster, anyList, (nodes, list) => {
          const records = new Records();
          records.occupancy.set("1", list);
          const [owner, ...standIns] = records.decide("1", { nodes });
          if (owner === undefined) return;
          const able = nodes.filter(
            ({ name, fault, cordoned, interfaces }) =>
              name !== owner &&
              fault === undefined &&
              !cordoned &&
              interfaces.some(({ subnets }) => subnets.some(({ network }) => network.text === "192.0.2.0")),
          );
          const named = able.filter(({ name }) => standIns.includes(name));
          expect(named.length).to.be.at.least(Math.min(3, able.length));
        }),
      );
    });
  });
});
