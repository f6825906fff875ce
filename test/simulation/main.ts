import { tableText } from "../bench/table.ts";
import { chaosOf } from "./chaos.ts";
import { figuresRow, HEADS, randomText } from "./figures.ts";
import { type Outcome, run } from "./run.ts";
import type { FaultScenario, Scenario } from "./scenario.ts";
import { SCENARIOS } from "./scenarios/all.ts";
import { LARGE } from "./scenarios/large.ts";
import { failsLike, scenarioText, shrink } from "./shrink.ts";

/**
 * The simulator on the command line:
 *
 *     node test/simulation/main.ts [seeds] [part of a name]        so many runs, spread over the scenarios
 *     SEED=7 node test/simulation/main.ts story "part of a name"   what happens in one run
 *     SEED=7 node test/simulation/main.ts shrink chaos             the smallest scenario that fails in the same way
 */
const [first = "1000", filter = ""] = process.argv.slice(2);
const seed = Number(process.env.SEED ?? 1);
/** Of so many failed random runs the smallest scenario that fails alike is printed at once. */
const SHRUNK_AT_ONCE = 2;

/** Random runs get a third of all seeds. */
const CHAOS_SHARE = SCENARIOS.length / 2;
/** From so many seeds on each of the large ones is run once. */
const SEEDS_WITH_LARGE = 10_000;

interface Set {
  readonly name: string;
  readonly of: (seed: number) => Scenario;
  readonly share: number;
}

const sets = [
  ...SCENARIOS.map((one): Set => ({ name: one.name, of: () => one, share: one.share ?? 1 })),
  { name: "chaos", of: chaosOf, share: CHAOS_SHARE },
  ...LARGE.map((one): Set => ({ name: one.name, of: () => one, share: 0 })),
].filter(({ name }) => name.includes(filter));
const [chosen] = sets;
if (chosen === undefined) throw new Error(`no scenario's name has ${JSON.stringify(filter)} in it`);

if (first === "story") tell(chosen.name, chosen.of(seed));
else if (first === "shrink") makeSmaller(chosen.of(seed));
else measure(Number(first));

function tell(name: string, scenario: Scenario): void {
  const { story, figures, problems } = run(scenario, seed, true);
  const plan = "faults" in scenario ? [scenarioText(scenario)] : [];
  console.log([`${name}, seed ${seed}`, ...plan, ...story, JSON.stringify(figures), ...problems].join("\n"));
  process.exitCode = problems.length > 0 ? 1 : 0;
}

function makeSmaller(scenario: Scenario): void {
  if (!("faults" in scenario))
    throw new Error(`${JSON.stringify(scenario.name)} is not a list of faults that could be made shorter`);
  const { problems } = run(scenario, seed);
  if (problems.length === 0) throw new Error(`seed ${seed} has no problem`);
  console.log(shrunkText(scenario, seed, problems));
}

function shrunkText(scenario: FaultScenario, from: number, problems: readonly string[]): string {
  const { scenario: smallest, runs } = shrink(scenario, failsLike(from, problems));
  const heading = `seed ${from}: ${problems.join("; ")}\nthe smallest that fails alike, with the same seed (${runs} runs):`;
  return [heading, scenarioText(smallest), ...run(smallest, from, true).story].join("\n");
}

function measure(seeds: number): void {
  const shares = sets.reduce((sum, { share }) => sum + share, 0);
  const rows = [HEADS];
  const failures: string[] = [];
  const shrunk: string[] = [];
  const random: Outcome[] = [];
  for (const { name, of, share } of sets) {
    if (share === 0 && seeds < SEEDS_WITH_LARGE && filter === "") continue;
    const count = Math.max(1, Math.round((seeds * share) / Math.max(1, shares)));
    const outcomes = Array.from({ length: count }, (_, i) => run(of(seed + i), seed + i));
    rows.push(figuresRow(name, outcomes));
    if (name === "chaos") random.push(...outcomes);
    for (const { seed: failed, problems } of outcomes) {
      if (problems.length === 0) continue;
      failures.push(`SEED=${failed} story "${name}": ${problems.join("; ")}`);
      const scenario = of(failed);
      if ("faults" in scenario && shrunk.length < SHRUNK_AT_ONCE)
        shrunk.push(shrunkText(scenario, failed, problems));
    }
  }
  console.log(tableText("in ms: p50 / p99 / max (in brackets the design's own simulation)", rows));
  if (random.length > 0) console.log(randomText(random, (one) => chaosOf(one).faults.length));
  console.log([`${failures.length} runs with a problem`, ...failures, ...shrunk].join("\n"));
  process.exitCode = failures.length > 0 ? 1 : 0;
}
