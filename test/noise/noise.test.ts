import { expect } from "chai";
import { FAMILIES, runNoise } from "./run.ts";

/** `make noise` runs a thousand times as much. */
const TRIALS = 20_000;
/** Of this noise so many must come to something; all else would be shallow. */
const LEAST_OUTCOMES = 10;

describe("noise", () => {
  for (const { name, make } of FAMILIES)
    it(`for the parser of ${name} never does harm`, () => {
      const outcomes = runNoise(make, { seed: 1, trials: TRIALS });
      expect([...outcomes.values()].reduce((sum, count) => sum + count, 0)).to.equal(TRIALS);
      expect(outcomes.size).to.be.at.least(LEAST_OUTCOMES);
    }).timeout(20_000);
});
