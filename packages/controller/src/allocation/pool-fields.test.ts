import { expect } from "chai";
import { address, summary, World } from "../testing/allocation.ts";
import { pool, service } from "../testing/objects.ts";

const SHOP = "web/shop";
const asks = (name: string) => ({ annotations: { "fairlead.dev/address-pool": name } });
const wants = (addresses: string) => ({ annotations: { "fairlead.dev/loadBalancerIPs": addresses } });
const shop = (parts: Parameters<typeof service>[1] = {}) => service(SHOP, parts);

interface Case {
  readonly it: string;
  readonly world: () => World;
  readonly asks?: Parameters<typeof service>[1];
  readonly gives: string;
  readonly says?: string;
}

function check(cases: readonly Case[]): void {
  for (const { it: title, world, asks: parts, gives, says } of cases) {
    it(title, () => {
      const state = world();
      const decision = state.settle(shop(parts));
      expect(summary(decision)).to.equal(gives);
      if (says !== undefined) expect(decision.outcome.message).to.contain(says);
      expect(summary(state.settle(shop(parts))), "deciding again").not.to.match(/take|release/);
    });
  }
}

/** A world in which nodes and routers use these addresses. */
function withNetwork(world: World, ...addresses: readonly string[]): World {
  world.ledger.setOutside(
    "node n1",
    addresses.map((text) => ({ address: address(text), what: 'the address of node "n1"' })),
  );
  return world;
}

describe("exclude", () => {
  const excluding = (...exclude: readonly string[]) => new World(pool("a", ["192.0.2.0/29"], { exclude }));
  check([
    {
      it: "hands out around it",
      world: () => excluding("192.0.2.0-192.0.2.2", "192.0.2.4"),
      gives: "take 192.0.2.3: Allocated",
    },
    {
      it: "holds on request too, and says which field leaves the address out",
      world: () => excluding("192.0.2.4/31"),
      asks: wants("192.0.2.5"),
      gives: "nothing: AddressExcluded",
      says: 'asks for 192.0.2.5, which pool "a" leaves out (exclude); ask for another address',
    },
    {
      it: "can leave nothing over",
      world: () => excluding("192.0.2.0/29"),
      gives: "nothing: PoolExhausted",
      says: 'Pool "a" has 0 of its 8 IPv4 addresses in use and 8 left out',
    },
    {
      it: "costs no holder its address, and is told",
      world: () => excluding("192.0.2.1").holds(SHOP, "a", "192.0.2.1"),
      gives: "keep 192.0.2.1: KeptOutsidePools",
      says: 'Pool "a" leaves 192.0.2.1 out now (exclude)',
    },
    {
      it: "is stronger than a reservation",
      world: () => excluding("192.0.2.4").reserves("192.0.2.4", SHOP),
      gives: "take 192.0.2.0: Allocated",
    },
    {
      it: "lets another pool that overlaps give the address",
      world: () => new World(pool("a", ["192.0.2.1"], { exclude: ["192.0.2.1"] }), pool("b", ["192.0.2.1"])),
      asks: wants("192.0.2.1"),
      gives: "take 192.0.2.1: Allocated",
    },
  ]);
});

