import type { Service } from "@fairlead/api/core/service.ts";
import { expect } from "chai";
import { summary, World } from "../testing/allocation.ts";
import { pool, service } from "../testing/objects.ts";
import { readRequest } from "./request.ts";

const SHOP = "web/shop";
const both = (pool: string, address: string, prefixes = ["fairlead.dev", "fairlead.dev"]) => ({
  annotations: { [`${prefixes[0]}/address-pool`]: pool, [`${prefixes[1]}/loadBalancerIPs`]: address },
});
const wants = (addresses: string) => ({ annotations: { "fairlead.dev/loadBalancerIPs": addresses } });

describe("A-IPAM-11: a request and a pool that contradict each other", () => {
  for (const prefixes of [
    ["fairlead.dev", "fairlead.dev"],
    ["metallb.io", "metallb.io"],
    ["metallb.universe.tf", "metallb.io"],
    ["fairlead.dev", "metallb.universe.tf"],
  ]) {
    const world = () => new World(pool("p", ["192.0.2.0/30"]), pool("q", ["198.51.100.0/30"]));
    const parts = both("q", "192.0.2.1", prefixes);

    it(`${prefixes.join(" and ")}: a fresh Service gets nothing and both are quoted`, () => {
      const decision = world().settle(service(SHOP, parts));
      expect(summary(decision)).to.equal("nothing: Contradiction");
      expect(decision.outcome.message).to.equal(
        `It has no address. Annotation ${prefixes[1]}/loadBalancerIPs asks for 192.0.2.1, which is in pool "p", and annotation ${prefixes[0]}/address-pool for pool "q", which has 198.51.100.0-198.51.100.3; change one of the two.`,
      );
    });

    it(`${prefixes.join(" and ")}: a holder keeps what it has and is told the same`, () => {
      const state = world();
      state.settle(service(SHOP, { annotations: { "fairlead.dev/address-pool": "q" } }));
      const decision = state.settle(service(SHOP, parts));
      expect(summary(decision)).to.equal("keep 198.51.100.0: Contradiction");
      expect(decision.outcome.message).to.match(
        /^It keeps 198.51.100.0 \(pool "q"\)\. Annotation .* change one of the two\.$/,
      );
      expect(state.settle(service(SHOP, parts)).outcome).to.deep.equal(decision.outcome);
    });
  }
});

describe("A-IPAM-13: the ends of a range, on request, without autoAssign", () => {
  const world = () =>
    new World(
      pool("a", ["198.51.100.70-198.51.100.99", "2001:db8:10::7f-2001:db8:10::82"], { autoAssign: false }),
    );
  const cases: readonly [string, boolean][] = [
    ["198.51.100.70", true],
    ["198.51.100.99", true],
    ["198.51.100.71", true],
    ["198.51.100.69", false],
    ["198.51.100.100", false],
    ["2001:db8:10::7f", true],
    ["2001:db8:10::82", true],
    ["2001:db8:10::80", true],
    ["2001:db8:10::7e", false],
    ["2001:db8:10::83", false],
  ];
  for (const [text, granted] of cases) {
    it(`${text} is ${granted ? "granted" : "refused, naming pool and range"}`, () => {
      const families = text.includes(":") ? (["IPv6"] as const) : (["IPv4"] as const);
      const decision = world().settle(service(SHOP, { families, ...wants(text) }));
      expect(summary(decision)).to.equal(
        granted ? `take ${text}: Allocated` : "nothing: AddressNotInAnyPool",
      );
      const range = text.includes(":") ? "2001:db8:10::7f-2001:db8:10::82" : "198.51.100.70-198.51.100.99";
      if (!granted) expect(decision.outcome.message).to.contain(`pool "a" has ${range}`);
    });
  }
});

describe("B-CFG-09: one address in many spellings", () => {
  const world = () => new World(pool("a", ["2001:DB8:0010:0:0:0:0:200/124", "198.51.100.200/29"]));
  const six = (text: string): Service => service(SHOP, { families: ["IPv6", "IPv4"], ...wants(text) });

  for (const [text, canonical] of [
    ["2001:db8:10::0201", "2001:db8:10::201"],
    ["2001:DB8:10::202", "2001:db8:10::202"],
    ["2001:db8:10:0:0:0:0:203", "2001:db8:10::203"],
  ] as const) {
    it(`${text} is granted as ${canonical}, and another spelling of it is no change`, () => {
      const state = world();
      state.settle(six(text));
      expect(state.has(SHOP)).to.include(canonical);
      for (const other of [canonical, canonical.toUpperCase(), text]) {
        expect(summary(state.settle(six(other)))).not.to.match(/take|release/);
      }
    });
  }

  for (const [text, says] of [
    ["::ffff:198.51.100.200", "is an IPv4-mapped IPv6 address; write 198.51.100.200"],
    ["198.51.100.010", '"010" has a leading zero; write 10'],
    ["2001:db8:10::203%eth0", 'has a zone; remove the part from "%" on'],
    ["2001:db8:10::204/128", 'is a prefix, not an address; remove the part from "/" on'],
    ["not an ip", "is not an IP address"],
  ] as const) {
    it(`${text} is refused, saying why, by annotation and by field`, () => {
      for (const parts of [wants(text), { spec: { loadBalancerIP: text } }]) {
        const decision = world().settle(service(SHOP, { families: ["IPv6", "IPv4"], ...parts }));
        expect(summary(decision)).to.equal("nothing: BadRequest");
        expect(decision.outcome.message).to.contain(says);
      }
    });
  }
});

