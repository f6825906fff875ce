import { expect } from "chai";
import { summary, World } from "../testing/allocation.ts";
import { pool, service } from "../testing/objects.ts";

const SHOP = "web/shop";
const MINUTE_MS = 60_000;
const wants = (addresses: string) => ({ annotations: { "fairlead.dev/loadBalancerIPs": addresses } });
const asks = (name: string) => ({ annotations: { "fairlead.dev/address-pool": name } });
const dual = { families: ["IPv4", "IPv6"] } as const;

/** The specs of the VirtualIPs that are kept for somebody: `address for claim`, or `(waits)` behind it. */
function kept(world: World): readonly string[] {
  return [...world.virtualIPs.values()].flatMap(({ spec }) =>
    spec.services.length > 0
      ? []
      : `${spec.address} for ${spec.claim?.namespace}/${spec.claim?.name}${spec.releasedAt === undefined ? "" : " (waits)"}`,
  );
}

describe("releaseDelay", () => {
  const one = (spec: Parameters<typeof pool>[2] = {}) => new World(pool("a", ["192.0.2.0/30"], spec));

  it("keeps an address for the Service that let it go, which gets it back by itself", () => {
    const world = one();
    world.settle(service(SHOP, wants("192.0.2.2")));
    world.forget(SHOP);
    expect(kept(world)).to.deep.equal(["192.0.2.2 for web/shop (waits)"]);
    world.settle(service("web/other"));
    expect(world.has("web/other")).to.deep.equal(["192.0.2.0"]);
    expect(summary(world.settle(service(SHOP)))).to.equal("take 192.0.2.2: Allocated");
    expect(kept(world)).to.deep.equal([]);
    expect([...world.virtualIPs.values()].map(({ spec }) => spec.claim)).to.deep.equal([
      undefined,
      undefined,
    ]);
  });

  it("keeps both families", () => {
    const world = new World(pool("a", ["192.0.2.0/30", "2001:db8::/126"]));
    world.settle(service(SHOP, { ...dual, ...wants("192.0.2.3,2001:db8::3") }));
    world.forget(SHOP);
    expect(summary(world.settle(service(SHOP, dual)))).to.equal("take 192.0.2.3 2001:db8::3: Allocated");
  });

  it("gives the one family that waits, and the other from the same pool", () => {
    const world = new World(
      pool("a", ["198.51.100.0/30", "2001:db8:1::/126"]),
      pool("b", ["192.0.2.0/30", "2001:db8::/126"]),
    );
    world.settle(service(SHOP, asks("b")));
    world.forget(SHOP);
    expect(summary(world.settle(service(SHOP, dual)))).to.equal("take 192.0.2.0 2001:db8::: Allocated");
  });

  it("frees the address once it is over", () => {
    const world = one();
    world.settle(service(SHOP));
    world.forget(SHOP);
    world.nowMs += 10 * MINUTE_MS - 1;
    world.expire();
    expect(summary(world.decide(service("web/other")))).to.equal("take 192.0.2.1: Allocated");
    world.nowMs += 1;
    world.expire();
    expect(world.virtualIPs.size).to.equal(0);
    expect(summary(world.decide(service("web/other")))).to.equal("take 192.0.2.0: Allocated");
  });

  it("frees the address at once when it is 0", () => {
    const world = one({ releaseDelay: "0s" });
    world.settle(service(SHOP));
    world.forget(SHOP);
    expect(world.virtualIPs.size).to.equal(0);
  });

  it("does not keep an address from somebody who asks for it", () => {
    const world = one();
    world.settle(service(SHOP));
    world.forget(SHOP);
    expect(summary(world.settle(service("db/other", wants("192.0.2.0"))))).to.equal(
      "take 192.0.2.0: Allocated",
    );
    expect(summary(world.settle(service(SHOP)))).to.equal("take 192.0.2.1: Allocated");
  });

  it("does not keep an address when nothing else is free: the one that waits longest goes first", () => {
    const world = one();
    for (const name of ["a", "b", "c", "d"]) world.settle(service(`web/${name}`));
    for (const name of ["c", "a", "d"]) {
      world.forget(`web/${name}`);
      world.nowMs += MINUTE_MS;
    }
    const got = ["x", "y", "z"].map((name) => summary(world.settle(service(`db/${name}`))));
    expect(got).to.deep.equal([
      "take 192.0.2.2: Allocated",
      "take 192.0.2.0: Allocated",
      "take 192.0.2.3: Allocated",
    ]);
    expect(summary(world.settle(service("db/last")))).to.equal("nothing: PoolExhausted");
  });

  it("takes the lowest of those that were let go at one time", () => {
    const world = one();
    for (const name of ["a", "b", "c", "d"]) world.settle(service(`web/${name}`));
    for (const name of ["d", "b"]) world.forget(`web/${name}`);
    expect(summary(world.settle(service("db/x")))).to.equal("take 192.0.2.1: Allocated");
  });

  it("prefers what is free in a later pool to what waits in an earlier one", () => {
    const world = new World(pool("a", ["192.0.2.0"]), pool("b", ["198.51.100.0"]));
    world.settle(service(SHOP));
    world.forget(SHOP);
    expect(summary(world.settle(service("web/other")))).to.equal("take 198.51.100.0: Allocated");
  });

  it("gives back what was let go last", () => {
    const world = one();
    world.settle(service(SHOP));
    world.settle(service(SHOP, wants("192.0.2.3")));
    world.nowMs += MINUTE_MS;
    world.forget(SHOP);
    expect(summary(world.settle(service(SHOP)))).to.equal("take 192.0.2.3: Allocated");
  });

  it("does not bring a Service to a pool that admits it no more", () => {
    const world = one();
    world.settle(service(SHOP));
    world.forget(SHOP);
    world.setPools(
      pool("a", ["192.0.2.0/30"], { serviceAllocation: { namespaces: ["db"] } }),
      pool("b", ["198.51.100.0"]),
    );
    expect(summary(world.settle(service(SHOP)))).to.equal("take 198.51.100.0: Allocated");
  });

  it("does not bring a Service to a pool that it does not ask for", () => {
    const world = new World(pool("a", ["192.0.2.0"]), pool("b", ["198.51.100.0"]));
    world.settle(service(SHOP));
    world.forget(SHOP);
    expect(summary(world.settle(service(SHOP, asks("b"))))).to.equal("take 198.51.100.0: Allocated");
    expect(kept(world)).to.deep.equal(["192.0.2.0 for web/shop (waits)"]);
  });

  it("follows the pool that has the address now", () => {
    const world = new World(pool("old", ["192.0.2.0"], { releaseDelay: "0s" }));
    world.settle(service(SHOP));
    world.setPools(pool("old", ["198.51.100.0"], { releaseDelay: "0s" }), pool("new", ["192.0.2.0"]));
    world.forget(SHOP);
    expect(kept(world)).to.deep.equal(["192.0.2.0 for web/shop (waits)"]);
  });

  it("is for others to have of the pool that has the address now, when nothing else is free", () => {
    const world = new World(pool("old", ["192.0.2.0"]));
    world.settle(service(SHOP));
    world.setPools(pool("old", ["198.51.100.0"], { disabled: true }), pool("new", ["192.0.2.0"]));
    world.forget(SHOP);
    expect(summary(world.settle(service("db/other")))).to.equal("take 192.0.2.0: Allocated");
  });

  it("keeps nothing that no pool has", () => {
    const world = one().holds(SHOP, "old", "203.0.113.1");
    world.forget(SHOP);
    expect(world.virtualIPs.size).to.equal(0);
  });

  it("keeps nothing while somebody else holds the address too", () => {
    const key = (port: number) => ({
      annotations: { "fairlead.dev/allow-shared-ip": "k" },
      spec: { ports: [{ port }] },
    });
    const world = one();
    world.settle(service(SHOP, key(80)));
    world.settle(service("web/other", key(81)));
    world.forget(SHOP);
    expect(kept(world)).to.deep.equal([]);
    world.forget("web/other");
    expect(kept(world)).to.deep.equal(["192.0.2.0 for web/other (waits)"]);
  });
});

