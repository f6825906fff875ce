import { parseAddressEntry } from "@fairlead/net/range.ts";
import { expect } from "chai";
import fc from "fast-check";
import { faults } from "./testing/judge.ts";

const apiVersion = "fairlead.dev/v1beta1";
const metadata = { name: "test" };
const pool = (spec: object) => ({ apiVersion, kind: "IPAddressPool", metadata, spec });
const advertisement = (spec: object) => ({ apiVersion, kind: "L2Advertisement", metadata, spec });
const vip = (name: string, address: string, rest: object = {}) => ({
  apiVersion,
  kind: "VirtualIP",
  metadata: { name },
  spec: { address, pool: "lan", services: ["default/web"], ...rest },
});
const entry = (text: string) => pool({ addresses: [text] });
const AN_ENTRY = 'a CIDR such as "192.0.2.0/28", a range such as "192.0.2.10-192.0.2.20" or a single address';

describe("the rules of an address list", () => {
  for (const text of [
    "198.51.100.205",
    "198.51.100.200 - 198.51.100.205",
    "198.51.100.206-198.51.100.207  ",
    " 198.51.100.208/30",
    "\t198.51.100.208 / 30",
    "198.51.100.10/24",
    "9.0.0.255-10.0.0.0",
    "198.51.100.7-198.51.100.7",
    "2001:DB8:0010:0:0:0:0:200/124",
    "2001:db8:10::7f-2001:db8:10::82",
    "2001:db8::-2001:db8::",
    "2001:db8::9-2001:db8::10",
    "::/0",
    "0.0.0.0/0",
  ]) {
    it(`take ${JSON.stringify(text)}`, () => expect(faults(entry(text))).to.deep.equal([]));
  }

  const refused: readonly [string, string][] = [
    ["", `is empty; write ${AN_ENTRY}`],
    [" \t ", `is empty; write ${AN_ENTRY}`],
    ["lan", `"lan" is not an IP address; write ${AN_ENTRY}`],
    ["198.51.100", `"198.51.100" is not an IP address; write ${AN_ENTRY}`],
    ["198.51.100.1, 198.51.100.2", `"198.51.100.1, 198.51.100.2" is not an IP address; write ${AN_ENTRY}`],
    [
      "198.51.100.250-198.51.100.259",
      '"198.51.100.259" is not an IPv4 address: one of its numbers is above 255',
    ],
    ["198.51.100.010", '"198.51.100.010" has a leading zero; write its numbers without leading zeros'],
    [
      "198.51.100.1-198.51.100.09",
      '"198.51.100.09" has a leading zero; write its numbers without leading zeros',
    ],
    ["198.51.100.010/30", '"198.51.100.010/30" has a leading zero; write its numbers without leading zeros'],
    [
      "198.51.100.0/33",
      '"198.51.100.0/33" is not a CIDR; write an address, "/" and a length from 0 to 32 (IPv4) or 128 (IPv6), such as "192.0.2.0/28"',
    ],
    [
      "198.51.100.0/24-198.51.101.0/24",
      '"198.51.100.0/24-198.51.101.0/24" is both a CIDR and a range; write one of the two',
    ],
    [
      "198.51.100.20-198.51.100.10",
      '"198.51.100.20-198.51.100.10" runs backward; write "198.51.100.10-198.51.100.20"',
    ],
    ["10.0.0.0-9.255.255.255", '"10.0.0.0-9.255.255.255" runs backward; write "9.255.255.255-10.0.0.0"'],
    [
      "2001:db8::10-2001:db8::9",
      '"2001:db8::10-2001:db8::9" runs backward; write "2001:db8::9-2001:db8::10"',
    ],
    ["2001:DB8::f-2001:db8::", '"2001:DB8::f-2001:db8::" runs backward; write "2001:db8::-2001:DB8::f"'],
    ["1.1.1.1-fc00::1", '"1.1.1.1-fc00::1" mixes IPv4 and IPv6; give each family a range of its own'],
    [
      "198.51.100.1-198.51.100.2-198.51.100.3",
      '"198.51.100.1-198.51.100.2-198.51.100.3" has more than one "-"; write a range as "first-last"',
    ],
    ["2001:db8::3%eth0", '"2001:db8::3%eth0" has a zone; remove the part from "%" on'],
    [
      "::ffff:198.51.100.200",
      '"::ffff:198.51.100.200" is an IPv4-mapped IPv6 address; write the IPv4 address',
    ],
    [
      "198.51.100.212–198.51.100.213",
      '"198.51.100.212–198.51.100.213" contains U+2013 (en dash); write a plain "-" between the two addresses of a range and remove invisible characters',
    ],
    [
      "198.51.100.212\u200b",
      '"198.51.100.212\u200b" contains U+200B (zero-width space); write a plain "-" between the two addresses of a range and remove invisible characters',
    ],
    [
      "198.51.100.２",
      '"198.51.100.２" contains a character that is not plain text; write a plain "-" between the two addresses of a range and remove invisible characters',
    ],
  ];
  for (const [text, fault] of refused) {
    it(`refuse ${JSON.stringify(text)}`, () => {
      expect(faults(entry(text))).to.deep.equal([`spec.addresses[0]: ${fault}`]);
    });
  }

  it("refuse an empty list and one that repeats itself", () => {
    expect(faults(pool({ addresses: [] }))).to.deep.equal([
      'spec.addresses: lists no address; write at least one CIDR such as "192.0.2.0/28" or range such as "192.0.2.10-192.0.2.20"',
    ]);
    expect(faults(pool({ addresses: ["198.51.100.1", "198.51.100.2", "198.51.100.1"] }))).to.deep.equal([
      'spec.addresses: "198.51.100.1" is listed more than once; remove the others',
    ]);
  });

  it("name each bad entry among good ones", () => {
    expect(faults(pool({ addresses: ["198.51.100.1", "x", "198.51.100.2", "y"] }))).to.have.length(2);
  });

  it("agree with the parser on what it refuses, but for the order of some IPv6 ranges", () => {
    const address = fc.oneof(
      fc.ipV4(),
      fc.ipV6(),
      fc.constantFrom("198.51.100.7", "198.51.100.010", "198.51.100.256", "2001:db8::7", "::1.2.3.4", ""),
    );
    const blank = fc.constantFrom("", " ", "\t");
    const piece = fc.tuple(blank, address, blank).map((parts) => parts.join(""));
    const text = fc.oneof(
      piece,
      fc.tuple(piece, fc.constantFrom("-", "–", "/"), piece).map((parts) => parts.join("")),
      fc
        .tuple(piece, fc.constantFrom("/", "//"), fc.integer({ min: -1, max: 130 }))
        .map((parts) => parts.join("")),
      fc.string({ unit: fc.constantFrom(..."019af.:/- "), maxLength: 20 }),
    );
    fc.assert(
      fc.property(text, (written) => {
        const parsed = parseAddressEntry(written);
        const refusals = faults(entry(written));
        if (parsed.ok) expect(refusals).to.deep.equal([]);
        else if (!(written.includes(":") && parsed.error.includes("runs backward"))) {
          expect(refusals).to.have.length(1);
        }
      }),
      { numRuns: 150 },
    );
  });
});

