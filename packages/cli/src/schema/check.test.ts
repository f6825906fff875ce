import { faults } from "@fairlead/api/testing/judge.ts";
import { expect } from "chai";
import fc from "fast-check";
import { type Path, pathText } from "../source/path.ts";
import { SchemaChecker } from "./check.ts";

const checker = new SchemaChecker();
const GOOD = { addresses: ["198.51.100.0/28"] };

/** `path: message` of each fault of a pool with this spec. */
function check(spec: unknown, told: readonly Path[] = [], kind = "IPAddressPool"): readonly string[] {
  const object = { apiVersion: "fairlead.dev/v1beta1", kind, metadata: { name: "a" }, spec };
  return checker.check(kind, object, told).map(({ path, message }) => `${pathText(path)}: ${message}`);
}

describe("the schema of a kind", () => {
  it("has nothing against what is right", () => {
    expect(check(GOOD)).to.deep.equal([]);
  });

  const names: readonly [what: string, spec: object, fault: string][] = [
    [
      "misspelled",
      { adresses: [] },
      'spec.adresses: "adresses" is no field of spec; did you mean addresses?',
    ],
    [
      "in another case",
      { ...GOOD, autoassign: true },
      'spec.autoassign: "autoassign" is no field of spec; write autoAssign',
    ],
    [
      "in another case",
      { ...GOOD, avoidBuggyIps: true },
      'spec.avoidBuggyIps: "avoidBuggyIps" is no field of spec; write avoidBuggyIPs',
    ],
    [
      "with dashes",
      { ...GOOD, "auto-assign": true },
      'spec.auto-assign: "auto-assign" is no field of spec; write autoAssign',
    ],
    [
      "at another depth",
      { ...GOOD, priority: 1 },
      'spec.priority: "priority" is no field of spec; write it under spec.serviceAllocation',
    ],
    [
      "below another field",
      { ...GOOD, serviceAllocation: { namespace: ["a"] } },
      'spec.serviceAllocation.namespace: "namespace" is no field of spec.serviceAllocation; did you mean namespaces?',
    ],
    [
      "in a list",
      {
        ...GOOD,
        serviceAllocation: {
          serviceSelectors: [{ matchExpressions: [{ key: "a", operator: "In", value: ["b"] }] }],
        },
      },
      'spec.serviceAllocation.serviceSelectors[0].matchExpressions[0].value: "value" is no field of spec.serviceAllocation.serviceSelectors[0].matchExpressions[0]; did you mean values?',
    ],
  ];
  for (const [what, spec, fault] of names) {
    it(`tells a field that is ${what}: ${fault.split(":", 1)[0]}`, () => {
      expect(check(spec)[0]).to.equal(fault);
    });
  }

  it("names the fields that there are if none resembles the unknown one", () => {
    const [fault] = check({ ...GOOD, protocol: "layer2" });
    expect(fault).to.match(
      /^spec\.protocol: "protocol" is no field of spec; remove it, or write one of addresses, /,
    );
  });

  it("does not miss the field that another seems to stand for", () => {
    expect(check({ adresses: [] })).to.have.length(1);
    expect(check({ adresses: [], addresses: [] })).to.have.length(2);
  });

  it("tells fields of the object itself, and those of spec that stand beside it", () => {
    const object = {
      apiVersion: "x",
      kind: "IPAddressPool",
      metadata: {},
      addresses: ["198.51.100.1"],
      specs: {},
    };
    expect(checker.check("IPAddressPool", object, []).map(({ message }) => message)).to.deep.equal([
      '"addresses" is no field of the object; write it under spec',
      '"specs" is no field of the object; did you mean spec?',
    ]);
  });

  it("does not judge a status", () => {
    const object = {
      apiVersion: "x",
      kind: "IPAddressPool",
      metadata: {},
      spec: GOOD,
      status: { x: 1, ipv4: 7 },
    };
    expect(checker.check("IPAddressPool", object, [])).to.deep.equal([]);
  });

  const values: readonly [spec: unknown, fault: string][] = [
    [undefined, "spec: is missing; write its fields below it"],
    [{}, "spec.addresses: is missing; write a list"],
    [[], "spec: [] is not right; write its fields below it"],
    [{ addresses: "198.51.100.1" }, 'spec.addresses: "198.51.100.1" is not right; write a list'],
    [{ addresses: [null] }, "spec.addresses[0]: null is not right; write text"],
    [{ addresses: [1.1] }, "spec.addresses[0]: 1.1 is not right; write text; put it in quotes"],
    [
      { addresses: Array.from({ length: 257 }, (_, i) => `198.51.${i}.0/24`) },
      "write at most 256 entries; there are 257",
    ],
    [{ ...GOOD, autoAssign: "yes" }, 'spec.autoAssign: "yes" is not right; write true or false'],
    [
      { ...GOOD, selection: "firstfree" },
      'spec.selection: "firstfree" is not right; did you mean FirstFree?',
    ],
    [{ ...GOOD, selection: 7 }, "spec.selection: 7 is not right; write FirstFree or LeastRecentlyUsed"],
    [
      { ...GOOD, serviceAllocation: { priority: -1 } },
      "spec.serviceAllocation.priority: -1 is not right; write a whole number of at least 0",
    ],
    [
      { ...GOOD, serviceAllocation: { priority: 1.5 } },
      "1.5 is not right; write a whole number of at least 0",
    ],
    [
      { ...GOOD, serviceAllocation: { namespaces: ["a", "b", "a"] } },
      'spec.serviceAllocation.namespaces[2]: "a" is listed twice, first in spec.serviceAllocation.namespaces[0]; remove one',
    ],
    [{ ...GOOD, releaseDelay: "x".repeat(99) }, "write at most 32 characters; there are 99"],
  ];
  for (const [spec, fault] of values) {
    it(`tells a wrong value: ${fault}`, () => {
      const told = check(spec);
      expect(told).to.have.length(1);
      expect(told[0]).to.contain(fault);
    });
  }

  it("tells bounds of a number", () => {
    expect(
      check({ preferredNodeSelectors: [{ weight: 101, preference: {} }] }, [], "L2Advertisement"),
    ).to.deep.equal([
      "spec.preferredNodeSelectors[0].weight: 101 is not right; write a whole number from 1 to 100",
    ]);
  });

  it("takes null for absent", () => {
    expect(check({ ...GOOD, autoAssign: null, serviceAllocation: null })).to.deep.equal([]);
  });

  it("says nothing of fields of which something is told", () => {
    const spec = { addresses: ["x"], serviceAllocation: { priority: -1 } };
    expect(check(spec)).to.have.length(2);
    expect(check(spec, [["spec", "addresses", 0]])).to.have.length(1);
    expect(check(spec, [["spec"]])).to.deep.equal([]);
  });

  it("evaluates the rules of the kinds beside what has the wrong type", () => {
    expect(check({ addresses: ["x"], autoAssign: 7 })).to.have.length(2);
    expect(check({ address: "2001:DB8::1" }, [], "VirtualIP")).to.include(
      'spec.address: "2001:DB8::1" is not in canonical form; write IPv6 in lower case, with the longest run of zeros as "::"',
    );
  });

  it("finds faults where the API server would", () => {
    const value = fc.oneof(
      fc.constantFrom<unknown>(
        "198.51.100.0/24",
        "198.51.100.9",
        "x",
        "",
        7,
        true,
        null,
        "10m",
        "Keep",
        "Delete",
      ),
      fc.constantFrom<unknown>(
        [],
        {},
        ["2001:db8::/64"],
        ["x", "x"],
        [{}],
        { perNamespace: 0 },
        { namespaces: ["A"] },
      ),
    );
    const names = [
      "autoAssign",
      "exclude",
      "releaseDelay",
      "quota",
      "serviceAllocation",
      "onInvalid",
      "reclaimPolicy",
    ];
    const spec = fc.dictionary(fc.constantFrom("addresses", ...names), value);
    fc.assert(
      fc.property(spec, (written) => {
        const present = Object.fromEntries(Object.entries(written).filter(([, one]) => one !== null));
        const object = { apiVersion: "x", kind: "IPAddressPool", metadata: { name: "a" }, spec: present };
        expect(check(present).length > 0).to.equal(faults(object).length > 0);
      }),
      { numRuns: 200 },
    );
  });
});