describe("what the network uses itself", () => {
  check([
    {
      it: "is not handed out",
      world: () => withNetwork(new World(pool("a", ["192.0.2.0/30"])), "192.0.2.0", "192.0.2.1"),
      gives: "take 192.0.2.2: Allocated",
    },
    {
      it: "is refused on request, saying what it is",
      world: () => withNetwork(new World(pool("a", ["192.0.2.0/30"])), "192.0.2.1"),
      asks: wants("192.0.2.1"),
      gives: "nothing: AddressExcluded",
      says: 'asks for 192.0.2.1, which is the address of node "n1"; ask for another address',
    },
    {
      it: "stays with who held it before",
      world: () =>
        withNetwork(new World(pool("a", ["192.0.2.0/30"])).holds(SHOP, "a", "192.0.2.1"), "192.0.2.1"),
      gives: "keep 192.0.2.1: Allocated",
    },
    {
      it: "is not given to whom it was reserved for",
      world: () =>
        withNetwork(new World(pool("a", ["192.0.2.0/30"])).reserves("192.0.2.1", SHOP), "192.0.2.1"),
      gives: "take 192.0.2.0: Allocated",
    },
    {
      it: "is not taken when nothing else is free",
      world: () => {
        const world = new World(pool("a", ["192.0.2.0"])).holds("web/first", "a", "192.0.2.0");
        world.forget("web/first");
        return withNetwork(world, "192.0.2.0");
      },
      gives: "nothing: PoolExhausted",
    },
    {
      it: "is not shared either",
      world: () => {
        const world = new World(pool("a", ["192.0.2.0/30"]));
        world.settle(service("web/first", { annotations: { "fairlead.dev/allow-shared-ip": "k" } }));
        return withNetwork(world, "192.0.2.0");
      },
      asks: { annotations: { "fairlead.dev/allow-shared-ip": "k" }, spec: { ports: [{ port: 81 }] } },
      gives: "take 192.0.2.1: Allocated",
    },
  ]);

  it("is free once nobody says so any more", () => {
    const world = withNetwork(new World(pool("a", ["192.0.2.0/30"])), "192.0.2.0");
    world.ledger.setOutside("node n2", [{ address: address("192.0.2.0"), what: "a gateway" }]);
    withNetwork(world);
    expect(summary(world.decide(shop()))).to.equal("take 192.0.2.1: Allocated");
    world.ledger.setOutside("node n2", []);
    expect(summary(world.decide(shop()))).to.equal("take 192.0.2.0: Allocated");
  });
});

describe("disabled", () => {
  const off = () => new World(pool("a", ["192.0.2.0/30"], { disabled: true }));
  check([
    {
      it: "hands out nothing by itself",
      world: off,
      gives: "nothing: PoolDisabled",
      says: 'Pool "a" is disabled and no other pool admits the Service; set disabled: false or add a pool',
    },
    {
      it: "hands out nothing by name",
      world: off,
      asks: asks("a"),
      gives: "nothing: PoolDisabled",
      says: 'asks for pool "a", which is disabled and hands out nothing new',
    },
    {
      it: "hands out nothing by address",
      world: off,
      asks: wants("192.0.2.1"),
      gives: "nothing: PoolDisabled",
      says: 'asks for 192.0.2.1 of pool "a", which is disabled',
    },
    {
      it: "lets holders keep theirs, without a word",
      world: () => off().holds(SHOP, "a", "192.0.2.1"),
      gives: "keep 192.0.2.1: Allocated",
    },
    {
      it: "gives what is reserved",
      world: () => off().reserves("192.0.2.2", SHOP),
      gives: "take 192.0.2.2: Allocated",
    },
    {
      it: "leaves the others to give",
      world: () => new World(pool("a", ["192.0.2.0"], { disabled: true }), pool("b", ["192.0.2.9"])),
      gives: "take 192.0.2.9: Allocated",
    },
    {
      it: "is not blamed if another pool does not admit the Service either",
      world: () => new World(pool("a", ["192.0.2.0"], { disabled: true, autoAssign: false })),
      gives: "nothing: NotAdmitted",
    },
  ]);

  it("gives back what waits for its former Service", () => {
    const world = new World(pool("a", ["192.0.2.0/30"]));
    world.settle(shop(wants("192.0.2.2")));
    world.forget(SHOP);
    world.setPools(pool("a", ["192.0.2.0/30"], { disabled: true }));
    expect(summary(world.decide(shop()))).to.equal("take 192.0.2.2: Allocated");
  });

  it("lets nobody join those who hold an address", () => {
    const key = { annotations: { "fairlead.dev/allow-shared-ip": "k" } };
    const world = new World(pool("a", ["192.0.2.0/30"]));
    world.settle(service("web/first", key));
    world.setPools(pool("a", ["192.0.2.0/30"], { disabled: true }));
    const second = { ...key, spec: { ports: [{ port: 81 }] } };
    expect(summary(world.decide(shop(second)))).to.equal("nothing: PoolDisabled");
  });
});