describe("annotations", () => {
  const notes = (annotations: Record<string, string>) => readRequest(service(SHOP, { annotations })).notes;

  it("under our prefix that mean nothing are told, with the nearest one that does", () => {
    expect(
      notes({
        "fairlead.dev/adress-pool": "a",
        "fairlead.dev/loadbalancerips": "x",
        "fairlead.dev/color": "red",
      }),
    ).to.deep.equal([
      "annotation fairlead.dev/adress-pool means nothing to Fairlead; did you mean fairlead.dev/address-pool?",
      "annotation fairlead.dev/color means nothing to Fairlead; remove it",
      "annotation fairlead.dev/loadbalancerips means nothing to Fairlead; did you mean fairlead.dev/loadBalancerIPs?",
    ]);
  });

  it("under an old prefix are told only if they are near misses", () => {
    expect(
      notes({
        "metallb.io/ip-allocated-from-pool": "a",
        "metallb.io/load-balancer-ips": "x",
        "metallb.universe.tf/allow-share-ip": "k",
        "example.com/address-pool": "a",
      }),
    ).to.deep.equal([
      "annotation metallb.io/load-balancer-ips means nothing to Fairlead; did you mean metallb.io/loadBalancerIPs?",
      "annotation metallb.universe.tf/allow-share-ip means nothing to Fairlead; did you mean metallb.universe.tf/allow-shared-ip?",
    ]);
  });

  it("that say the same under several prefixes are no contradiction", () => {
    expect(
      notes({
        "fairlead.dev/address-pool": "a",
        "metallb.io/address-pool": " a ",
        "metallb.universe.tf/address-pool": "",
      }),
    ).to.deep.equal([]);
  });

  it("that differ are told for each of them, quoting both", () => {
    expect(
      notes({ "metallb.io/allow-shared-ip": "k", "metallb.universe.tf/allow-shared-ip": "m" }),
    ).to.deep.equal([
      'annotation metallb.io/allow-shared-ip says "k" and metallb.universe.tf/allow-shared-ip says "m"; the first is followed, remove the other',
    ]);
  });

  it("that mean nothing are told beside what the Service gets", () => {
    const decision = new World(pool("a", ["192.0.2.0"])).settle(
      service(SHOP, { annotations: { "fairlead.dev/pool": "a" } }),
    );
    expect(decision.outcome.satisfied).to.equal(true);
    expect(decision.outcome.message).to.equal(
      'It has 192.0.2.0 (pool "a"). Annotation fairlead.dev/pool means nothing to Fairlead; remove it.',
    );
  });
});

describe("what could not be had", () => {
  interface Case {
    readonly it: string;
    readonly world: () => World;
    readonly asks: Parameters<typeof service>[1];
    readonly first: string;
    readonly mend: (world: World) => void;
    readonly granted: string;
  }
  const a = ["192.0.2.0/30"];
  const cases: readonly Case[] = [
    {
      it: "an address that another holds",
      world: () => new World(pool("a", a, { releaseDelay: "0s" })).holds("db/x", "a", "192.0.2.3"),
      asks: wants("192.0.2.3"),
      first: "AddressTaken",
      mend: (world) => world.forget("db/x"),
      granted: "192.0.2.3",
    },
    {
      it: "an address in no pool",
      world: () => new World(pool("a", a)),
      asks: wants("192.0.2.9"),
      first: "AddressNotInAnyPool",
      mend: (world) => world.setPools(pool("a", [...a, "192.0.2.9"])),
      granted: "192.0.2.9",
    },
    {
      it: "an address that is excluded",
      world: () => new World(pool("a", a, { exclude: ["192.0.2.3"] })),
      asks: wants("192.0.2.3"),
      first: "AddressExcluded",
      mend: (world) => world.setPools(pool("a", a)),
      granted: "192.0.2.3",
    },
    {
      it: "a pool that does not exist",
      world: () => new World(pool("a", a)),
      asks: { annotations: { "fairlead.dev/address-pool": "b" } },
      first: "PoolNotFound",
      mend: (world) => world.setPools(pool("a", a), pool("b", ["198.51.100.0"])),
      granted: "198.51.100.0",
    },
    {
      it: "a pool that is disabled",
      world: () => new World(pool("a", a, { disabled: true })),
      asks: { annotations: { "fairlead.dev/address-pool": "a" } },
      first: "PoolDisabled",
      mend: (world) => world.setPools(pool("a", a)),
      granted: "192.0.2.0",
    },
    {
      it: "a pool that does not admit the namespace",
      world: () =>
        new World(
          pool("a", a, { serviceAllocation: { namespaceSelectors: [{ matchLabels: { tier: "front" } }] } }),
        ),
      asks: {},
      first: "NotAdmitted",
      mend: (world) => {
        world.namespaces.web = { tier: "front" };
      },
      granted: "192.0.2.0",
    },
    {
      it: "a quota that is used up",
      world: () => new World(pool("a", a, { quota: { perNamespace: 1 } })).holds("web/x", "a", "192.0.2.0"),
      asks: {},
      first: "QuotaExceeded",
      mend: (world) => world.setPools(pool("a", a, { quota: { perNamespace: 2 } })),
      granted: "192.0.2.1",
    },
  ];
  for (const { it: title, world, asks, first, mend, granted } of cases) {
    it(`${title}: is granted the moment it can be, and what the Service has stays until then`, () => {
      const state = world();
      const fresh = state.settle(service(SHOP, asks));
      expect(summary(fresh)).to.equal(`nothing: ${first}`);
      expect(fresh.waiting).to.equal(true);
      expect(fresh.outcome.message).to.match(/^It has no address\. .*; .*\.$/s);
      mend(state);
      expect(summary(state.settle(service(SHOP, asks)))).to.equal(`take ${granted}: Allocated`);
    });
  }
});
