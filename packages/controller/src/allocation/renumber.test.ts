import { expect } from "chai";
import { summary, World } from "../testing/allocation.ts";
import { pool, service } from "../testing/objects.ts";

const SHOP = "web/shop";
const shop = (parts: Parameters<typeof service>[1] = {}) => service(SHOP, parts);
const asks = (name: string) => ({ annotations: { "fairlead.dev/address-pool": name } });
const wants = (addresses: string) => ({ annotations: { "fairlead.dev/loadBalancerIPs": addresses } });
const dual = { families: ["IPv4", "IPv6"] } as const;
const closed = { namespaces: ["db"] };

/** A Service that shows an address of pool "a", which is then replaced by these pools. */
function after(first: Parameters<typeof service>[1], ...pools: readonly ReturnType<typeof pool>[]): World {
  const world = new World(pool("a", ["192.0.2.0/30"]));
  world.settle(shop(first));
  return world.setPools(...pools);
}

describe("onInvalid", () => {
  interface Case {
    readonly it: string;
    readonly pools: (onInvalid: "Keep" | "Renumber") => readonly ReturnType<typeof pool>[];
    /** What a Service that keeps it is told, and what it gets instead. */
    readonly says: string;
    readonly instead: string;
  }
  const spare = pool("b", ["198.51.100.0/30"]);
  const cases: readonly Case[] = [
    {
      it: "its pool was shrunk",
      pools: (onInvalid) => [pool("a", ["192.0.2.2/31"], { onInvalid })],
      says: 'No pool has 192.0.2.0 any more (it came from pool "a")',
      instead: "192.0.2.2",
    },
    {
      it: "its pool excludes it",
      pools: (onInvalid) => [pool("a", ["192.0.2.0/30"], { onInvalid, exclude: ["192.0.2.0"] })],
      says: 'Pool "a" leaves 192.0.2.0 out now (exclude)',
      instead: "192.0.2.1",
    },
    {
      it: "its pool leaves buggy addresses out",
      pools: (onInvalid) => [pool("a", ["192.0.2.0/30"], { onInvalid, avoidBuggyIPs: true })],
      says: 'Pool "a" leaves 192.0.2.0 out now (avoidBuggyIPs)',
      instead: "192.0.2.1",
    },
    {
      it: "its pool admits the Service no more",
      pools: (onInvalid) => [pool("a", ["192.0.2.0/30"], { onInvalid, serviceAllocation: closed }), spare],
      says: 'Pool "a" does not admit namespace "web" any more, from which it has 192.0.2.0',
      instead: "198.51.100.0",
    },
    {
      it: "its range was moved to a pool that does not admit the Service",
      pools: (onInvalid) => [
        pool("a", ["203.0.113.0"], { serviceAllocation: closed }),
        pool("moved", ["192.0.2.0/30"], { onInvalid, serviceAllocation: closed }),
        spare,
      ],
      says: 'Pool "moved" does not admit namespace "web" any more, from which it has 192.0.2.0',
      instead: "198.51.100.0",
    },
  ];
  for (const { it: title, pools, says, instead } of cases) {
    it(`Keep: ${title}: the Service keeps the address and is told`, () => {
      const world = after({}, ...pools("Keep"));
      const decision = world.settle(shop());
      expect(summary(decision)).to.equal("keep 192.0.2.0: KeptOutsidePools");
      expect(decision.outcome.satisfied).to.equal(true);
      expect(decision.outcome.message).to.contain(
        `${says}; the Service keeps it until it asks for another one`,
      );
      expect(decision.objections).to.deep.equal([]);
    });

    it(`Renumber: ${title}: the Service gets another one after the grace, the new one first`, () => {
      const world = after({}, ...pools("Renumber"));
      world.ripe = new Set();
      const young = world.settle(shop());
      expect(summary(young)).to.equal("keep 192.0.2.0: KeptOutsidePools");
      expect(young.outcome.message).to.contain(
        `${says}; the Service keeps it until it gets another one (onInvalid: Renumber)`,
      );
      expect(young.objections).to.deep.equal(["invalid 192.0.2.0"]);
      world.ripe = new Set([`${SHOP} invalid 192.0.2.0`]);
      expect(summary(world.settle(shop()))).to.equal(`take ${instead}, release 192.0.2.0: Allocated`);
      expect(summary(world.settle(shop()))).to.equal(`keep ${instead}: Allocated`);
    });
  }

  it("Renumber: it keeps the address, and says so, as long as no other is to be had; then it gets it", () => {
    const gone = pool("a", ["192.0.2.2"], { onInvalid: "Renumber" });
    const world = after({}, gone).holds("db/other", "a", "192.0.2.2");
    const waiting = world.settle(shop());
    expect(summary(waiting)).to.equal("keep 192.0.2.0: PoolExhausted");
    expect(waiting.waiting).to.equal(true);
    expect(waiting.outcome.message).to.contain("It keeps 192.0.2.0.");
    world.forget("db/other");
    world.nowMs += 1e9;
    world.expire();
    expect(summary(world.settle(shop()))).to.equal("take 192.0.2.2, release 192.0.2.0: Allocated");
  });

  it("Renumber: an address that the Service asks for stays", () => {
    const world = after(
      wants("192.0.2.0"),
      pool("a", ["192.0.2.0/30"], { onInvalid: "Renumber", exclude: ["192.0.2.0"] }),
    );
    expect(summary(world.settle(shop(wants("192.0.2.0"))))).to.equal("keep 192.0.2.0: KeptOutsidePools");
  });

  it("Renumber: a Service that asks for a pool gets another one of that", () => {
    const world = after(
      asks("a"),
      pool("a", ["192.0.2.2/31"], { onInvalid: "Renumber" }),
      pool("0", ["198.51.100.0"]),
    );
    expect(summary(world.settle(shop(asks("a"))))).to.equal("take 192.0.2.2, release 192.0.2.0: Allocated");
  });

  it("Renumber: of a pair only what is invalid is replaced", () => {
    const world = new World(pool("a", ["192.0.2.0/30", "2001:db8::/126"]));
    world.settle(shop(dual));
    world.setPools(
      pool("a", ["192.0.2.0/30", "2001:db8::/126"], { onInvalid: "Renumber", exclude: ["192.0.2.0"] }),
    );
    expect(summary(world.settle(shop(dual)))).to.equal(
      "keep 2001:db8::, take 192.0.2.1, release 192.0.2.0: Allocated",
    );
  });

  it("Renumber: what a Service has is replaced even where it lacks a family that it requires", () => {
    const required = { ...dual, spec: { ipFamilyPolicy: "RequireDualStack" } } as const;
    const world = after({}, pool("a", ["192.0.2.0/30"], { onInvalid: "Renumber", exclude: ["192.0.2.0"] }));
    expect(summary(world.settle(shop(required)))).to.equal(
      "take 192.0.2.1, release 192.0.2.0: FamilyNotAvailable",
    );
  });

  it("a pool that was deleted has no policy: its addresses are kept", () => {
    const world = new World(pool("a", ["192.0.2.0/30"], { onInvalid: "Renumber" }));
    world.settle(shop());
    world.setPools(spare);
    expect(summary(world.settle(shop()))).to.equal("keep 192.0.2.0: KeptOutsidePools");
  });

  it("an address that another pool has and admits is valid", () => {
    const world = after(
      {},
      pool("a", ["198.51.100.0"], { onInvalid: "Renumber" }),
      pool("b", ["192.0.2.0/24"]),
    );
    const decision = world.settle(shop());
    expect(summary(decision)).to.equal("keep 192.0.2.0: Allocated");
    expect(decision.outcome.message).to.equal('It has 192.0.2.0 (pool "b").');
  });

  it("what was merely chosen, and not told, is given back when it becomes invalid", () => {
    const world = new World(pool("a", ["192.0.2.0/30"]));
    const [grant] = world.decide(shop()).take;
    if (grant === undefined) throw new Error("nothing was chosen");
    world.ledger.reserve(grant.address, grant.pool, SHOP);
    world.setPools(pool("a", ["192.0.2.0/30"], { exclude: ["192.0.2.0"] }));
    expect(summary(world.settle(shop()))).to.equal("take 192.0.2.1, release 192.0.2.0: Allocated");
  });
});

