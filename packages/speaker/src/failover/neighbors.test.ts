import { prefixOf } from "@fairlead/net/prefix.ts";
import { expect } from "chai";
import { address, eth, mac } from "../testing/values.ts";
import { isLinkLocal, kernelAddress, type NeighborInterface, neighborsOf, subnetsOf } from "./neighbors.ts";
import { interfaceIdOf } from "./node-id.ts";

function at(last: string, ...addresses: readonly string[]): NeighborInterface {
  const parts = addresses.map((text) => {
    const [host = "", length = ""] = text.split("/");
    return { address: address(host), length: Number(length) };
  });
  return {
    name: `eth${last}`,
    mac: mac(`02:00:00:00:00:${last}`),
    addresses: parts.map((one) => one.address),
    subnets: parts.map((one) => prefixOf(one.address, one.length)),
  };
}

describe("who else is on a segment", () => {
  const lan = eth("eth0", 2, ["192.0.2.1/24", "fe80::1/64"]);

  it("the nodes with an interface in its subnet, by the interface that is there", () => {
    const { on, elsewhere } = neighborsOf(lan, [
      { name: "a", interfaces: [at("0a", "198.51.100.7/24"), at("1a", "192.0.2.7/24")] },
      { name: "b", interfaces: [at("0b", "198.51.100.8/24")] },
      { name: "c", interfaces: [] },
    ]);
    expect(on.map(({ name, mac: of, kernel }) => [name, of, kernel?.text])).to.deep.equal([
      ["a", "02:00:00:00:00:1a", "192.0.2.7"],
    ]);
    expect([...elsewhere]).to.deep.equal(["b", "c"]);
  });

  it("reached by their addresses in its subnet, and not by one that floats", () => {
    const { on } = neighborsOf(lan, [
      { name: "a", interfaces: [at("0a", "10.0.0.7/24", "192.0.2.2/32", "192.0.2.7/24")] },
    ]);
    expect(on[0]?.kernel?.text).to.equal("192.0.2.7");
  });

  it("not by link-local addresses: everybody has those", () => {
    const { on, elsewhere } = neighborsOf(lan, [{ name: "a", interfaces: [at("0a", "fe80::7/64")] }]);
    expect(on).to.deep.equal([]);
    expect([...elsewhere]).to.deep.equal(["a"]);
  });

  it("on a segment of IPv6 alone by their link-local addresses", () => {
    const six = eth("eth0", 2, ["2001:db8::1/64", "fe80::1/64"]);
    const { on } = neighborsOf(six, [{ name: "a", interfaces: [at("0a", "2001:db8::7/64", "fe80::7/64")] }]);
    expect(on[0]?.kernel?.text).to.equal("fe80::7");
  });

  it("reached by their own addresses too, where these are not on the segment", () => {
    const [near, far] = [address("192.0.2.7"), address("198.51.100.8")];
    const { on } = neighborsOf(lan, [
      { name: "a", address: near, interfaces: [at("0a", "192.0.2.7/24")] },
      { name: "b", address: far, interfaces: [at("0b", "192.0.2.8/24"), at("1b", "198.51.100.8/24")] },
      { name: "c", interfaces: [at("0c", "192.0.2.9/24")] },
    ]);
    expect(on.map(({ name, apart }) => [name, apart?.text])).to.deep.equal([
      ["a", undefined],
      ["b", "198.51.100.8"],
      ["c", undefined],
    ]);
    const ids = on.map(({ interfaceId }) => interfaceId);
    expect(ids).to.deep.equal(["eth0a", "eth0b", "eth0c"].map(interfaceIdOf));
  });

  it("with no address to be reached by, if there is none", () => {
    const six = eth("eth0", 2, ["2001:db8::1/64"]);
    const { on } = neighborsOf(six, [{ name: "a", interfaces: [at("0a", "2001:db8::7/64")] }]);
    expect(on.map(({ name, kernel }) => [name, kernel])).to.deep.equal([["a", undefined]]);
  });
});

describe("what a kernel answers for", () => {
  const table: readonly (readonly [readonly string[], string | undefined])[] = [
    [["fe80::1/64", "192.0.2.1/24", "192.0.2.2/24"], "192.0.2.1"],
    [["2001:db8::1/64", "fe80::1/64"], "fe80::1"],
    [["192.0.2.1/32", "192.0.2.7/24"], "192.0.2.7"],
    [["10.0.0.1/24", "192.0.2.7/24"], "192.0.2.7"],
    [["10.0.0.1/24", "10.0.0.2/32"], "10.0.0.1"],
    [["192.0.2.1/32", "fe80::1/64"], "192.0.2.1"],
    [["2001:db8::1/64"], undefined],
    [[], undefined],
  ];
  for (const [addresses, expected] of table)
    it(`of ${addresses.join(" and ") || "nothing"}: ${expected ?? "nothing"}`, () => {
      const all = eth("eth0", 2, addresses).addresses.map(({ address: own, prefixLength }) => ({
        address: own,
        subnet: prefixOf(own, prefixLength),
      }));
      const near = [prefixOf(address("192.0.2.0"), 24), prefixOf(address("10.0.0.9"), 32)];
      expect(kernelAddress(all, near)?.text).to.equal(expected);
    });

  it("knows fe80::/10 and nothing else for link-local", () => {
    const are = ["fe80::1", "febf:ffff::1"].map((text) => isLinkLocal(address(text)));
    const areNot = ["fec0::1", "fe7f::1", "2001:db8::1", "169.254.0.1"].map((text) =>
      isLinkLocal(address(text)),
    );
    expect([...are, ...areNot]).to.deep.equal([true, true, false, false, false, false]);
  });

  it("lists the subnets of an interface", () => {
    const lengths = subnetsOf(eth("eth0", 2, ["192.0.2.77/24", "2001:db8::1/64"]));
    expect(lengths.map(({ network, length }) => `${network.text}/${length}`)).to.deep.equal([
      "192.0.2.0/24",
      "2001:db8::/64",
    ]);
  });
});
