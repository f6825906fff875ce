import { expect } from "chai";
import { faults } from "./testing/judge.ts";

const advertisement = (spec: object) => ({ kind: "L2Advertisement", metadata: { name: "test" }, spec });

describe("the rules of an advertisement", () => {
  it("take all its fields, and no spec at all", () => {
    expect(faults({ kind: "L2Advertisement", metadata: { name: "test" } } as { kind: string })).to.deep.equal(
      [],
    );
    const spec = {
      ipAddressPools: ["lan", "lan.v6"],
      ipAddressPoolSelectors: [{}],
      nodeSelectors: [{ matchLabels: { zone: "a" } }],
      interfaces: ["eth0", "br-lan", "bond0.100", "..."],
      serviceSelectors: [{}],
      preferredNodeSelectors: [{ weight: 100, preference: {} }],
      onTermination: "Drain",
    };
    expect(faults(advertisement(spec))).to.deep.equal([]);
  });

  const interfaceFault = (name: string) =>
    `${JSON.stringify(name)} is not an interface name; write it as "ip link" shows it, in at most 15 characters, without blanks, "/" and ":"`;
  for (const name of ["eth 0", "a/b", "eth0:1", "", "sixteencharacter"]) {
    it(`refuse the interface ${JSON.stringify(name)}`, () => {
      expect(faults(advertisement({ interfaces: [name] }))).to.deep.equal([
        `spec.interfaces[0]: ${interfaceFault(name)}`,
      ]);
    });
  }

  it("refuse a pool that can have no such name", () => {
    expect(faults(advertisement({ ipAddressPools: ["LAN"] }))).to.deep.equal([
      'spec.ipAddressPools[0]: "LAN" is not an object name; write lower-case letters, digits, "-" and "."',
    ]);
  });

  it("refuse what an address cannot do when endpoints terminate", () => {
    expect(faults(advertisement({ onTermination: "Stay" }))[0]).to.match(/^spec\.onTermination: /);
  });

  for (const weight of [0, 101, 1.5]) {
    it(`refuse the weight ${weight}`, () => {
      const spec = { preferredNodeSelectors: [{ weight, preference: {} }] };
      expect(faults(advertisement(spec))[0]).to.match(/^spec\.preferredNodeSelectors\[0\]\.weight: must be /);
    });
  }
});
