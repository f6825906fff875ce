import { formatRange } from "@fairlead/net/range.ts";
import { expect } from "chai";
import fc from "fast-check";
import type { IPAddressPool } from "../ip-address-pool.ts";
import { selectorMatches } from "../selector-matches.ts";
import { type ReadPool, readIPAddressPool } from "./ip-address-pool.ts";
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
    const { ranges: _, ...rest } = value;
    expect(rest).to.deep.equal({
      name: "lan",
      autoAssign: true,
      avoidBuggyIPs: false,
      serviceAllocation: undefined,
      exclude: [],
      disabled: false,
      reclaimPolicy: "Delete",
      releaseDelayMs: 600_000,
      quotaPerNamespace: undefined,
      selection: "FirstFree",
      sharing: undefined,
      onInvalid: "Keep",
    });
    expect([problems, notes]).to.deep.equal([[], []]);
  });

  it("has what is written", () => {
    const { value, problems, notes } = read({
      addresses: ["198.51.100.0/24", "2001:db8:10::/126"],
      exclude: [" 198.51.100.1", "198.51.100.240/28", "2001:db8:10::"],
      disabled: true,
      reclaimPolicy: "Retain",
      releaseDelay: "0s",
      quota: { perNamespace: 3 },
      selection: "LeastRecentlyUsed",
      sharing: "AcrossNamespaces",
      onInvalid: "Renumber",
    });
    expect(value.exclude.map(formatRange)).to.deep.equal([
      "198.51.100.1",
      "198.51.100.240-198.51.100.255",
      "2001:db8:10::",
    ]);
    expect(value).to.include({
      disabled: true,
      reclaimPolicy: "Retain",
      releaseDelayMs: 0,
      quotaPerNamespace: 3,
      selection: "LeastRecentlyUsed",
      sharing: "AcrossNamespaces",
      onInvalid: "Renumber",
    });
    expect([problems, notes]).to.deep.equal([[], []]);
  });

  it("notes an exclusion that changes nothing, repeats another, or has host bits", () => {
    const { value, problems, notes } = read({
      addresses: ["198.51.100.0/25"],
      exclude: ["198.51.100.9/30", "198.51.100.11", "198.51.100.200", "2001:db8::1"],
    });
    expect(value.exclude).to.have.length(4);
    expect(value.disabled).to.equal(false);
    expect(problems).to.deep.equal([]);
    const NOTHING = "is no part of addresses, so that leaving it out changes nothing; correct or remove it";
    expect(notes.map(problemText)).to.deep.equal([
      'spec.exclude[0]: "198.51.100.9/30" has host bits set and is read as 198.51.100.8/30',
      'spec.exclude[1]: "198.51.100.11" repeats 198.51.100.11 of 198.51.100.8-198.51.100.11 in the same list; write it once',
      `spec.exclude[2]: "198.51.100.200" ${NOTHING}`,
      `spec.exclude[3]: "2001:db8::1" ${NOTHING}`,
    ]);
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
      'spec.addresses[1]: "198.51.100.12" repeats 198.51.100.12 of 198.51.100.0-198.51.100.15 in the same list; write it once',
      'spec.addresses[2]: "198.51.100.15-198.51.100.20" repeats 198.51.100.15 of 198.51.100.0-198.51.100.15 in the same list; write it once',
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

  const DURATION =
    'is not a duration; write numbers with the units h, m, s or ms, such as "90s", "10m" or "1h30m", and "0s" for none';
  /** What is written, what is told, and what holds meanwhile. */
  const narrow: readonly [string, object, string, Partial<ReadPool>][] = [
    [
      "disabled that is text",
      { disabled: "no" },
      'spec.disabled: "no" is not right; write true or false',
      { disabled: true },
    ],
    [
      "an exclusion that cannot be read",
      { exclude: ["198.51.100.1", "2001:db8:1::-2001:db8::"] },
      'spec.exclude[1]: "2001:db8:1::-2001:db8::" runs backward; write "2001:db8::-2001:db8:1::"',
      { disabled: true },
    ],
    [
      "an exclusion that is a number",
      { exclude: [1] },
      "spec.exclude[0]: 1 is not right; write text",
      { disabled: true },
    ],
    [
      "exclusions that are no list",
      { exclude: "198.51.100.1" },
      'spec.exclude: "198.51.100.1" is not right; write a list',
      { disabled: true },
    ],
    [
      "another reclaimPolicy",
      { reclaimPolicy: "Recycle" },
      'spec.reclaimPolicy: "Recycle" is not right; write Delete or Retain',
      { reclaimPolicy: "Retain" },
    ],
    [
      "a releaseDelay that is no duration",
      { releaseDelay: "10 minutes" },
      `spec.releaseDelay: "10 minutes" ${DURATION}`,
      { releaseDelayMs: 600_000 },
    ],
    [
      "a releaseDelay that is a number",
      { releaseDelay: 600 },
      'spec.releaseDelay: 600 is not right; write a duration such as "10m"',
      { releaseDelayMs: 600_000 },
    ],
    [
      "a quota of none",
      { quota: { perNamespace: 0 } },
      "spec.quota.perNamespace: 0 is not right; write a whole number from 1 to 2147483647",
      { quotaPerNamespace: 0 },
    ],
    [
      "a quota that is a number",
      { quota: 5 },
      "spec.quota: 5 is not an object; write its fields below it",
      { quotaPerNamespace: 0 },
    ],
    [
      "another selection",
      { selection: "Random" },
      'spec.selection: "Random" is not right; write FirstFree or LeastRecentlyUsed',
      { selection: "FirstFree" },
    ],
    [
      "another sharing",
      { sharing: true },
      "spec.sharing: true is not right; write SameNamespace or AcrossNamespaces",
      { sharing: "SameNamespace" },
    ],
    [
      "another onInvalid",
      { onInvalid: "Drop" },
      'spec.onInvalid: "Drop" is not right; write Keep or Renumber',
      { onInvalid: "Keep" },
    ],
    [
      "autoAssign that is text",
      { autoAssign: "yes" },
      'spec.autoAssign: "yes" is not right; write true or false',
      { autoAssign: false },
    ],
    [
      "avoidBuggyIPs that is text",
      { avoidBuggyIPs: "no" },
      'spec.avoidBuggyIPs: "no" is not right; write true or false',
      { avoidBuggyIPs: true },
    ],
  ];
  for (const [what, spec, text, holds] of narrow) {
    it(`tells ${what}, and takes nothing from anybody meanwhile`, () => {
      const { value, problems } = read({ addresses: ["198.51.100.0/24"], ...spec });
      expect(problems.map(problemText)).to.deep.equal([text]);
      expect(value).to.deep.include(holds);
    });
  }

  it("tells what is wrong in the order of the fields, each once", () => {
    const { problems } = read({
      onInvalid: 1,
      quota: { perNamespace: -1 },
      exclude: "x",
      serviceAllocation: { priority: -1 },
      autoAssign: 1,
      addresses: "x",
    });
    expect(problems.map(({ field }) => field)).to.deep.equal([
      "spec.addresses",
      "spec.addresses",
      "spec.autoAssign",
      "spec.serviceAllocation.priority",
      "spec.exclude",
      "spec.quota.perNamespace",
      "spec.onInvalid",
    ]);
  });

  for (const [what, serviceAllocation] of [
    ["an allocation", "web"],
    ["its namespaces", { namespaces: "web" }],
    ["its selectors", { serviceSelectors: { matchLabels: {} } }],
  ] as const) {
    it(`admits nobody while ${what} cannot be read at all`, () => {
      const { value, problems } = read({ addresses: ["198.51.100.1"], serviceAllocation });
      const { namespaces = [], serviceSelectors = [] } = value.serviceAllocation ?? {};
      const admits =
        (namespaces.length === 0 || namespaces.includes("web")) &&
        (serviceSelectors.length === 0 ||
          serviceSelectors.some((one) => selectorMatches(one, { app: "web" })));
      expect(admits).to.equal(false);
      expect(problems).to.have.length(1);
    });
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
        exclude: fc.oneof(fc.anything(), fc.array(fc.anything())),
        disabled: fc.anything(),
        reclaimPolicy: fc.anything(),
        releaseDelay: fc.oneof(fc.anything(), fc.string({ unit: fc.constantFrom(..."019hms") })),
        quota: fc.oneof(fc.anything(), fc.record({ perNamespace: fc.anything() })),
        selection: fc.anything(),
        sharing: fc.anything(),
        onInvalid: fc.anything(),
        serviceAllocation: fc.record({
          namespaces: fc.anything(),
          serviceSelectors: fc.array(fc.anything()),
        }),
      }),
    );
    fc.assert(
      fc.property(spec, (anything) => {
        const { value } = read(
          JSON.parse(JSON.stringify({ anything }, (_key, one) => (typeof one === "bigint" ? 0 : one)))
            .anything,
        );
        expect(value.releaseDelayMs).to.be.at.least(0);
        expect(value.quotaPerNamespace ?? 0).to.be.at.least(0);
      }),
      { numRuns: 500 },
    );
  });
});