describe("the rules of selectors", () => {
  const cases: readonly [string, object, readonly string[]][] = [
    ["an empty selector", {}, []],
    ["labels", { matchLabels: { app: "web", "example.com/tier": "", a_b: "c.d-e_f" } }, []],
    ["In", { matchExpressions: [{ key: "app", operator: "In", values: ["web"] }] }, []],
    ["Exists", { matchExpressions: [{ key: "app", operator: "Exists", values: [] }] }, []],
    [
      "In without values",
      { matchExpressions: [{ key: "app", operator: "In" }] },
      ['.matchExpressions[0]: operator In on "app" has no values; list at least one in values'],
    ],
    [
      "NotIn with an empty list",
      { matchExpressions: [{ key: "app", operator: "NotIn", values: [] }] },
      ['.matchExpressions[0]: operator NotIn on "app" has no values; list at least one in values'],
    ],
    [
      "DoesNotExist with values",
      { matchExpressions: [{ key: "app", operator: "DoesNotExist", values: ["web"] }] },
      [
        '.matchExpressions[0]: operator DoesNotExist on "app" takes no values; remove values, or write In or NotIn',
      ],
    ],
    [
      "an unknown operator",
      { matchExpressions: [{ key: "app", operator: "Near" }] },
      [".matchExpressions[0].operator: must be equal to one of the allowed values"],
    ],
    [
      "a key with a blank",
      { matchExpressions: [{ key: "a b", operator: "Exists" }] },
      [
        '.matchExpressions[0].key: "a b" is not a label key; write a name such as "app" or "example.com/tier"',
      ],
    ],
    [
      "a label's key with a blank",
      { matchLabels: { "a b": "c" } },
      ['.matchLabels: "a b" is not a label key; write a name such as "app" or "example.com/tier"'],
    ],
    [
      "a label's value that ends in a dash",
      { matchLabels: { app: "web-" } },
      [
        '.matchLabels.app: "web-" is not a label value; write at most 63 letters, digits, "-", "_" and ".", beginning and ending with a letter or digit',
      ],
    ],
  ];
  for (const [what, selector, expected] of cases) {
    it(`${expected.length === 0 ? "take" : "refuse"} ${what}`, () => {
      expect(faults(advertisement({ nodeSelectors: [selector] }))).to.deep.equal(
        expected.map((fault) => `spec.nodeSelectors[0]${fault}`),
      );
    });
  }
});

describe("the rules of an advertisement", () => {
  it("take all its fields, and no spec at all", () => {
    expect(faults({ apiVersion, kind: "L2Advertisement", metadata } as { kind: string })).to.deep.equal([]);
    const spec = {
      ipAddressPools: ["lan", "lan.v6"],
      ipAddressPoolSelectors: [{}],
      nodeSelectors: [{ matchLabels: { zone: "a" } }],
      interfaces: ["eth0", "br-lan", "bond0.100", "..."],
      serviceSelectors: [{}],
      preferredNodeSelectors: [{ weight: 100, preference: {} }],
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

  for (const weight of [0, 101, 1.5]) {
    it(`refuse the weight ${weight}`, () => {
      const spec = { preferredNodeSelectors: [{ weight, preference: {} }] };
      expect(faults(advertisement(spec))[0]).to.match(/^spec\.preferredNodeSelectors\[0\]\.weight: must be /);
    });
  }
});

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
    expect(faults(vip("198.51.100.7", "198.51.100.7", { services: ["web"] }))).to.deep.equal([
      'spec.services[0]: "web" is not a Service; write namespace/name',
    ]);
  });
});
