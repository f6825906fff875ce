import { formatRange } from "@fairlead/net/range.ts";
import { expect } from "chai";
import { address } from "../testing/allocation.ts";
import { pool } from "../testing/objects.ts";
import { poolCapacity, poolContains, poolOffers, readPool } from "./pool.ts";
import { Pools } from "./pools.ts";

describe("a pool", () => {
  it("leaves wrong entries out, tells them with their field, and uses the rest", () => {
    const read = readPool(pool("a", ["192.0.2.0/28", "nonsense", "192.0.2.99/30"]));
    expect(read.ranges.map(formatRange)).to.deep.equal(["192.0.2.0-192.0.2.15", "192.0.2.96-192.0.2.99"]);
    expect(read.problems).to.have.length(1);
    expect(read.problems[0]).to.contain('spec.addresses[1]: "nonsense"');
    expect(read.notes[0]).to.contain("spec.addresses[2]");
  });

  it("counts an address once, however often it is listed", () => {
    const read = readPool(pool("a", ["192.0.2.0/24", "192.0.2.128-192.0.3.0", "2001:db8::/64"]));
    expect(poolCapacity(read, "IPv4")).to.equal(257n);
    expect(poolCapacity(read, "IPv6")).to.equal(2n ** 64n);
    expect(read.cover.map(formatRange)).to.deep.equal([
      "192.0.2.0-192.0.3.0",
      "2001:db8::-2001:db8::ffff:ffff:ffff:ffff",
    ]);
  });

  it("offers what it has without the addresses that it leaves out", () => {
    const read = readPool(pool("a", ["192.0.2.0/23", "2001:db8::/120"], { avoidBuggyIPs: true }));
    expect(poolCapacity(read, "IPv4")).to.equal(512n);
    expect(poolOffers(read, "IPv4")).to.equal(508n);
    expect(poolOffers(read, "IPv6")).to.equal(256n);
    expect(poolContains(read, address("192.0.2.255"))).to.equal(true);
  });
});

describe("A-IPAM-14: what a pool has and offers", () => {
  const wide = 2n * 2n ** 64n + 2n ** 80n;
  const cases: readonly [string, readonly string[], Parameters<typeof pool>[2], bigint, bigint][] = [
    ["a /32", ["198.51.100.7/32"], {}, 1n, 1n],
    ["a /32 that is buggy", ["198.51.100.0/32"], { avoidBuggyIPs: true }, 1n, 0n],
    ["a /31", ["198.51.100.254/31"], { avoidBuggyIPs: true }, 2n, 1n],
    ["a /30", ["198.51.100.0/30"], { avoidBuggyIPs: true, exclude: ["198.51.100.0-198.51.100.1"] }, 4n, 2n],
    ["one address as a range", ["198.51.100.9-198.51.100.9"], { exclude: ["198.51.100.9"] }, 1n, 0n],
    [
      "excluded at both ends",
      ["198.51.100.0/28"],
      { exclude: ["198.51.100.0/30", "198.51.100.15"] },
      16n,
      11n,
    ],
    ["excluded beyond it", ["198.51.100.8/30"], { exclude: ["198.51.100.0/24"] }, 4n, 0n],
    [
      "excluded twice",
      ["198.51.100.0/28"],
      { exclude: ["198.51.100.0/30", "198.51.100.2-198.51.100.5"] },
      16n,
      10n,
    ],
    ["a /8", ["10.0.0.0/8"], { avoidBuggyIPs: true }, 2n ** 24n, 2n ** 24n - 2n ** 17n],
    ["several large ones", ["2001:db8:20::/64", "2001:db8:21::/64", "2001:db8:30::/48"], {}, wide, wide],
    [
      "several large ones, one address excluded",
      ["2001:db8:20::/64", "2001:db8:21::/64", "2001:db8:30::/48"],
      { exclude: ["2001:db8:20::5"], avoidBuggyIPs: true },
      wide,
      wide - 1n,
    ],
  ];
  for (const [title, addresses, spec, capacity, offers] of cases) {
    it(`${title}: ${capacity}, of which ${offers}`, () => {
      const read = readPool(pool("a", addresses, spec));
      const family = addresses[0]?.includes(":") ? "IPv6" : "IPv4";
      expect(poolCapacity(read, family)).to.equal(capacity);
      expect(poolOffers(read, family)).to.equal(offers);
    });
  }
});

describe("pools", () => {
  it("tell what they share, both of them", () => {
    const pools = new Pools(
      [
        pool("a", ["192.0.2.0/24", "2001:db8::1"]),
        pool("b", ["192.0.2.250-192.0.3.5"]),
        pool("c", ["192.0.3.5", "2001:db8::/64"]),
        pool("d", ["198.51.100.1"]),
      ].map((one) => readPool(one)),
    );
    const shown = [...pools.overlaps()]
      .map(
        ([name, list]) => `${name}: ${list.map((one) => `${one.with} ${formatRange(one.range)}`).join(", ")}`,
      )
      .sort();
    expect(shown).to.deep.equal([
      "a: b 192.0.2.250-192.0.2.255, c 2001:db8::1",
      "b: a 192.0.2.250-192.0.2.255, c 192.0.3.5",
      "c: a 2001:db8::1, b 192.0.3.5",
    ]);
  });

  it("find a wide pool around several narrow ones", () => {
    const pools = new Pools(
      [pool("wide", ["192.0.2.0/24"]), pool("x", ["192.0.2.9"]), pool("y", ["192.0.2.200"])].map((one) =>
        readPool(one),
      ),
    );
    expect(pools.overlaps().get("wide")).to.have.length(2);
    expect(pools.containing(address("192.0.2.200")).map(({ name }) => name)).to.deep.equal(["wide", "y"]);
  });
});
