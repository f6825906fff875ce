import type { Family } from "@fairlead/net/address.ts";
import { expect } from "chai";
import { summary, World } from "../testing/allocation.ts";
import { pool, service } from "../testing/objects.ts";

const SHOP = "web/shop";
const V4 = "192.0.2.0/30";
const V6 = "2001:db8::/126";
type Policy = "SingleStack" | "PreferDualStack" | "RequireDualStack";

/** @param families those of its cluster IPs */
function shop(policy: Policy, families: readonly Family[], annotations: Record<string, string> = {}) {
  return service(SHOP, { families, annotations, spec: { ipFamilyPolicy: policy } });
}

describe("every combination of policy, cluster and pools", () => {
  const clusters: Readonly<Record<string, readonly Family[]>> = {
    v4: ["IPv4"],
    v6: ["IPv6"],
    "v4+v6": ["IPv4", "IPv6"],
    "v6+v4": ["IPv6", "IPv4"],
  };
  const offers: Readonly<Record<string, readonly string[]>> = { v4: [V4], v6: [V6], dual: [V4, V6] };
  const single: Readonly<Record<string, string>> = { IPv4: "192.0.2.0", IPv6: "2001:db8::" };
  const has = (offer: string, family: Family): boolean =>
    offer === "dual" || offer === (family === "IPv4" ? "v4" : "v6");

  /** What KEP-563 wants. */
  function expected(policy: Policy, families: readonly Family[], offer: string): string {
    if (policy === "RequireDualStack" && (families.length < 2 || offer !== "dual"))
      return "nothing: FamilyNotAvailable";
    const wanted = policy === "SingleStack" ? families.slice(0, 1) : families;
    const got = (["IPv4", "IPv6"] as const).filter((family) => wanted.includes(family) && has(offer, family));
    return got.length === 0
      ? "nothing: FamilyNotAvailable"
      : `take ${got.map((family) => single[family]).join(" ")}: Allocated`;
  }

  for (const policy of ["SingleStack", "PreferDualStack", "RequireDualStack"] as const) {
    for (const [cluster, families] of Object.entries(clusters)) {
      for (const [offer, addresses] of Object.entries(offers)) {
        const gives = expected(policy, families, offer);
        it(`${policy} on cluster IPs ${cluster} and a pool of ${offer}: ${gives}`, () => {
          const world = new World(pool("a", addresses));
          expect(summary(world.settle(shop(policy, families)))).to.equal(gives);
          const again = world.settle(shop(policy, families));
          expect(summary(again), "deciding again").to.equal(gives.replace("take", "keep"));
        });
      }
    }
  }
});

