import { expect } from "chai";
import { ipAddressPoolSpecSchema } from "./ip-address-pool.ts";
import { faults } from "./testing/judge.ts";
import { readIPAddressPool } from "./validation/ip-address-pool.ts";

const pool = (spec: object) => ({ kind: "IPAddressPool", metadata: { name: "test" }, spec });

const ANOTHER = "must be equal to one of the allowed values";

/** Each wrong field in a pool that is right otherwise. */
const own = (cases: readonly [string, object, string][]) =>
  cases.map(([what, spec, fault]): [string, object, string] => [
    what,
    { addresses: ["198.51.100.0/24"], ...spec },
    fault,
  ]);

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
      exclude: ["198.51.100.1", "198.51.100.4/30", " 198.51.100.250 - 198.51.100.255 "],
      disabled: true,
      reclaimPolicy: "Retain",
      releaseDelay: "1h30m",
      quota: { perNamespace: 5 },
      selection: "LeastRecentlyUsed",
      sharing: "AcrossNamespaces",
      onInvalid: "Renumber",
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
    ...own([
      ["disabled as text", { disabled: "yes" }, "spec.disabled: must be boolean"],
      [
        "an entry of exclude that is no address",
        { exclude: ["198.51.100.1", "router"] },
        'spec.exclude[1]: "router" is not an IP address; write a CIDR such as "192.0.2.0/28", a range such as "192.0.2.10-192.0.2.20" or a single address',
      ],
      [
        "an entry of exclude that runs backward",
        { exclude: ["198.51.100.20-198.51.100.10"] },
        'spec.exclude[0]: "198.51.100.20-198.51.100.10" runs backward; write "198.51.100.10-198.51.100.20"',
      ],
      ["exclude as text", { exclude: "198.51.100.1" }, "spec.exclude: must be array"],
      [
        "more than 256 entries of exclude",
        { exclude: Array.from({ length: 257 }, (_, i) => `198.51.${i >> 8}.${i % 256}`) },
        "spec.exclude: must NOT have more than 256 items",
      ],
      ["a quota of none", { quota: { perNamespace: 0 } }, "spec.quota.perNamespace: must be >= 1"],
      ["a quota in parts", { quota: { perNamespace: 1.5 } }, "spec.quota.perNamespace: must be integer"],
      ["a quota as a number", { quota: 5 }, "spec.quota: must be object"],
      ["a releaseDelay as a number", { releaseDelay: 600 }, "spec.releaseDelay: must be string"],
      ["another reclaimPolicy", { reclaimPolicy: "Recycle" }, `spec.reclaimPolicy: ${ANOTHER}`],
      ["another selection", { selection: "Random" }, `spec.selection: ${ANOTHER}`],
      ["another sharing", { sharing: "Never" }, `spec.sharing: ${ANOTHER}`],
      ["another onInvalid", { onInvalid: "Drop" }, `spec.onInvalid: ${ANOTHER}`],
    ]),
  ];
  for (const [what, spec, fault] of refused) {
    it(`refuse ${what}`, () => expect(faults(pool(spec))).to.deep.equal([fault]));
  }

  it("fill in what is absent, as the program reads it", () => {
    const { properties } = ipAddressPoolSpecSchema;
    const defaults = Object.entries(properties).flatMap(([name, schema]) =>
      "default" in schema ? [[name, schema.default]] : [],
    );
    expect(Object.fromEntries(defaults)).to.deep.equal({
      autoAssign: true,
      avoidBuggyIPs: false,
      disabled: false,
      reclaimPolicy: "Delete",
      releaseDelay: "10m",
      selection: "FirstFree",
      onInvalid: "Keep",
    });
    const read = (spec: object) =>
      readIPAddressPool({ metadata: { name: "lan" }, spec: { addresses: ["198.51.100.1"], ...spec } }).value;
    expect(read(Object.fromEntries(defaults))).to.deep.equal(read({}));
  });
});
