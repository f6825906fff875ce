import { expect } from "chai";
import { chaosOf } from "./chaos.ts";
import { run } from "./run.ts";
import type { Scenario } from "./scenario.ts";
import { SCENARIOS } from "./scenarios/all.ts";

/** Seeds of a scenario whose share is 1: with the random runs 1,000 in all. `make simulate` runs twenty times as many. */
const SEEDS = 9;
const CHAOS_SEEDS = 150;

describe("the simulated cluster", () => {
  for (const scenario of SCENARIOS) {
    const seeds = Math.max(1, Math.round(SEEDS * (scenario.share ?? 1)));
    it(`${scenario.name}, ${seeds} seeds`, () => check(seeds, () => scenario)).timeout(120_000);
  }

  it(`random faults on top of each other, ${CHAOS_SEEDS} seeds`, () => check(CHAOS_SEEDS, chaosOf)).timeout(
    300_000,
  );

  it("is the same from the same seed", () => {
    const [first, second] = [run(chaosOf(3), 3, true), run(chaosOf(3), 3, true)];
    expect(first.story).to.deep.equal(second.story);
    expect(first.figures).to.deep.equal(second.figures);
  }).timeout(20_000);
});

function check(seeds: number, scenarioOf: (seed: number) => Scenario): void {
  const problems: string[] = [];
  for (let seed = 1; seed <= seeds; seed++) {
    const scenario = scenarioOf(seed);
    for (const problem of run(scenario, seed).problems)
      problems.push(`SEED=${seed} node test/simulation/main.ts story "${scenario.name}": ${problem}`);
  }
  expect(problems).to.deep.equal([]);
}
