import { expect } from "chai";
import { Introductions, LOOKED_AT_ONE_IN, MOST_FORGED } from "./introductions.ts";

describe("introductions", () => {
  it("of peers are all looked at, however many come at once", () => {
    const introductions = new Introductions();
    for (let i = 0; i < 10 * MOST_FORGED; i++) expect(introductions.mayLook(0)).to.equal(true);
  });

  it("are looked at in part once so many were forged, until a second has passed", () => {
    const introductions = new Introductions();
    const looked = flood(introductions, 100, 8000);
    expect(looked).to.equal(MOST_FORGED + (8000 - MOST_FORGED - 4) / LOOKED_AT_ONE_IN);
    expect(flood(introductions, 1099, 800)).to.equal(100);
    expect(flood(introductions, 1100, MOST_FORGED)).to.equal(MOST_FORGED);
  });

  it("of a peer that goes on sending are looked at amid a flood", () => {
    const introductions = new Introductions();
    const tries = Array.from({ length: 50 }, (_, i) => {
      flood(introductions, i * 100, 997);
      return introductions.mayLook(i * 100);
    });
    expect(tries.filter(Boolean).length).to.be.within(4, 20);
  });
});

/** So many forged ones at once. @returns how many were looked at */
function flood(introductions: Introductions, nowMs: number, count: number): number {
  let looked = 0;
  for (let i = 0; i < count; i++) {
    if (!introductions.mayLook(nowMs)) continue;
    introductions.forged();
    looked++;
  }
  return looked;
}
