import { expect } from "chai";
import { summary, World } from "../testing/allocation.ts";
import { pool, service } from "../testing/objects.ts";

const both = { families: ["IPv4", "IPv6"] } as const;
const require = { ...both, spec: { ipFamilyPolicy: "RequireDualStack" } } as const;
const asks = (pool: string) => ({ annotations: { "fairlead.dev/address-pool": pool } });
const wants = (addresses: string) => ({ annotations: { "fairlead.dev/loadBalancerIPs": addresses } });
const key = "web/shop";
const V4 = "192.0.2.0/30";
const V6 = "2001:db8::/126";

describe("allocation", () => {
  interface Case {
    readonly it: string;
    readonly world: () => World;
    readonly asks?: Parameters<typeof service>[1];
    readonly gives: string;
    readonly says?: string;
  }

  const cases: readonly Case[] = [
    {
      it: "gives the first free address",
      world: () => new World(pool("a", [V4])),
      gives: "take 192.0.2.0: Allocated",
      says: 'It has 192.0.2.0 (pool "a").',
    },
    {
      it: "skips what is held",
      world: () => new World(pool("a", [V4])).holds("x/y", "a", "192.0.2.0", "192.0.2.1"),
      gives: "take 192.0.2.2: Allocated",
    },
    {
      it: "follows the order in which a pool lists its addresses",
      world: () => new World(pool("a", ["192.0.2.9", "192.0.2.1"])),
      gives: "take 192.0.2.9: Allocated",
    },
    {
      it: "leaves .0 and .255 out when told to",
      world: () => new World(pool("a", ["192.0.2.255-192.0.3.255"], { avoidBuggyIPs: true })),
      gives: "take 192.0.3.1: Allocated",
    },
    {
      it: "does not leave out IPv6 addresses",
      world: () => new World(pool("a", ["2001:db8::/120"], { avoidBuggyIPs: true })),
      asks: { families: ["IPv6"] },
      gives: "take 2001:db8::: Allocated",
    },
    {
      it: "keeps what is held",
      world: () => new World(pool("a", [V4])).holds(key, "a", "192.0.2.3"),
      gives: "keep 192.0.2.3: Allocated",
    },
    {
      it: "goes to the next pool when one is full",
      world: () =>
        new World(pool("a", ["192.0.2.0"]), pool("b", ["198.51.100.0"])).holds("x/y", "a", "192.0.2.0"),
      gives: "take 198.51.100.0: Allocated",
    },
    {
      it: "tells the numbers of an exhausted pool",
      world: () =>
        new World(pool("a", ["192.0.2.0/31"])).holds("x/y", "a", "192.0.2.0").holds("x/z", "a", "192.0.2.1"),
      gives: "nothing: PoolExhausted",
      says: 'It has no address. Pool "a" has 2 of its 2 IPv4 addresses in use; add addresses or delete a Service.',
    },
    {
      it: "tells that there is no pool",
      world: () => new World(),
      gives: "nothing: NoPools",
      says: "create one",
    },
    {
      it: "tells that no pool has the family",
      world: () => new World(pool("a", [V4])),
      asks: { families: ["IPv6"] },
      gives: "nothing: FamilyNotAvailable",
      says: 'Pool "a" has no IPv6 addresses',
    },
    {
      it: "does not hand out of a pool without autoAssign",
      world: () => new World(pool("a", [V4], { autoAssign: false })),
      gives: "nothing: NotAdmitted",
      says: "autoAssign: false",
    },
    {
      it: "hands out of a pool without autoAssign on request",
      world: () => new World(pool("a", [V4], { autoAssign: false })),
      asks: asks("a"),
      gives: "take 192.0.2.0: Allocated",
    },
    {
      it: "tries pools by priority, pinned pools first, then by name",
      world: () =>
        new World(
          pool("a", ["192.0.2.1"]),
          pool("b", ["192.0.2.2"], { serviceAllocation: {} }),
          pool("c", ["192.0.2.3"], { serviceAllocation: { priority: 20 } }),
          pool("d", ["192.0.2.4"], { serviceAllocation: { priority: 10 } }),
        ),
      gives: "take 192.0.2.4: Allocated",
    },
    {
      it: "gives the pool that is asked for",
      world: () => new World(pool("a", [V4]), pool("b", ["198.51.100.0/30"])),
      asks: asks("b"),
      gives: "take 198.51.100.0: Allocated",
    },
    {
      it: "tells that the pool does not exist",
      world: () => new World(pool("a", [V4])),
      asks: asks("z"),
      gives: "nothing: PoolNotFound",
      says: 'Annotation fairlead.dev/address-pool asks for pool "z", which does not exist; create it, correct the name or remove the annotation',
    },
    {
      it: "keeps what it has when the pool asked for does not exist",
      world: () => new World(pool("a", [V4])).holds(key, "a", "192.0.2.2"),
      asks: asks("z"),
      gives: "keep 192.0.2.2: PoolNotFound",
      says: "It keeps 192.0.2.2",
    },
    {
      it: "moves to the pool asked for, the new address first",
      world: () => new World(pool("a", [V4]), pool("b", ["198.51.100.0/30"])).holds(key, "a", "192.0.2.2"),
      asks: asks("b"),
      gives: "take 198.51.100.0, release 192.0.2.2: Allocated",
    },
    {
      it: "keeps the address when the pool asked for is full",
      world: () =>
        new World(pool("a", [V4]), pool("b", ["198.51.100.0"]))
          .holds(key, "a", "192.0.2.2")
          .holds("x/y", "b", "198.51.100.0"),
      asks: asks("b"),
      gives: "keep 192.0.2.2: PoolExhausted",
    },
    {
      it: "gives the address that is asked for",
      world: () => new World(pool("a", [V4])),
      asks: wants(" 192.0.2.3 "),
      gives: "take 192.0.2.3: Allocated",
    },
    {
      it: "gives the address in spec.loadBalancerIP",
      world: () => new World(pool("a", [V4])),
      asks: { spec: { loadBalancerIP: "192.0.2.2" } },
      gives: "take 192.0.2.2: Allocated",
    },
    {
      it: "gives two addresses, one of each family",
      world: () => new World(pool("a", [V4, V6])),
      asks: { ...both, ...wants("2001:db8::2,192.0.2.2") },
      gives: "take 192.0.2.2 2001:db8::2: Allocated",
    },
    {
      it: "adds the second family from the pool of the address asked for",
      world: () => new World(pool("a", ["198.51.100.0/30", "2001:db8:1::/126"]), pool("b", [V4, V6])),
      asks: { ...both, ...wants("192.0.2.2") },
      gives: "take 192.0.2.2 2001:db8::: Allocated",
    },
    {
      it: "names the holder of a taken address",
      world: () => new World(pool("a", [V4])).holds("x/y", "a", "192.0.2.3"),
      asks: wants("192.0.2.3"),
      gives: "nothing: AddressTaken",
      says: 'asks for 192.0.2.3 of pool "a", but x/y holds it;',
    },
    {
      it: "keeps the address when the one asked for is taken",
      world: () => new World(pool("a", [V4])).holds("x/y", "a", "192.0.2.3").holds(key, "a", "192.0.2.1"),
      asks: wants("192.0.2.3"),
      gives: "keep 192.0.2.1: AddressTaken",
    },
    {
      it: "moves to the address asked for",
      world: () => new World(pool("a", [V4])).holds(key, "a", "192.0.2.1"),
      asks: wants("192.0.2.3"),
      gives: "take 192.0.2.3, release 192.0.2.1: Allocated",
    },
    {
      it: "tells that the address is in no pool",
      world: () => new World(pool("a", [V4])),
      asks: wants("203.0.113.1"),
      gives: "nothing: AddressNotInAnyPool",
      says: 'asks for 203.0.113.1, which is in no pool (pool "a" has 192.0.2.0-192.0.2.3); ask for another address or add it to an IPAddressPool',
    },
    {
      it: "tells what the pool asked for has when no pool has the address",
      world: () => new World(pool("a", [V4, V6]), pool("b", ["198.51.100.0/30", V6])),
      asks: {
        annotations: { "fairlead.dev/address-pool": "b", "fairlead.dev/loadBalancerIPs": "203.0.113.1" },
      },
      gives: "nothing: AddressNotInAnyPool",
      says: '203.0.113.1, which is in no pool (pool "b" has 198.51.100.0-198.51.100.3); ask',
    },
    {
      it: "tells that the pool asked for beside an address does not exist",
      world: () => new World(pool("a", [V4])),
      asks: {
        annotations: { "fairlead.dev/address-pool": "z", "fairlead.dev/loadBalancerIPs": "192.0.2.1" },
      },
      gives: "nothing: PoolNotFound",
    },
    {
      it: "tells which entries of the pool are wrong when it has nothing to give",
      world: () => new World(pool("a", ["2001:db8::2-2001:db8::1"])),
      asks: { families: ["IPv6"], ...asks("a") },
      gives: "nothing: FamilyNotAvailable",
      says: 'Pool "a" has no IPv6 addresses (spec.addresses[0]: "2001:db8::2-2001:db8::1" runs backward; write "2001:db8::1-2001:db8::2"); add IPv6 addresses to a pool',
    },
    {
      it: "tells which entries are wrong when the address asked for is in no pool",
      world: () => new World(pool("a", [V4, "192.0.2.300"])),
      asks: wants("192.0.2.30"),
      gives: "nothing: AddressNotInAnyPool",
      says: 'pool "a" has 192.0.2.0-192.0.2.3 and wrong entries: spec.addresses[1]: "192.0.2.300" is not an IPv4 address',
    },
    {
      it: "names the address, the pool and the namespace that it does not admit",
      world: () => new World(pool("a", [V4], { serviceAllocation: { namespaces: ["db"] } })),
      asks: wants("192.0.2.1"),
      gives: "nothing: NotAdmitted",
      says: 'Annotation fairlead.dev/loadBalancerIPs asks for 192.0.2.1, but pool "a" does not admit namespace "web"; change its serviceAllocation or ask for another address',
    },
    {
      it: "tells that the address is left out by its pool",
      world: () => new World(pool("a", ["192.0.2.0/24"], { avoidBuggyIPs: true })),
      asks: wants("192.0.2.0"),
      gives: "nothing: AddressExcluded",
      says: "avoidBuggyIPs",
    },
    {
      it: "tells that address and pool contradict each other",
      world: () => new World(pool("a", [V4]), pool("b", ["198.51.100.0/30"])),
      asks: { annotations: { "fairlead.dev/address-pool": "b", "metallb.io/loadBalancerIPs": "192.0.2.1" } },
      gives: "nothing: Contradiction",
      says: 'Annotation metallb.io/loadBalancerIPs asks for 192.0.2.1, which is in pool "a", and annotation fairlead.dev/address-pool for pool "b", which has 198.51.100.0-198.51.100.3; change one of the two',
    },
    {
      it: "tells that two statements of the address contradict each other",
      world: () => new World(pool("a", [V4])),
      asks: { ...wants("192.0.2.1"), spec: { loadBalancerIP: "192.0.2.2" } },
      gives: "nothing: Contradiction",
      says: 'spec.loadBalancerIP asks for 192.0.2.2 and annotation fairlead.dev/loadBalancerIPs for "192.0.2.1"',
    },
    {
      it: "takes two equal statements of the address for one",
      world: () => new World(pool("a", [V4])),
      asks: { ...wants("192.0.2.1"), spec: { loadBalancerIP: "192.0.2.1" } },
      gives: "take 192.0.2.1: Allocated",
    },
    {
      it: "follows our prefix and quotes both when prefixes contradict each other",
      world: () => new World(pool("a", [V4]), pool("b", ["198.51.100.0/30"])),
      asks: { annotations: { "metallb.io/address-pool": "b", "fairlead.dev/address-pool": "a" } },
      gives: "take 192.0.2.0: Allocated",
      says: 'Annotation fairlead.dev/address-pool says "a" and metallb.io/address-pool says "b"; the first is followed',
    },
    {
      it: "reads the oldest prefix too",
      world: () => new World(pool("a", [V4])),
      asks: { annotations: { "metallb.universe.tf/loadBalancerIPs": "192.0.2.2" } },
      gives: "take 192.0.2.2: Allocated",
    },
    {
      it: "gives a Service with a sharing key that nobody else has a fresh address",
      world: () => new World(pool("a", [V4])).holds("x/y", "a", "192.0.2.0"),
      asks: { annotations: { "metallb.io/allow-shared-ip": "one" } },
      gives: "take 192.0.2.1: Allocated",
    },
    {
      it: "does not guess at an address that cannot be read",
      world: () => new World(pool("a", [V4])),
      asks: wants("192.0.2.300"),
      gives: "nothing: BadRequest",
      says: "300 is above 255",
    },
    {
      it: "keeps the address when what is asked for cannot be read",
      world: () => new World(pool("a", [V4])).holds(key, "a", "192.0.2.1"),
      asks: wants("192.0.2.1,"),
      gives: "keep 192.0.2.1: BadRequest",
    },
    {
      it: "refuses two addresses of one family",
      world: () => new World(pool("a", [V4])),
      asks: wants("192.0.2.1,192.0.2.2"),
      gives: "nothing: BadRequest",
      says: "at most one of each family",
    },
    {
      it: "refuses an address of a family that the Service does not have",
      world: () => new World(pool("a", [V4, V6])),
      asks: wants("2001:db8::1"),
      gives: "nothing: FamilyNotAvailable",
      says: "the Service has no IPv6 cluster IP",
    },
    {
      it: "refuses a Service without cluster IP",
      world: () => new World(pool("a", [V4])),
      asks: { spec: { clusterIPs: ["None"] } },
      gives: "nothing: BadRequest",
    },

    {
      it: "takes both families from one pool",
      world: () => new World(pool("a", [V4]), pool("b", ["198.51.100.0/30", V6])),
      asks: both,
      gives: "take 198.51.100.0 2001:db8::: Allocated",
    },
    {
      it: "combines two pools when none has both families",
      world: () => new World(pool("a", [V4]), pool("b", [V6])),
      asks: require,
      gives: "take 192.0.2.0 2001:db8::: Allocated",
    },
    {
      it: "PreferDualStack: makes do with one family",
      world: () => new World(pool("a", [V4])),
      asks: both,
      gives: "take 192.0.2.0: Allocated",
      says: 'Pool "a" has no IPv6 addresses',
    },
    {
      it: "PreferDualStack: adds the second family, from the pool of the first",
      world: () =>
        new World(pool("a", ["2001:db8:1::/126"]), pool("b", [V4, V6])).holds(key, "b", "192.0.2.2"),
      asks: both,
      gives: "keep 192.0.2.2, take 2001:db8::: Allocated",
    },
    {
      it: "PreferDualStack: adds the second family from another pool rather than not at all",
      world: () => new World(pool("a", [V6]), pool("b", [V4])).holds(key, "b", "192.0.2.2"),
      asks: both,
      gives: "keep 192.0.2.2, take 2001:db8::: Allocated",
    },
    {
      it: "PreferDualStack on a single-stack Service: one family, even of a dual pool",
      world: () => new World(pool("a", [V4, V6])),
      asks: { spec: { ipFamilyPolicy: "PreferDualStack" } },
      gives: "take 192.0.2.0: Allocated",
    },
    {
      it: "RequireDualStack: all or nothing",
      world: () => new World(pool("a", [V4])),
      asks: require,
      gives: "nothing: FamilyNotAvailable",
    },
    {
      it: "RequireDualStack: keeps the one it has",
      world: () => new World(pool("a", [V4])).holds(key, "a", "192.0.2.1"),
      asks: require,
      gives: "keep 192.0.2.1: FamilyNotAvailable",
      says: "It keeps 192.0.2.1",
    },
    {
      it: "RequireDualStack on a single-stack Service is refused",
      world: () => new World(pool("a", [V4, V6])),
      asks: { spec: { ipFamilyPolicy: "RequireDualStack" } },
      gives: "nothing: FamilyNotAvailable",
      says: "requires two IP families",
    },
    {
      it: "lets the second family go when the Service becomes single-stack",
      world: () => new World(pool("a", [V4, V6])).holds(key, "a", "192.0.2.1", "2001:db8::1"),
      gives: "keep 192.0.2.1, release 2001:db8::1: Allocated",
    },
    {
      it: "one of two addresses asked for is taken: gives the other, and says so",
      world: () => new World(pool("a", [V4, V6])).holds("x/y", "a", "192.0.2.1"),
      asks: { ...both, ...wants("192.0.2.1,2001:db8::1") },
      gives: "take 2001:db8::1: AddressTaken",
    },

    {
      it: "keeps an address that no pool has any more, and says so",
      world: () => new World(pool("a", ["198.51.100.0/30"])).holds(key, "a", "192.0.2.1"),
      gives: "keep 192.0.2.1: KeptOutsidePools",
      says: 'It has 192.0.2.1. No pool has 192.0.2.1 any more (it came from pool "a"); the Service keeps it',
    },
    {
      it: "keeps an address when there is no pool at all any more",
      world: () => new World().holds(key, "a", "192.0.2.1"),
      gives: "keep 192.0.2.1: KeptOutsidePools",
    },
    {
      it: "leaves an address outside the pools on request",
      world: () => new World(pool("a", [V4])).holds(key, "old", "203.0.113.1"),
      asks: asks("a"),
      gives: "take 192.0.2.0, release 203.0.113.1: Allocated",
    },
    {
      it: "keeps an address whose pool no longer admits the Service",
      world: () =>
        new World(pool("a", [V4], { serviceAllocation: { namespaces: ["other"] } })).holds(
          key,
          "a",
          "192.0.2.1",
        ),
      gives: "keep 192.0.2.1: KeptOutsidePools",
      says: 'Pool "a" does not admit namespace "web" any more, from which it has 192.0.2.1; the Service keeps it',
    },
    {
      it: "keeps an address whose pool no longer assigns by itself",
      world: () => new World(pool("a", [V4], { autoAssign: false })).holds(key, "a", "192.0.2.1"),
      gives: "keep 192.0.2.1: Allocated",
    },
    {
      it: "keeps an address that its pool leaves out now",
      world: () => new World(pool("a", [V4], { avoidBuggyIPs: true })).holds(key, "a", "192.0.2.0"),
      gives: "keep 192.0.2.0: KeptOutsidePools",
      says: 'Pool "a" leaves 192.0.2.0 out now (avoidBuggyIPs); the Service keeps it',
    },
  ];

  for (const { it: title, world, asks: parts, gives, says } of cases) {
    it(title, () => {
      const decision = world().decide(service(key, parts));
      expect(summary(decision)).to.equal(gives);
      if (says !== undefined) expect(decision.outcome.message).to.contain(says);
    });
    it(`${title} (deciding again changes nothing)`, () => {
      const state = world();
      state.settle(service(key, parts));
      const held = state.has(key);
      const again = state.settle(service(key, parts));
      expect(again.take).to.deep.equal([]);
      expect(again.release).to.deep.equal([]);
      expect(state.has(key)).to.deep.equal(held);
    });
  }

  describe("admission", () => {
    const front = [{ matchLabels: { tier: "front" } }];
    const nobody = [{ matchLabels: { tier: "nowhere" } }];
    const admissions: readonly [string, object, boolean][] = [
      ["no restriction", {}, true],
      ["only a priority", { priority: 5 }, true],
      ["its namespace by name", { namespaces: ["web"] }, true],
      ["another namespace by name", { namespaces: ["db"] }, false],
      ["its namespace by label", { namespaceSelectors: front }, true],
      ["a selector that matches no namespace", { namespaceSelectors: nobody }, false],
      ["one of two selectors", { namespaceSelectors: [...nobody, ...front] }, true],
      ["by name or by label", { namespaces: ["web"], namespaceSelectors: nobody }, true],
      ["its labels", { serviceSelectors: [{ matchLabels: { app: "shop" } }] }, true],
      ["other labels", { serviceSelectors: [{ matchLabels: { app: "db" } }] }, false],
      [
        "namespace and labels",
        { namespaces: ["web"], serviceSelectors: [{ matchLabels: { app: "db" } }] },
        false,
      ],
      [
        "empty lists restrict nothing",
        { namespaces: [], namespaceSelectors: [], serviceSelectors: [] },
        true,
      ],
    ];
    for (const [title, serviceAllocation, admitted] of admissions) {
      it(`${title}: ${admitted ? "admitted" : "refused"}, by itself and on request`, () => {
        for (const annotations of [{}, asks("a").annotations, wants("192.0.2.0").annotations]) {
          const world = new World(pool("a", [V4], { serviceAllocation }));
          world.namespaces.web = { tier: "front" };
          const decision = world.decide(service(key, { labels: { app: "shop" }, annotations }));
          expect(summary(decision)).to.equal(admitted ? "take 192.0.2.0: Allocated" : "nothing: NotAdmitted");
        }
      });
    }
  });

  describe("a foreign address", () => {
    it("that no pool has is left alone", () => {
      const world = new World(pool("a", [V4]));
      const shown = service(key, { shows: ["203.0.113.7"] });
      world.shows(shown);
      expect(summary(world.decide(shown))).to.equal("keep 203.0.113.7: ForeignAddress");
    });

    it("that a pool has is adopted", () => {
      const world = new World(pool("a", [V4]));
      const shown = service(key, { shows: ["192.0.2.3"] });
      world.shows(shown);
      const decision = world.decide(shown);
      expect(summary(decision)).to.equal("keep 192.0.2.3: Allocated");
      expect(decision.keep.map(({ hold, pool: name }) => `${hold} ${name}`)).to.deep.equal(["Told a"]);
    });

    it("shown by two Services belongs to the older", () => {
      const world = new World(pool("a", [V4]));
      const young = service("web/young", { shows: ["192.0.2.3"], created: "2026-02-01T00:00:00Z" });
      const old = service("web/old", { shows: ["192.0.2.3"], created: "2026-01-01T00:00:00Z" });
      for (const one of [young, old]) world.shows(one);
      expect(summary(world.decide(old))).to.equal("keep 192.0.2.3: Allocated");
      expect(summary(world.decide(young))).to.equal("take 192.0.2.0: Allocated");
    });
  });
});
