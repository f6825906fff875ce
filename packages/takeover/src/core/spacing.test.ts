import { expect } from "chai";
import { Spacing } from "./spacing.ts";

describe("Spacing", () => {
  it("allows each thing once in a while, and forgets what may happen again", () => {
    let nowMs = 0;
    const spacing = new Spacing<string>({ nowMs: () => nowMs, after: () => ({ cancel: () => {} }) }, 50);
    const at = (ms: number, key: string): boolean => {
      nowMs = ms;
      return spacing.allows(key);
    };
    const asked: readonly (readonly [number, string, boolean])[] = [
      [0, "a", true],
      [10, "b", true],
      [49, "a", false],
      [50, "a", true],
      [59, "b", false],
      [60, "b", true],
      [99, "a", false],
      [100, "a", true],
    ];
    for (const [ms, key, allowed] of asked) expect(at(ms, key), `${key} at ${ms} ms`).to.equal(allowed);
    for (let i = 0; i < 1000; i++) at(200 + i, `address ${i}`);
    expect(spacing.size).to.equal(50);
  });
});