describe("reclaimPolicy: Retain", () => {
  const retaining = () => new World(pool("a", ["192.0.2.0/31"], { reclaimPolicy: "Retain" }));

  it("keeps an address for its last Service for good, and from everybody else", () => {
    const world = retaining();
    world.settle(service(SHOP));
    world.forget(SHOP);
    world.nowMs += 1e12;
    world.expire();
    expect(kept(world)).to.deep.equal(["192.0.2.0 for web/shop"]);
    world.settle(service("db/one"));
    expect(summary(world.settle(service("db/two")))).to.equal("nothing: PoolExhausted");
    const refused = world.settle(service("db/two", wants("192.0.2.0")));
    expect(summary(refused)).to.equal("nothing: AddressTaken");
    expect(refused.outcome.message).to.contain(
      "which is reserved for web/shop by its VirtualIP; delete that VirtualIP",
    );
    expect(summary(world.settle(service(SHOP)))).to.equal("take 192.0.2.0: Allocated");
  });

  it("ends when a person deletes the VirtualIP", () => {
    const world = retaining();
    world.settle(service(SHOP));
    world.forget(SHOP);
    const [object] = world.virtualIPs.values();
    if (object === undefined) throw new Error("it was not kept");
    world.lose({ family: "IPv4", text: "192.0.2.0", value: 0xc0000200n });
    expect(summary(world.decide(service("db/one")))).to.equal("take 192.0.2.0: Allocated");
  });
});