describe("families over time", () => {
  it("A-IPAM-07: PreferDualStack with a pool of one family gets that, is told of the other, and gets it later", () => {
    const asks = { "metallb.io/address-pool": "p4" };
    const world = new World(pool("p4", [V4]), pool("other", [V6]));
    const prefers = shop("PreferDualStack", ["IPv4", "IPv6"], asks);
    const first = world.settle(prefers);
    expect(summary(first)).to.equal("take 192.0.2.0: Allocated");
    expect(first.outcome.message).to.contain('Pool "p4" has no IPv6 addresses');
    expect(first.waiting).to.equal(true);
    world.setPools(pool("p4", [V4, "2001:db8:1::/126"]), pool("other", [V6]));
    expect(summary(world.settle(prefers))).to.equal("keep 192.0.2.0, take 2001:db8:1::: Allocated");
  });

  it("A-IPAM-07: RequireDualStack with a pool of one family is refused and drops nothing", () => {
    const asks = { "metallb.io/address-pool": "p4" };
    const world = new World(pool("p4", [V4]));
    world.settle(shop("PreferDualStack", ["IPv4", "IPv6"], asks));
    const refused = world.settle(shop("RequireDualStack", ["IPv4", "IPv6"], asks));
    expect(summary(refused)).to.equal("keep 192.0.2.0: FamilyNotAvailable");
    expect(refused.outcome.satisfied).to.equal(false);
    expect(summary(world.settle(shop("PreferDualStack", ["IPv4", "IPv6"], asks)))).to.equal(
      "keep 192.0.2.0: Allocated",
    );
  });

  it("RequireDualStack takes one address of each of two pools, and only both at once", () => {
    const world = new World(pool("a", ["192.0.2.0"]), pool("b", ["2001:db8::"])).holds(
      "db/x",
      "b",
      "2001:db8::",
    );
    const both = shop("RequireDualStack", ["IPv4", "IPv6"]);
    expect(summary(world.settle(both))).to.equal("nothing: PoolExhausted");
    expect(world.has(SHOP)).to.deep.equal([]);
    world.setPools(pool("a", ["192.0.2.0"]), pool("b", ["2001:db8::/127"]));
    expect(summary(world.settle(both))).to.equal("take 192.0.2.0 2001:db8::1: Allocated");
  });

  it("both addresses come from a pool that has both, though an earlier one has the first", () => {
    const world = new World(pool("a", [V4]), pool("b", ["198.51.100.0/30", V6]));
    expect(summary(world.settle(shop("PreferDualStack", ["IPv4", "IPv6"])))).to.equal(
      "take 198.51.100.0 2001:db8::: Allocated",
    );
  });

  it("two pools are combined when the one that has both is full", () => {
    const world = new World(pool("a", [V4]), pool("b", ["198.51.100.0", V6]), pool("c", ["2001:db8:1::"]));
    world.holds("db/x", "b", "198.51.100.0");
    expect(summary(world.settle(shop("RequireDualStack", ["IPv4", "IPv6"])))).to.equal(
      "take 192.0.2.0 2001:db8::: Allocated",
    );
  });

  it("an address that is there is never given up to get a pair from one pool", () => {
    const world = new World(pool("a", [V4]));
    world.settle(shop("PreferDualStack", ["IPv4", "IPv6"]));
    world.setPools(pool("a", [V4]), pool("b", ["198.51.100.0/30", V6]));
    expect(summary(world.settle(shop("RequireDualStack", ["IPv4", "IPv6"])))).to.equal(
      "keep 192.0.2.0, take 2001:db8::: Allocated",
    );
  });

  it("a pool that loses a family costs nobody an address", () => {
    const world = new World(pool("a", [V4, V6]), pool("b", ["198.51.100.0/30", "2001:db8:1::/126"]));
    const both = shop("RequireDualStack", ["IPv4", "IPv6"]);
    world.settle(both);
    world.setPools(pool("a", [V4]), pool("b", ["198.51.100.0/30", "2001:db8:1::/126"]));
    expect(summary(world.settle(both))).to.equal("keep 192.0.2.0 2001:db8::: KeptOutsidePools");
  });

  it("a Service that turns to the other family keeps the old address until it has one of the new", () => {
    const world = new World(pool("a", [V4]));
    world.settle(shop("SingleStack", ["IPv4"]));
    expect(summary(world.settle(shop("SingleStack", ["IPv6"])))).to.equal(
      "keep 192.0.2.0: FamilyNotAvailable",
    );
    world.setPools(pool("a", [V4, V6]));
    expect(summary(world.settle(shop("SingleStack", ["IPv6"])))).to.equal(
      "take 2001:db8::, release 192.0.2.0: Allocated",
    );
  });

  it("a request for one address of a pair that is taken costs the other nothing", () => {
    const wants = (text: string) => ({ "fairlead.dev/loadBalancerIPs": text });
    const world = new World(pool("a", [V4, V6])).holds("db/x", "a", "192.0.2.3");
    world.settle(shop("RequireDualStack", ["IPv4", "IPv6"]));
    const both = shop("RequireDualStack", ["IPv4", "IPv6"], wants("192.0.2.3,2001:db8::3"));
    expect(summary(world.settle(both))).to.equal(
      "keep 192.0.2.0, take 2001:db8::3, release 2001:db8::: AddressTaken",
    );
    world.forget("db/x");
    expect(summary(world.settle(both))).to.equal(
      "keep 2001:db8::3, take 192.0.2.3, release 192.0.2.0: Allocated",
    );
  });
});
