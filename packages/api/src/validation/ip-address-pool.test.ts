import { formatRange } from "@fairlead/net/range.ts";
import { expect } from "chai";
import fc from "fast-check";
import type { IPAddressPool } from "../ip-address-pool.ts";
import { selectorMatches } from "../selector-matches.ts";
import { readIPAddressPool } from "./ip-address-pool.ts";
import { problemText } from "./problem.ts";

/** A pool as an older CRD may have let it in: whatever `spec` holds. */
const read = (spec: unknown) =>
  readIPAddressPool({ metadata: { name: "lan" }, spec } as unknown as IPAddressPool);

describe("a pool as it is read", () => {
  it("has its entries in order and its defaults", () => {
    const { value, problems, notes } = read({
      addresses: ["198.51.100.210-198.51.100.212", "198.51.100.205", "2001:db8:10::/126"],
    });
    expect(value.ranges.map(formatRange)).to.deep.equal([
      "198.51.100.210-198.51.100.212",
      "198.51.100.205",
      "2001:db8:10::-2001:db8:10::3",
    ]);
    expect(value).to.deep.include({
      name: "lan",
      autoAssign: true,
      avoidBuggyIPs: false,
      serviceAllocation: undefined,
    });
    expect([problems, notes]).to.deep.equal([[], []]);
  });

  it("does without a bad entry and names its field, value and cure", () => {
    const { value, problems } = read({
      addresses: ["198.51.100.250-198.51.100.259", "198.51.100.9", "2001:db8:1::-2001:db8::"],
    });
    expect(value.ranges.map(formatRange)).to.deep.equal(["198.51.100.9"]);
    expect(problems).to.deep.equal([
      {
        field: "spec.addresses[0]",
        value: '"198.51.100.250-198.51.100.259"',
        message:
          '"198.51.100.250-198.51.100.259" is not a range: its end "198.51.100.259" is not an IPv4 address: 259 is above 255',
      },
      {
        field: "spec.addresses[2]",
        value: '"2001:db8:1::-2001:db8::"',
        message: '"2001:db8:1::-2001:db8::" runs backward; write "2001:db8::-2001:db8:1::"',
      },
    ]);
  });

  it("notes host bits, and entries that cover the same addresses", () => {
    const { value, problems, notes } = read({
      addresses: ["198.51.100.10/28", "198.51.100.12", "198.51.100.15-198.51.100.20"],
    });
    expect(value.ranges).to.have.length(3);
    expect(problems).to.deep.equal([]);
    expect(notes.map(problemText)).to.deep.equal([
      'spec.addresses[0]: "198.51.100.10/28" has host bits set and is read as 198.51.100.0/28',
      'spec.addresses[1]: "198.51.100.12" repeats 198.51.100.12 of 198.51.100.0-198.51.100.15 in the same pool; write it once',
      'spec.addresses[2]: "198.51.100.15-198.51.100.20" repeats 198.51.100.15 of 198.51.100.0-198.51.100.15 in the same pool; write it once',
    ]);
  });

  const odd: readonly [string, unknown, string][] = [
    [
      "no spec",
      undefined,
      'spec.addresses: lists no address; write at least one CIDR such as "192.0.2.0/28" or range such as "192.0.2.10-192.0.2.20"',
    ],
    ["a spec that is text", "lan", 'spec: "lan" is not an object; write its fields below it'],
    [
      "addresses that are text",
      { addresses: "198.51.100.1" },
      'spec.addresses: "198.51.100.1" is not right; write a list',
    ],
    [
      "an address that is a number",
      { addresses: [7, "198.51.100.1"] },
      "spec.addresses[0]: 7 is not right; write text",
    ],
    ["an empty address", { addresses: [""] }, "spec.addresses[0]: is empty; write a CIDR"],
    [
      "autoAssign that is text",
      { addresses: ["198.51.100.1"], autoAssign: "no" },
      'spec.autoAssign: "no" is not right; write true or false',
    ],
    [
      "a negative priority",
      { addresses: ["198.51.100.1"], serviceAllocation: { priority: -1 } },
      "spec.serviceAllocation.priority: -1 is not right; write a whole number from 0 to 2147483647",
    ],
    [
      "a namespace listed twice",
      { addresses: ["198.51.100.1"], serviceAllocation: { namespaces: ["web", "web"] } },
      'spec.serviceAllocation.namespaces[1]: "web" is listed twice; remove one',
    ],
    [
      "a selector that is text",
      { addresses: ["198.51.100.1"], serviceAllocation: { namespaceSelectors: ["web"] } },
      'spec.serviceAllocation.namespaceSelectors[0]: "web" is not right; write a selector with matchLabels or matchExpressions',
    ],
  ];
  for (const [what, spec, text] of odd) {
    it(`tells ${what}`, () => expect(read(spec).problems.map(problemText)[0]).to.include(text));
  }

  it("keeps a restriction that cannot be read, so that it lets nobody through", () => {
    const bad = { matchExpressions: [{ key: "team", operator: "In" }] };
    const { value, problems } = read({
      addresses: ["198.51.100.1"],
      serviceAllocation: {
        priority: 5,
        namespaces: [7],
        namespaceSelectors: [bad, { matchLabels: { team: "a" } }],
        serviceSelectors: [bad],
      },
    });
    const {
      priority,
      namespaces = [],
      namespaceSelectors = [],
      serviceSelectors = [],
    } = value.serviceAllocation ?? {};
    expect(priority).to.equal(5);
    expect(namespaces).to.deep.equal(["7"]);
    const labels = [undefined, {}, { team: "a" }, { team: "b" }];
    const admitted = (selectors: typeof namespaceSelectors) =>
      labels.map((one) => selectors.some((selector) => selectorMatches(selector, one)));
    expect(admitted(namespaceSelectors)).to.deep.equal([false, false, true, false]);
    expect(admitted(serviceSelectors)).to.deep.equal([false, false, false, false]);
    expect(problems.map((one) => one.field)).to.deep.equal([
      "spec.serviceAllocation.namespaces[0]",
      "spec.serviceAllocation.namespaceSelectors[0]",
      "spec.serviceAllocation.serviceSelectors[0]",
    ]);
  });

  it("is never read by throwing, whatever the object holds", () => {
    const spec = fc.oneof(
      fc.anything(),
      fc.record({ addresses: fc.anything(), autoAssign: fc.anything(), serviceAllocation: fc.anything() }),
      fc.record({
        addresses: fc.array(fc.anything()),
        serviceAllocation: fc.record({
          namespaces: fc.anything(),
          serviceSelectors: fc.array(fc.anything()),
        }),
      }),
    );
    fc.assert(
      fc.property(spec, (anything) => {
        read(
          JSON.parse(JSON.stringify({ anything }, (_key, value) => (typeof value === "bigint" ? 0 : value)))
            .anything,
        );
      }),
      { numRuns: 500 },
    );
  });
});