describe("changes of pools", () => {
  it("a renamed pool costs nobody an address", () => {
    const world = after({}, pool("renamed", ["192.0.2.0/30"], { onInvalid: "Renumber" }));
    expect(summary(world.settle(shop()))).to.equal("keep 192.0.2.0: Allocated");
  });

  it("a Service that asks for a pool by name keeps what came from it, though the range went elsewhere", () => {
    const world = after(asks("a"), pool("a", ["198.51.100.0"]), pool("b", ["192.0.2.0/30"]));
    for (let i = 0; i < 2; i++) {
      const decision = world.settle(shop(asks("a")));
      expect(summary(decision)).to.equal("keep 192.0.2.0: KeptOutsidePools");
      expect(decision.outcome.message).to.contain('Pool "a" does not have 192.0.2.0; the Service keeps it');
    }
  });

  it("and goes on keeping it after its record was lost, or its terms of sharing have changed", () => {
    const shared = (port: number) => ({
      annotations: { ...asks("a").annotations, "fairlead.dev/allow-shared-ip": "k" },
      spec: { ports: [{ port }] },
    });
    const world = after(shared(80), pool("a", ["198.51.100.0"]), pool("b", ["192.0.2.0/30"]));
    expect(world.settle(shop(shared(81))).restate).to.have.length(1);
    world.lose({ family: "IPv4", text: "192.0.2.0", value: 0xc0000200n });
    for (let i = 0; i < 2; i++)
      expect(summary(world.settle(shop(shared(81))))).to.equal("keep 192.0.2.0: KeptOutsidePools");
  });

  it("a pool asked for that has the address beside the one that it came from is told to have it", () => {
    const world = after({}, pool("a", ["192.0.2.0/30"]), pool("b", ["192.0.2.0/30"]));
    expect(summary(world.settle(shop(asks("b"))))).to.equal("keep 192.0.2.0: Allocated");
  });
});
