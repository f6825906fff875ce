import { expect } from "chai";
import fc from "fast-check";
import {
  addressFromBytes,
  addressOf,
  addressToBytes,
  bitsOf,
  compareAddresses,
  type Family,
  oddCharacter,
  parseAddress,
  sameAddress,
} from "./address.ts";

const anyAddress = fc
  .constantFrom<Family>("IPv4", "IPv6")
  .chain((family) =>
    fc.bigInt({ min: 0n, max: (1n << BigInt(bitsOf(family))) - 1n }).map((value) => addressOf(family, value)),
  )
  .filter((address) => address.family === "IPv4" || address.value >> 32n !== 0xffffn);

function text(written: string): string {
  const parsed = parseAddress(written);
  return parsed.ok ? parsed.value.text : parsed.error;
}

describe("an address", () => {
  const canonical: readonly [string, string, string][] = [
    ["RFC 5952 4.1: leading zeros go", "2001:0db8::0001", "2001:db8::1"],
    ["RFC 5952 4.2.1: as short as possible", "2001:db8:0:0:0:0:2:1", "2001:db8::2:1"],
    ["RFC 5952 4.2.2: one zero group stays", "2001:db8::1:1:1:1:1", "2001:db8:0:1:1:1:1:1"],
    ["RFC 5952 4.2.3: the longest run", "2001:0:0:1:0:0:0:1", "2001:0:0:1::1"],
    ["RFC 5952 4.2.3: the first of two equal runs", "2001:db8:0:0:1:0:0:1", "2001:db8::1:0:0:1"],
    ["RFC 5952 4.3: lower case", "2001:DB8::ABCD", "2001:db8::abcd"],
    ["nothing but zeros", "0:0:0:0:0:0:0:0", "::"],
    ["a run at the end", "1:0:0:0:0:0:0:0", "1::"],
    ["a run at the start", "0:0:0:0:0:0:0:1", "::1"],
    ["no run at all", "1:2:3:4:5:6:7:8", "1:2:3:4:5:6:7:8"],
    ["a dotted tail", "64:ff9b::192.0.2.33", "64:ff9b::c000:221"],
    ["blanks and tabs around it", " \t198.51.100.7 ", "198.51.100.7"],
    ["the ends of IPv4", "255.255.255.255", "255.255.255.255"],
  ];
  for (const [what, written, expected] of canonical) {
    it(`${what}: ${JSON.stringify(written)} is ${expected}`, () => expect(text(written)).to.equal(expected));
  }

  const refused: readonly [string, string][] = [
    ["", "is empty; write an IPv4 or IPv6 address"],
    ["198.51.100.010", '"198.51.100.010" is not an IPv4 address: "010" has a leading zero; write 10'],
    ["198.51.100.00", '"198.51.100.00" is not an IPv4 address: "00" has a leading zero; write 0'],
    ["198.51.100.256", '"198.51.100.256" is not an IPv4 address: 256 is above 255'],
    ["198.51.100", '"198.51.100" is not an IPv4 address: it has 3 numbers instead of 4'],
    ["198.51.100.", '"198.51.100." is not an IP address: "" is not a number from 0 to 255'],
    ["0x7f.0.0.1", '"0x7f.0.0.1" is not an IP address: "0x7f" is not a number from 0 to 255'],
    ["198.51.100.7/24", '"198.51.100.7/24" is a prefix, not an address; remove the part from "/" on'],
    ["fe80::1%eth0", '"fe80::1%eth0" has a zone; remove the part from "%" on'],
    ["::ffff:198.51.100.7", '"::ffff:198.51.100.7" is an IPv4-mapped IPv6 address; write 198.51.100.7'],
    ["::FFFF:c633:6407", '"::FFFF:c633:6407" is an IPv4-mapped IPv6 address; write 198.51.100.7'],
    ["198.51.100.7\u200b", '"198.51.100.7\u200b" contains the character U+200B; remove it'],
    ["198.51.100.7\n", '"198.51.100.7\\n" contains the character U+000A; remove it'],
  ];
  for (const [written, fault] of refused) {
    it(`refuses ${JSON.stringify(written)}`, () => expect(text(written)).to.equal(fault));
  }

  for (const written of [
    "1::2::3",
    "12345::",
    "1:2:3:4:5:6:7",
    "1:2:3:4:5:6:7:8:9",
    ":::",
    "::1:",
    "::g",
    "[::1]",
  ]) {
    it(`refuses ${written}`, () => expect(text(written)).to.match(/^"[^"]+" is not an IPv6 address; write /));
  }

  it("read from its canonical text is itself", () => {
    fc.assert(
      fc.property(anyAddress, (address) => {
        expect(parseAddress(address.text)).to.deep.equal({ ok: true, value: address });
      }),
    );
  });

  it("read from its bytes is itself", () => {
    fc.assert(
      fc.property(anyAddress, (address) => {
        expect(addressFromBytes(addressToBytes(address))).to.deep.equal(address);
      }),
    );
  });

  it("is never read from noise by throwing", () => {
    const noise = fc.oneof(fc.string(), fc.string({ unit: fc.constantFrom(..."0123456789abcdef:./%- \t-") }));
    fc.assert(
      fc.property(noise, (written) => {
        parseAddress(written);
      }),
      { numRuns: 1000 },
    );
  });

  it("is ordered by family, then by value", () => {
    const ordered = ["0.0.0.0", "9.0.0.0", "10.0.0.0", "::", "::9", "::10", "ffff::"].map(text);
    const shuffled = [...ordered].reverse().map((one) => parseAddress(one));
    const sorted = shuffled.flatMap((one) => (one.ok ? [one.value] : [])).sort(compareAddresses);
    expect(sorted.map((one) => one.text)).to.deep.equal(ordered);
  });

  it("of the same number in the other family is another", () => {
    expect(sameAddress(addressOf("IPv4", 1n), addressOf("IPv6", 1n))).to.equal(false);
    expect(sameAddress(addressOf("IPv4", 1n), addressOf("IPv4", 1n))).to.equal(true);
  });

  it("outside its family, or of another length, is a broken invariant", () => {
    expect(() => addressOf("IPv4", 1n << 32n)).to.throw(RangeError);
    expect(() => addressOf("IPv6", -1n)).to.throw(RangeError);
    expect(() => addressFromBytes(new Uint8Array(5))).to.throw(RangeError, "5 bytes are no IP address");
  });
});

describe("an odd character", () => {
  it("is named by its code point", () => {
    expect(oddCharacter("1\u20132")).to.equal("the character U+2013");
    expect(oddCharacter("1\u{1f600}2")).to.equal("the character U+1F600");
    expect(oddCharacter("198.51.100.1 -\t198.51.100.2")).to.equal(undefined);
  });
});
