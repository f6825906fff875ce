import { expect } from "chai";
import { faults } from "./testing/judge.ts";

const vip = (name: string, address: string, services: readonly string[] = ["default/web"]) => ({
  kind: "VirtualIP",
  metadata: { name },
  spec: { address, pool: "lan", services },
});

describe("the rules of a VirtualIP", () => {
  it("take the name that stands for its address", () => {
    expect(faults(vip("198.51.100.7", "198.51.100.7"))).to.deep.equal([]);
    expect(faults(vip("2001-0db8-0000-0000-0000-0000-0000-0007", "2001:db8::7"))).to.deep.equal([]);
  });

  const V6_NAME =
    'write its eight groups, four digits each, joined by "-", as in 2001-0db8-0000-0000-0000-0000-0000-0001';
  const refused: readonly [string, string, string][] = [
    [
      "198.51.100.8",
      "198.51.100.7",
      'metadata.name: metadata.name "198.51.100.8" does not stand for spec.address "198.51.100.7"; write the address',
    ],
    [
      "2001-0db8-0000-0000-0000-0000-0000-0008",
      "2001:db8::7",
      `metadata.name: metadata.name "2001-0db8-0000-0000-0000-0000-0000-0008" does not stand for spec.address "2001:db8::7"; ${V6_NAME}`,
    ],
    [
      "198.51.100.7",
      "2001:db8::7",
      `metadata.name: metadata.name "198.51.100.7" does not stand for spec.address "2001:db8::7"; ${V6_NAME}`,
    ],
    [
      "2001-0db8-0000-0000-0000-0000-0000-0007",
      "198.51.100.7",
      'metadata.name: metadata.name "2001-0db8-0000-0000-0000-0000-0000-0007" does not stand for spec.address "198.51.100.7"; write the address',
    ],
    [
      "2001-0db8-0000-0000-0000-0000-0000-0007",
      "2001:DB8::7",
      'spec.address: "2001:DB8::7" is not in canonical form; write IPv6 in lower case, with the longest run of zeros as "::"',
    ],
    ["198.51.100.7", "198.51.100.07", 'spec.address: "198.51.100.07" is not an IP address'],
  ];
  for (const [name, address, fault] of refused) {
    it(`refuse the name ${name} for ${address}`, () => {
      expect(faults(vip(name, address))).to.deep.equal([fault]);
    });
  }

  it("refuse another address in place of the first", () => {
    const before = vip("198.51.100.7", "198.51.100.7");
    expect(faults(vip("198.51.100.7", "198.51.100.8"), before)).to.include(
      "spec.address: cannot be changed; create a VirtualIP named after the other address",
    );
    expect(faults(before, before)).to.deep.equal([]);
  });

  it("refuse a Service without its namespace", () => {
    expect(faults(vip("198.51.100.7", "198.51.100.7", ["web"]))).to.deep.equal([
      'spec.services[0]: "web" is not a Service; write namespace/name',
    ]);
  });
});
