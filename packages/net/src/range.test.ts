import { expect } from "chai";
import fc from "fast-check";
import { addressOf, bitsOf, type Family } from "./address.ts";
import {
  type AddressRange,
  compareRanges,
  formatRange,
  intersectRanges,
  parseAddressEntry,
  rangeContains,
  rangeSize,
} from "./range.ts";

const anyRange = fc.constantFrom<Family>("IPv4", "IPv6").chain((family) => {
  const value = fc.bigInt({ min: 0n, max: (1n << BigInt(bitsOf(family))) - 1n });
  return fc
    .tuple(value, value)
    .map(([a, b]): AddressRange => ({ family, first: a < b ? a : b, last: a < b ? b : a }));
});

function read(text: string): string {
  const parsed = parseAddressEntry(text);
  if (!parsed.ok) return parsed.error;
  const { range, note } = parsed.value;
  return note === undefined ? formatRange(range) : `${formatRange(range)} (${note})`;
}

describe("an entry of an address list", () => {
  const good: readonly [string, string, string][] = [
    ["one address", "198.51.100.205", "198.51.100.205"],
    ["one IPv6 address", "2001:db8:10::9", "2001:db8:10::9"],
    ["a range", "198.51.100.210-198.51.100.212", "198.51.100.210-198.51.100.212"],
    ["a range of one", "198.51.100.210-198.51.100.210", "198.51.100.210"],
    ["a range across CIDR borders", "198.51.100.70-198.51.100.99", "198.51.100.70-198.51.100.99"],
    ["blanks around the dash", "198.51.100.200 - 198.51.100.205", "198.51.100.200-198.51.100.205"],
    ["blanks at the end", "198.51.100.206-198.51.100.207  ", "198.51.100.206-198.51.100.207"],
    ["blanks at the start of a CIDR", " 198.51.100.208/30", "198.51.100.208-198.51.100.211"],
    ["tabs", "\t198.51.100.208/30\t", "198.51.100.208-198.51.100.211"],
    ["a /32", "198.51.100.7/32", "198.51.100.7"],
    ["a /31", "198.51.100.6/31", "198.51.100.6-198.51.100.7"],
    ["all of IPv4", "0.0.0.0/0", "0.0.0.0-255.255.255.255"],
    [
      "host bits",
      "198.51.100.10/24",
      '198.51.100.0-198.51.100.255 ("198.51.100.10/24" has host bits set and is read as 198.51.100.0/24)',
    ],
    [
      "IPv6 in capitals and in full, with host bits",
      "2001:DB8:0010:0:0:0:0:208/124",
      '2001:db8:10::200-2001:db8:10::20f ("2001:DB8:0010:0:0:0:0:208/124" has host bits set and is read as 2001:db8:10::200/124)',
    ],
    ["an IPv6 range", "2001:db8:10::7f-2001:db8:10::82", "2001:db8:10::7f-2001:db8:10::82"],
    ["a /64", "2001:db8:20::/64", "2001:db8:20::-2001:db8:20:0:ffff:ffff:ffff:ffff"],
  ];
  for (const [what, text, expected] of good) {
    it(`${what}: ${JSON.stringify(text)}`, () => expect(read(text)).to.equal(expected));
  }

  const bad: readonly [string, string, string | RegExp][] = [
    ["nothing", "", /^is empty; write a CIDR such as "192.0.2.0\/28"/],
    ["blanks only", " \t", /^is empty/],
    [
      "an octet computed past its end",
      "198.51.100.250-198.51.100.259",
      '"198.51.100.250-198.51.100.259" is not a range: its end "198.51.100.259" is not an IPv4 address: 259 is above 255',
    ],
    [
      "a dash of a web page",
      "198.51.100.212–198.51.100.213",
      '"198.51.100.212–198.51.100.213" contains the character U+2013; write a plain "-" between the two addresses of a range and remove invisible characters',
    ],
    ["an invisible blank", "198.51.100.212\u200b", /contains the character U\+200B; /],
    [
      "a range backward",
      "198.51.100.20-198.51.100.10",
      '"198.51.100.20-198.51.100.10" runs backward; write "198.51.100.10-198.51.100.20"',
    ],
    [
      "an IPv6 range backward",
      "2001:db8:1::-2001:db8::ffff",
      '"2001:db8:1::-2001:db8::ffff" runs backward; write "2001:db8::ffff-2001:db8:1::"',
    ],
    [
      "two families",
      "1.1.1.1-fc00::1",
      '"1.1.1.1-fc00::1" mixes IPv4 and IPv6; give each family a range of its own',
    ],
    ["an open range", "198.51.100.10-", /is not a range: its end is empty; write an IPv4 or IPv6 address$/],
    ["three ends", "198.51.100.1-198.51.100.2-198.51.100.3", /has 2 dashes; write a range as "first-last"$/],
    ["a mapped address", "::ffff:198.51.100.200", /IPv4-mapped IPv6 address; write 198.51.100.200$/],
    ["a leading zero", "198.51.100.010", /"010" has a leading zero; write 10$/],
    ["a zone", "2001:db8:10::203%eth0", /has a zone; remove the part from "%" on$/],
    [
      "a range of prefixes",
      "198.51.100.0/24-198.51.101.0/24",
      /its start "198.51.100.0\/24" is a prefix, not an address/,
    ],
    ["a name", "lan", /^"lan" is not an IP address/],
  ];
  for (const [what, text, fault] of bad) {
    it(`refuses ${what}: ${JSON.stringify(text)}`, () => {
      if (typeof fault === "string") expect(read(text)).to.equal(fault);
      else expect(read(text)).to.match(fault);
    });
  }

  it("read from its canonical text is itself", () => {
    fc.assert(
      fc.property(anyRange, (range) => {
        for (const end of [range.first, range.last]) {
          if (range.family === "IPv6" && end >> 32n === 0xffffn) return;
        }
        expect(parseAddressEntry(formatRange(range))).to.deep.equal({ ok: true, value: { range } });
      }),
    );
  });

  it("is never read from noise by throwing", () => {
    const noise = fc.oneof(fc.string(), fc.string({ unit: fc.constantFrom(..."0123456789abf:./-% \t") }));
    fc.assert(
      fc.property(noise, (text) => {
        parseAddressEntry(text);
      }),
      { numRuns: 1000 },
    );
  });
});

