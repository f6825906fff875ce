import { chaosOf } from "./chaos.ts";
import type { Scenario } from "./scenario.ts";
import { SCENARIOS } from "./scenarios/all.ts";
import { LARGE } from "./scenarios/large.ts";

/** Random runs get a third of all seeds. */
const CHAOS_SHARE = SCENARIOS.length / 2;
export const CHAOS = "chaos";

/** A scenario, or random ones, as runs from many seeds are made of it. */
export interface ScenarioSet {
  readonly name: string;
  readonly of: (seed: number) => Scenario;
  /** How many seeds are spent here, relative to the others; 0: one, if there are very many. */
  readonly share: number;
}

export const SETS: readonly ScenarioSet[] = [
  ...SCENARIOS.map((one): ScenarioSet => ({ name: one.name, of: () => one, share: one.share ?? 1 })),
  { name: CHAOS, of: chaosOf, share: CHAOS_SHARE },
  ...LARGE.map((one): ScenarioSet => ({ name: one.name, of: () => one, share: 0 })),
];
