import { parseAddressEntry } from "@fairlead/net/range.ts";
import { expect } from "chai";
import fc from "fast-check";
import { faults } from "./testing/judge.ts";

const pool = (spec: object) => ({ kind: "IPAddressPool", metadata: { name: "test" }, spec });
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