describe("a range", () => {
  it("counts both its ends", () => {
    expect(rangeSize({ family: "IPv4", first: 5n, last: 5n })).to.equal(1n);
    expect(rangeSize({ family: "IPv6", first: 0n, last: (1n << 128n) - 1n })).to.equal(1n << 128n);
  });

  it("contains its ends, and nothing of the other family", () => {
    const range: AddressRange = { family: "IPv4", first: 10n, last: 20n };
    const contained = [9n, 10n, 20n, 21n].map((value) => rangeContains(range, addressOf("IPv4", value)));
    expect(contained).to.deep.equal([false, true, true, false]);
    expect(rangeContains(range, addressOf("IPv6", 15n))).to.equal(false);
  });

  it("shares with another exactly what both contain", () => {
    fc.assert(
      fc.property(anyRange, anyRange, (a, b) => {
        const shared = intersectRanges(a, b);
        expect(intersectRanges(b, a)).to.deep.equal(shared);
        for (const value of [a.first, a.last, b.first, b.last]) {
          if (value >= 1n << BigInt(bitsOf(a.family))) continue;
          const address = addressOf(a.family, value);
          const inBoth = rangeContains(a, address) && rangeContains(b, address);
          expect(shared !== undefined && rangeContains(shared, address)).to.equal(inBoth);
        }
      }),
    );
  });

  it("is ordered by family, first and last address", () => {
    const texts = ["10.0.0.1", "10.0.0.1-10.0.0.9", "10.0.0.2", "::1", "::1-::2"];
    const ranges = texts
      .map((text) => parseAddressEntry(text))
      .flatMap((one) => (one.ok ? [one.value.range] : []));
    expect([...ranges].reverse().sort(compareRanges).map(formatRange)).to.deep.equal(texts);
  });
});
