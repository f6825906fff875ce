import { parseAddressEntry } from "@fairlead/net/range.ts";
import { expect } from "chai";
import fc from "fast-check";
import { isBuggy, ordinalOf, usableOrdinals, valueOfOrdinal } from "./usable.ts";

describe("usable addresses", () => {
  it("are numbered without gaps and in order", () => {
    fc.assert(
      fc.property(fc.bigInt(0n, 2n ** 32n - 1n), (value) => {
        fc.pre(!isBuggy(value));
        expect(valueOfOrdinal(ordinalOf(value))).to.equal(value);
        const next = valueOfOrdinal(ordinalOf(value) + 1n);
        expect(next - value).to.equal((value & 0xffn) === 0xfen ? 3n : 1n);
      }),
    );
  });

  const cases: readonly [string, bigint][] = [
    ["192.0.2.0/24", 254n],
    ["192.0.2.0/25", 127n],
    ["192.0.2.0/32", 0n],
    ["192.0.2.254-192.0.3.1", 2n],
    ["192.0.2.255-192.0.3.0", 0n],
    ["10.0.0.0/8", 65536n * 254n],
  ];
  for (const [text, count] of cases) {
    it(`there are ${count} in ${text}`, () => {
      const entry = parseAddressEntry(text);
      if (!entry.ok) throw new Error(entry.error);
      const usable = usableOrdinals(entry.value.range);
      expect(usable === undefined ? 0n : usable.last - usable.first + 1n).to.equal(count);
    });
  }
});