describe("a reservation", () => {
  const V4 = "192.0.2.0/30";

  interface Case {
    readonly it: string;
    readonly world: () => World;
    readonly asks?: Parameters<typeof service>[1];
    readonly gives: string;
    readonly says?: string;
  }

  const cases: readonly Case[] = [
    {
      it: "is given to the Service for which it was made",
      world: () => new World(pool("a", [V4])).reserves("192.0.2.2", SHOP),
      gives: "take 192.0.2.2: Allocated",
    },
    {
      it: "is given to nobody else",
      world: () => new World(pool("a", ["192.0.2.2"])).reserves("192.0.2.2", "db/other"),
      gives: "nothing: PoolExhausted",
      says: 'Pool "a" has 0 of its 1 IPv4 addresses in use and 1 reserved',
    },
    {
      it: "is refused to somebody else who asks for it, saying for whom it is",
      world: () => new World(pool("a", [V4])).reserves("192.0.2.2", "db/other"),
      asks: wants("192.0.2.2"),
      gives: "nothing: AddressTaken",
      says: 'asks for 192.0.2.2 of pool "a", which is reserved for db/other by its VirtualIP',
    },
    {
      it: "overrides autoAssign, serviceAllocation, quota and disabled",
      world: () =>
        new World(
          pool("a", [V4], {
            autoAssign: false,
            disabled: true,
            quota: { perNamespace: 1 },
            serviceAllocation: { namespaces: ["db"] },
          }),
        )
          .holds("web/other", "a", "192.0.2.0")
          .reserves("192.0.2.2", SHOP),
      gives: "take 192.0.2.2: Allocated",
    },
    {
      it: "overrides them for a Service that asks for its very address",
      world: () =>
        new World(pool("a", [V4], { disabled: true, serviceAllocation: { namespaces: ["db"] } })).reserves(
          "192.0.2.2",
          SHOP,
        ),
      asks: wants("192.0.2.2"),
      gives: "take 192.0.2.2: Allocated",
    },
    {
      it: "comes after another address that the Service asks for",
      world: () => new World(pool("a", [V4])).reserves("192.0.2.2", SHOP),
      asks: wants("192.0.2.1"),
      gives: "take 192.0.2.1: Allocated",
    },
    {
      it: "comes after another pool that the Service asks for",
      world: () => new World(pool("a", [V4]), pool("b", ["198.51.100.0"])).reserves("192.0.2.2", SHOP),
      asks: asks("b"),
      gives: "take 198.51.100.0: Allocated",
    },
    {
      it: "of the pool that the Service asks for comes before the first free one there",
      world: () => new World(pool("a", [V4])).reserves("192.0.2.2", SHOP),
      asks: asks("a"),
      gives: "take 192.0.2.2: Allocated",
    },
    {
      it: "moves no Service that has an address",
      world: () => new World(pool("a", [V4])).holds(SHOP, "a", "192.0.2.1").reserves("192.0.2.2", SHOP),
      gives: "keep 192.0.2.1: Allocated",
    },
    {
      it: "comes before what the Service let go a moment ago",
      world: () => {
        const world = new World(pool("a", [V4]));
        world.settle(service(SHOP));
        world.forget(SHOP);
        return world.reserves("192.0.2.2", SHOP);
      },
      gives: "take 192.0.2.2: Allocated",
    },
    {
      it: "may be of both families",
      world: () =>
        new World(pool("a", [V4, "2001:db8::/126"]))
          .reserves("192.0.2.2", SHOP)
          .reserves("2001:db8::3", SHOP),
      asks: dual,
      gives: "take 192.0.2.2 2001:db8::3: Allocated",
    },
    {
      it: "of one family is completed from its pool",
      world: () =>
        new World(pool("a", ["2001:db8:1::/126"]), pool("b", [V4, "2001:db8::/126"])).reserves(
          "192.0.2.2",
          SHOP,
        ),
      asks: dual,
      gives: "take 192.0.2.2 2001:db8::: Allocated",
    },
    {
      it: "in no pool is not given",
      world: () => new World(pool("a", [V4])).reserves("203.0.113.1", SHOP),
      gives: "take 192.0.2.0: Allocated",
    },
  ];
  for (const { it: title, world, asks: parts, gives, says } of cases) {
    it(title, () => {
      const state = world();
      const decision = state.settle(service(SHOP, parts));
      expect(summary(decision)).to.equal(gives);
      if (says !== undefined) expect(decision.outcome.message).to.contain(says);
      expect(summary(state.settle(service(SHOP, parts))), "deciding again").not.to.match(/take|release/);
    });
  }

  it("outlives its Service, and the one made again gets it, whatever its UID", () => {
    const world = new World(pool("a", [V4], { releaseDelay: "0s" })).reserves("192.0.2.2", SHOP);
    world.settle(service(SHOP));
    world.forget(SHOP);
    expect(kept(world)).to.deep.equal(["192.0.2.2 for web/shop"]);
    expect(summary(world.settle(service(SHOP, { created: "2026-03-01T00:00:00Z" })))).to.equal(
      "take 192.0.2.2: Allocated",
    );
  });

  it("of an address that another Service holds leaves that with its holder, and counts when it leaves", () => {
    const world = new World(pool("a", [V4])).holds("db/other", "a", "192.0.2.2");
    world.reserves("192.0.2.2", SHOP, { pool: "a", services: ["db/other"] });
    expect(summary(world.settle(service("db/other")))).to.equal("keep 192.0.2.2: Allocated");
    expect(summary(world.decide(service(SHOP, wants("192.0.2.2"))))).to.equal("nothing: AddressTaken");
    world.forget("db/other");
    expect(kept(world)).to.deep.equal(["192.0.2.2 for web/shop"]);
  });

  it("makes its holder's address valid in a pool that does not admit the holder", () => {
    const closed = { serviceAllocation: { namespaces: ["db"] }, onInvalid: "Renumber" } as const;
    const world = new World(pool("a", [V4], closed), pool("b", ["198.51.100.0"])).reserves("192.0.2.2", SHOP);
    expect(summary(world.settle(service(SHOP)))).to.equal("take 192.0.2.2: Allocated");
    expect(summary(world.settle(service(SHOP)))).to.equal("keep 192.0.2.2: Allocated");
  });
});
