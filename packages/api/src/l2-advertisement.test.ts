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
      interfaces: ["eth0", "br-lan", "bond0.100", "...", "eth*", "en?"],
      serviceSelectors: [{}],
      preferredNodeSelectors: [{ weight: 100, preference: {} }],
      onTermination: "Drain",
      failback: "Quiet",
      failbackAfter: "10m",
    };
    expect(faults(advertisement(spec))).to.deep.equal([]);
  });

  const interfaceFault = (name: string) =>
    `${JSON.stringify(name)} is not an interface name; write it as "ip link" shows it, in at most 15 characters, without blanks, "/" and ":", or as a pattern such as "eth*"`;
  for (const name of ["eth 0", "a/b", "eth0:1", "", "sixteencharacter"]) {
    it(`refuse the interface ${JSON.stringify(name)}`, () => {
      expect(faults(advertisement({ interfaces: [name] }))).to.deep.equal([
        `spec.interfaces[0]: ${interfaceFault(name)}`,
      ]);
    });
  }

  for (const [spec, failback] of [
    [{ failbackAfter: "5m" }, "Never"],
    [{ failback: "Never", failbackAfter: "5m" }, "Never"],
    [{ failback: "Immediate", failbackAfter: "5m" }, "Immediate"],
  ] as const)
    it(`refuse ${JSON.stringify(spec)}, a time that nothing waits for`, () => {
      expect(faults(advertisement(spec))).to.deep.equal([
        `spec.failbackAfter: spec.failbackAfter "5m" is for failback: Quiet, and failback is ${failback}; write failback: Quiet, or remove failbackAfter`,
      ]);
    });

  for (const spec of [{ failback: "Never" }, { failback: "Immediate" }, { failback: "Quiet" }])
    it(`take ${JSON.stringify(spec)}`, () => expect(faults(advertisement(spec))).to.deep.equal([]));

  it("refuse an unknown failback, and a time that is none", () => {
    expect(faults(advertisement({ failback: "Soon" }))[0]).to.match(/^spec\.failback: /);
    expect(faults(advertisement({ failback: "Quiet", failbackAfter: "5 min" }))[0]).to.contain(
      '"5 min" is not a duration',
    );
  });

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