describe("quota.perNamespace", () => {
  const two = (...extra: Parameters<typeof pool>[]) =>
    new World(
      pool("a", ["192.0.2.0/29", "2001:db8::/125"], { quota: { perNamespace: 2 } }),
      ...extra.map((one) => pool(...one)),
    );
  const full = () => two().holds("web/a", "a", "192.0.2.0").holds("web/b", "a", "192.0.2.1");
  const key = (port: number) => ({
    annotations: { "fairlead.dev/allow-shared-ip": "k" },
    spec: { ports: [{ port }] },
  });
  check([
    {
      it: "stops a namespace that has so many",
      world: full,
      gives: "nothing: QuotaExceeded",
      says: 'Namespace "web" holds 2 of the 2 addresses that quota.perNamespace of pool "a" allows it; delete a Service there or raise the quota',
    },
    {
      it: "stops it by pool and by address too",
      world: full,
      asks: { annotations: { ...asks("a").annotations, ...wants("192.0.2.5").annotations } },
      gives: "nothing: QuotaExceeded",
    },
    {
      it: "counts each family for itself",
      world: full,
      asks: { families: ["IPv6"] },
      gives: "take 2001:db8::: Allocated",
    },
    {
      it: "counts each namespace for itself",
      world: () => two().holds("db/a", "a", "192.0.2.0").holds("db/b", "a", "192.0.2.1"),
      gives: "take 192.0.2.2: Allocated",
    },
    {
      it: "counts each pool for itself",
      world: () => {
        const world = two(["b", ["198.51.100.0/30"]]);
        return world.holds("web/a", "a", "192.0.2.0").holds("web/b", "a", "192.0.2.1");
      },
      gives: "take 198.51.100.0: Allocated",
    },
    {
      it: "takes nothing away when it is lowered",
      world: () =>
        full()
          .holds(SHOP, "a", "192.0.2.2")
          .setPools(pool("a", ["192.0.2.0/29"], { quota: { perNamespace: 1 } })),
      gives: "keep 192.0.2.2: Allocated",
    },
    {
      it: "lets a Service move to another address within it",
      world: () => two().holds("web/a", "a", "192.0.2.0").holds(SHOP, "a", "192.0.2.1"),
      asks: wants("192.0.2.7"),
      gives: "take 192.0.2.7, release 192.0.2.1: Allocated",
    },
    {
      it: "does not count an address as given back that others of the namespace go on holding",
      world: () => {
        const world = two();
        world.settle(service("web/a", key(80)));
        world.settle(shop(key(81)));
        return world.holds("web/b", "a", "192.0.2.1");
      },
      asks: { ...key(81), annotations: { ...key(81).annotations, ...wants("192.0.2.7").annotations } },
      gives: "keep 192.0.2.0: QuotaExceeded",
    },
    {
      it: "lets the namespace share what it holds",
      world: () => {
        const world = two();
        world.settle(service("web/a", key(80)));
        return world.holds("web/b", "a", "192.0.2.1");
      },
      asks: key(81),
      gives: "take 192.0.2.0: Allocated",
    },
    {
      it: "does not bind what a person reserves",
      world: () => full().reserves("192.0.2.6", SHOP),
      gives: "take 192.0.2.6: Allocated",
    },
    {
      it: "grants when somebody of the namespace leaves",
      world: () => {
        const world = full();
        world.decide(shop());
        world.forget("web/a");
        return world;
      },
      gives: "take 192.0.2.2: Allocated",
    },
  ]);

  it("is told beside the pools that are full", () => {
    const quota = { perNamespace: 1 };
    const world = new World(pool("a", ["192.0.2.0/29"], { quota }), pool("b", ["198.51.100.0/32"]));
    for (const name of ["first", "second"]) world.settle(service(`web/${name}`));
    const { outcome } = world.settle(shop());
    expect(outcome.reason).to.equal("PoolExhausted");
    expect(outcome.message).to.equal(
      'It has no address. Pool "b" has 1 of its 1 IPv4 addresses in use; add addresses or delete a Service; namespace "web" holds 1 of the 1 addresses that quota.perNamespace of pool "a" allows it; delete a Service there or raise the quota.',
    );
  });

  it("binds what waits for its former Service, so that leaving and coming back hoards nothing", () => {
    const world = new World(pool("a", ["192.0.2.0/29"], { quota: { perNamespace: 1 } }));
    world.settle(shop());
    world.forget(SHOP);
    expect(summary(world.settle(service("web/other")))).to.equal("take 192.0.2.1: Allocated");
    expect(summary(world.settle(shop()))).to.equal("nothing: QuotaExceeded");
    expect(summary(world.settle(shop(wants("192.0.2.0"))))).to.equal("nothing: QuotaExceeded");
    world.forget("web/other");
    expect(summary(world.settle(shop()))).to.equal("take 192.0.2.0: Allocated");
  });
});

