import { expect } from "chai";
import fc from "fast-check";
import { parseDurationMs } from "./duration.ts";
import { faults } from "./testing/judge.ts";

const pool = (releaseDelay: string) => ({
  kind: "IPAddressPool",
  metadata: { name: "test" },
  spec: { addresses: ["198.51.100.1"], releaseDelay },
});

const UNITS = [
  ["h", 3_600_000],
  ["m", 60_000],
  ["s", 1000],
  ["ms", 1],
] as const;

describe("a duration", () => {
  const taken: readonly [string, number][] = [
    ["0s", 0],
    ["250ms", 250],
    ["90s", 90_000],
    ["10m", 600_000],
    ["1h30m", 5_400_000],
    ["1h1m1s1ms", 3_661_001],
    ["720h", 2_592_000_000],
    ["007s", 7000],
  ];
  for (const [text, ms] of taken) {
    it(`is read from ${text}`, () => {
      expect(parseDurationMs(text)).to.deep.equal({ ok: true, value: ms });
      expect(faults(pool(text))).to.deep.equal([]);
    });
  }

  for (const text of [
    "",
    "10",
    "0",
    "m",
    "-5m",
    "1.5h",
    "10 m",
    " 10m",
    "10m\n",
    "1d",
    "10M",
    "5min",
    "12345678s",
    "٣m",
  ]) {
    it(`is refused as ${JSON.stringify(text)}, by the API server in the same words as by the program`, () => {
      const fault =
        'is not a duration; write numbers with the units h, m, s or ms, such as "90s", "10m" or "1h30m", and "0s" for none';
      expect(faults(pool(text))).to.deep.equal([`spec.releaseDelay: "${text}" ${fault}`]);
      expect(parseDurationMs(text)).to.deep.equal({ ok: false, error: `${JSON.stringify(text)} ${fault}` });
    });
  }

  it("is bounded in length where people write it", () => {
    expect(faults(pool("1h".repeat(17)))).to.deep.equal([
      "spec.releaseDelay: must NOT have more than 32 characters",
    ]);
  });

  it("is the sum of its parts, in whatever order", () => {
    const part = fc.tuple(fc.integer({ min: 0, max: 9_999_999 }), fc.constantFrom(...UNITS));
    fc.assert(
      fc.property(fc.array(part, { minLength: 1, maxLength: 4 }), (parts) => {
        const text = parts.map(([number, [unit]]) => `${number}${unit}`).join("");
        const sum = parts.reduce((total, [number, [, ms]]) => total + number * ms, 0);
        expect(parseDurationMs(text)).to.deep.equal({ ok: true, value: sum });
      }),
    );
  });

  it("is read from the same texts by program and API server", () => {
    fc.assert(
      fc.property(fc.string({ unit: fc.constantFrom(..."059hms .-"), maxLength: 12 }), (text) => {
        expect(faults(pool(text)).length === 0).to.equal(parseDurationMs(text).ok);
      }),
      { numRuns: 300 },
    );
  });
});
