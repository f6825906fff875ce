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