describe("selection: LeastRecentlyUsed", () => {
  const inTurn = (...addresses: readonly string[]) =>
    new World(pool("a", addresses, { selection: "LeastRecentlyUsed", releaseDelay: "0s" }));
  const next = (world: World, name: string): string => {
    world.settle(service(`web/${name}`));
    const [has = "nothing"] = world.has(`web/${name}`);
    return has;
  };

  it("goes on after the last one, and wraps round", () => {
    const world = inTurn("192.0.2.0/30");
    expect([next(world, "a"), next(world, "b")]).to.deep.equal(["192.0.2.0", "192.0.2.1"]);
    world.forget("web/a");
    expect(next(world, "c")).to.equal("192.0.2.2");
    expect(next(world, "d")).to.equal("192.0.2.3");
    expect(next(world, "e")).to.equal("192.0.2.0");
    expect(next(world, "f")).to.equal("nothing");
  });

  it("goes through the ranges in their order", () => {
    const world = inTurn("192.0.2.9", "192.0.2.4-192.0.2.5", "192.0.2.1");
    const got = ["a", "b", "c"].map((name) => next(world, name));
    expect(got).to.deep.equal(["192.0.2.9", "192.0.2.4", "192.0.2.5"]);
    for (const name of ["a", "b"]) world.forget(`web/${name}`);
    expect(["d", "e", "f"].map((name) => next(world, name))).to.deep.equal([
      "192.0.2.1",
      "192.0.2.9",
      "192.0.2.4",
    ]);
  });

  it("goes on where another controller was", () => {
    const world = inTurn("192.0.2.0/29");
    next(world, "a");
    next(world, "b");
    for (const name of ["a", "b"]) world.forget(`web/${name}`);
    world.restart([]);
    expect(next(world, "c")).to.equal("192.0.2.2");
  });

  it("counts an address that was asked for as handed out", () => {
    const world = inTurn("192.0.2.0/29");
    world.settle(service("web/a", wants("192.0.2.5")));
    expect(next(world, "b")).to.equal("192.0.2.6");
  });

  it("begins again when the last one is in the pool no more", () => {
    const world = inTurn("192.0.2.0/29");
    world.settle(service("web/a", wants("192.0.2.5")));
    world.setPools(pool("a", ["198.51.100.0/30"], { selection: "LeastRecentlyUsed" }));
    expect(next(world, "b")).to.equal("198.51.100.0");
  });

  it("goes on behind the last one when that was excluded meanwhile", () => {
    const world = inTurn("192.0.2.0/29", "198.51.100.0/30");
    const exclude = (...entries: readonly string[]): void => {
      const spec = { selection: "LeastRecentlyUsed", releaseDelay: "0s", exclude: entries } as const;
      world.setPools(pool("a", ["192.0.2.0/29", "198.51.100.0/30"], spec));
    };
    world.settle(service("web/a", wants("192.0.2.5")));
    world.forget("web/a");
    exclude("192.0.2.5");
    expect(next(world, "b")).to.equal("192.0.2.6");
    exclude("192.0.2.6-192.0.2.7");
    expect(next(world, "c")).to.equal("198.51.100.0");
    world.settle(service("web/d", wants("198.51.100.3")));
    exclude("198.51.100.3");
    expect(next(world, "e")).to.equal("192.0.2.0");
  });

  it("keeps the families apart", () => {
    const world = inTurn("192.0.2.0/30", "2001:db8::/126");
    next(world, "a");
    world.settle(service("web/six", { families: ["IPv6"] }));
    expect(world.has("web/six")).to.deep.equal(["2001:db8::"]);
    expect(next(world, "b")).to.equal("192.0.2.1");
  });
});
