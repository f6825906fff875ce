import { expect } from "chai";
import { faults } from "./testing/judge.ts";

const pool = (spec: object) => ({ kind: "IPAddressPool", metadata: { name: "test" }, spec });

describe("the rules of a pool", () => {
  it("take all its fields", () => {
    const serviceAllocation = {
      priority: 10,
      namespaces: ["web"],
      namespaceSelectors: [{}],
      serviceSelectors: [{}],
    };
    const spec = {
      addresses: ["198.51.100.0/24"],
      autoAssign: false,
      avoidBuggyIPs: true,
      serviceAllocation,
    };
    expect(faults(pool(spec))).to.deep.equal([]);
  });

  const refused: readonly [string, object, string][] = [
    ["no spec.addresses", {}, "spec: must have required property 'addresses'"],
    ["addresses that are no list", { addresses: "198.51.100.1" }, "spec.addresses: must be array"],
    [
      "a namespace that can have no such name",
      { addresses: ["198.51.100.1"], serviceAllocation: { namespaces: ["Web"] } },
      'spec.serviceAllocation.namespaces[0]: "Web" is not a namespace name; write lower-case letters, digits and "-"',
    ],
    [
      "a negative priority",
      { addresses: ["198.51.100.1"], serviceAllocation: { priority: -1 } },
      "spec.serviceAllocation.priority: must be >= 0",
    ],
  ];
  for (const [what, spec, fault] of refused) {
    it(`refuse ${what}`, () => expect(faults(pool(spec))).to.deep.equal([fault]));
  }
});
