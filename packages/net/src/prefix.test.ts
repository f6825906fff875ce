import { expect } from "chai";
import fc from "fast-check";
import { addressOf, bitsOf, type Family } from "./address.ts";
import { formatPrefix, parseInterfaceAddress, prefixContains, prefixOf, prefixRange } from "./prefix.ts";
import { rangeContains } from "./range.ts";

const anyPrefix = fc
  .constantFrom<Family>("IPv4", "IPv6")
  .chain((family) =>
    fc
      .tuple(
        fc.bigInt({ min: 0n, max: (1n << BigInt(bitsOf(family))) - 1n }),
        fc.integer({ min: 0, max: bitsOf(family) }),
      )
      .map(([value, length]) => ({ address: addressOf(family, value), length })),
  );

function read(text: string): string {
  const parsed = parseInterfaceAddress(text);
  return parsed.ok ? `${parsed.value.address.text} in ${formatPrefix(parsed.value.prefix)}` : parsed.error;
}

describe("a prefix", () => {
  const good: readonly [string, string][] = [
    ["198.51.100.7/24", "198.51.100.7 in 198.51.100.0/24"],
    ["198.51.100.7/32", "198.51.100.7 in 198.51.100.7/32"],
    ["198.51.100.7/0", "198.51.100.7 in 0.0.0.0/0"],
    ["2001:DB8:10::7/64", "2001:db8:10::7 in 2001:db8:10::/64"],
    ["2001:db8::7/0", "2001:db8::7 in ::/0"],
    [" 198.51.100.0 / 24\t", "198.51.100.0 in 198.51.100.0/24"],
  ];
  for (const [text, expected] of good) {
    it(`${JSON.stringify(text)} is ${expected}`, () => expect(read(text)).to.equal(expected));
  }

  const bad: readonly [string, string][] = [
    ["198.51.100.7", '"198.51.100.7" has no prefix length; write for example "198.51.100.7/24"'],
    ["198.51.100.7/33", '"198.51.100.7/33" is not a prefix: the length "33" is not a number from 0 to 32'],
    ["198.51.100.7/024", '"198.51.100.7/024" is not a prefix: the length "024" is not a number from 0 to 32'],
    ["198.51.100.7/", '"198.51.100.7/" is not a prefix: the length "" is not a number from 0 to 32'],
    [
      "198.51.100.7/24/8",
      '"198.51.100.7/24/8" is not a prefix: the length "24/8" is not a number from 0 to 32',
    ],
    ["2001:db8::/129", '"2001:db8::/129" is not a prefix: the length "129" is not a number from 0 to 128'],
    ["198.51.100.010/24", '"198.51.100.010" is not an IPv4 address: "010" has a leading zero; write 10'],
  ];
  for (const [text, fault] of bad) {
    it(`refuses ${text}`, () => expect(read(text)).to.equal(fault));
  }

  it("contains the addresses of its range and no others", () => {
    fc.assert(
      fc.property(anyPrefix, anyPrefix, ({ address, length }, other) => {
        const prefix = prefixOf(address, length);
        const range = prefixRange(prefix);
        expect(prefixContains(prefix, address)).to.equal(true);
        expect(rangeContains(range, address)).to.equal(true);
        expect(prefixContains(prefix, other.address)).to.equal(rangeContains(range, other.address));
      }),
    );
  });

  it("read from its canonical text is itself", () => {
    fc.assert(
      fc.property(anyPrefix, ({ address, length }) => {
        const prefix = prefixOf(address, length);
        if (address.family === "IPv6" && prefix.network.value >> 32n === 0xffffn) return;
        const parsed = parseInterfaceAddress(formatPrefix(prefix));
        expect(parsed).to.deep.equal({ ok: true, value: { address: prefix.network, prefix } });
      }),
    );
  });
});
