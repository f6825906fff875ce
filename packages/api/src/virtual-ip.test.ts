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

  describe("that nobody holds", () => {
    const CLAIM = { namespace: "web", name: "shop" };
    const NOW = "2026-03-01T12:00:00Z";
    const QUARANTINE = { mac: "02:00:00:00:00:66", node: "a", interface: "eth0", since: NOW };
    const kept = (spec: object) => ({
      kind: "VirtualIP",
      metadata: { name: "198.51.100.7" },
      spec: { address: "198.51.100.7", ...spec },
    });

    const taken: readonly [string, object][] = [
      ["one that somebody else on the LAN has", { services: [], quarantine: QUARANTINE }],
      ["one that somebody else has and that is kept for a Service", { quarantine: QUARANTINE, claim: CLAIM }],
      ["a reservation of which only address and claim are written", { claim: CLAIM }],
      [
        "one that waits for its former Service",
        { pool: "lan", services: [], claim: CLAIM, releasedAt: NOW, reclaimPolicy: "Delete" },
      ],
      [
        "one that is kept for good, and then held",
        { services: ["web/shop"], claim: CLAIM, reclaimPolicy: "Retain" },
      ],
      ["a claim that contradicts the holder, as a condition tells", { services: ["web/a"], claim: CLAIM }],
      [
        "a shared one with the terms of its holders",
        {
          services: ["web/a", "web/b"],
          sharing: [
            { service: "web/a", key: "k", ports: ["TCP/80"] },
            { service: "web/b", key: "k", backend: "app=web", ports: Array(600).fill("UDP/53") },
          ],
        },
      ],
    ];
    for (const [what, spec] of taken) {
      it(`take ${what}`, () => expect(faults(kept(spec))).to.deep.equal([]));
    }

    const refused: readonly [string, object, string][] = [
      [
        "one that somebody else has and a Service holds",
        { services: ["web/shop"], quarantine: QUARANTINE },
        "spec.quarantine: spec.quarantine is for an address that nobody holds, and web/shop holds this one; remove spec.quarantine",
      ],
      [
        "an address for nobody",
        {},
        "spec.claim: nobody holds the address and it is kept for nobody; write the namespace and name of a Service in spec.claim, or delete this VirtualIP",
      ],
      [
        "a time of release without the Service that it waits for",
        { releasedAt: NOW },
        "spec.claim: spec.releasedAt says that the address waits for its former Service; write in spec.claim which one that is (namespace and name)",
      ],
      [
        "a time of release beside a holder",
        { releasedAt: NOW, claim: CLAIM, services: ["web/shop"] },
        "spec.releasedAt: spec.releasedAt is for an address that nobody holds, and web/shop holds this one; remove spec.releasedAt",
      ],
      [
        "a claim without name",
        { claim: { namespace: "web" } },
        "spec.claim: must have required property 'name'",
      ],
      [
        "a claim without namespace",
        { claim: { name: "shop" } },
        "spec.claim: must have required property 'namespace'",
      ],
      [
        "a claim of a namespace that can have no such name",
        { claim: { namespace: "web.prod", name: "shop" } },
        'spec.claim.namespace: "web.prod" is not a namespace name; write lower-case letters, digits and "-"',
      ],
      [
        "a claim whose name holds the namespace too",
        { claim: { namespace: "web", name: "web/shop" } },
        'spec.claim.name: "web/shop" is not the name of a Service; write lower-case letters, digits and "-", without the namespace',
      ],
      [
        "a claim of a Service that can have no such name",
        { claim: { namespace: "web", name: "shop.v2" } },
        'spec.claim.name: "shop.v2" is not the name of a Service; write lower-case letters, digits and "-", without the namespace',
      ],
      ["a claim that is text", { claim: "web/shop" }, "spec.claim: must be object"],
      [
        "a reclaimPolicy of another product",
        { claim: CLAIM, reclaimPolicy: "Recycle" },
        "spec.reclaimPolicy: must be equal to one of the allowed values",
      ],
      [
        "a pool that can have no such name",
        { claim: CLAIM, pool: "LAN" },
        'spec.pool: "LAN" is not an object name; write lower-case letters, digits, "-" and "."',
      ],
    ];
    for (const [what, spec, fault] of refused) {
      it(`refuse ${what}`, () => expect(faults(kept(spec))).to.deep.equal([fault]));
    }
  });
});
