import { tableText } from "../bench/table.ts";
import { chaosOf } from "./chaos.ts";
import { figuresRow, HEADS, randomText } from "./figures.ts";
import { type Outcome, run } from "./run.ts";
import { type Batch, failureText, runBatches } from "./run-threads.ts";
import type { FaultScenario, Scenario } from "./scenario.ts";
import { CHAOS, SETS } from "./sets.ts";
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

/** So many runs are given to a thread at once. */
const BATCH = 25;
/** From so many seeds on each of the large ones is run once. */
const SEEDS_WITH_LARGE = 10_000;

const sets = SETS.filter(({ name }) => name.includes(filter));
const [chosen] = sets;
if (chosen === undefined) throw new Error(`no scenario's name has ${JSON.stringify(filter)} in it`);

if (first === "story") tell(chosen.name, chosen.of(seed));
else if (first === "shrink") makeSmaller(chosen.of(seed));
else await measure(Number(first));

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

async function measure(seeds: number): Promise<void> {
  const shares = sets.reduce((sum, { share }) => sum + share, 0);
  const chosenSets = sets.filter(({ share }) => share > 0 || seeds >= SEEDS_WITH_LARGE || filter !== "");
  // What takes longest first, so that no thread is left with it at the end.
  const batches = chosenSets.toReversed().flatMap(({ name, share }) => {
    const count = Math.max(1, Math.round((seeds * share) / Math.max(1, shares)));
    return batchesOf(name, count);
  });
  const outcomes = await runBatches(batches);
  const outcomesOf = (name: string): readonly Outcome[] =>
    batches.flatMap((batch, i) => (batch.name === name ? (outcomes[i] ?? []) : []));
  const failures: string[] = [];
  const shrunk: string[] = [];
  for (const { name, of } of chosenSets)
    for (const { seed: failed, problems } of outcomesOf(name)) {
      if (problems.length === 0) continue;
      failures.push(failureText(name, failed, problems));
      const scenario = of(failed);
      if ("faults" in scenario && shrunk.length < SHRUNK_AT_ONCE)
        shrunk.push(shrunkText(scenario, failed, problems));
    }
  const rows = [HEADS, ...chosenSets.map(({ name }) => figuresRow(name, outcomesOf(name)))];
  console.log(tableText("in ms: p50 / p99 / max (in brackets the design's own simulation)", rows));
  const random = outcomesOf(CHAOS);
  if (random.length > 0) console.log(randomText(random, (one) => chaosOf(one).faults.length));
  console.log([`${failures.length} runs with a problem`, ...failures, ...shrunk].join("\n"));
  process.exitCode = failures.length > 0 ? 1 : 0;
}

function batchesOf(name: string, count: number): readonly Batch[] {
  const batches: Batch[] = [];
  for (let from = 0; from < count; from += BATCH) {
    const size = Math.min(BATCH, count - from);
    batches.push({ name, seeds: Array.from({ length: size }, (_, i) => seed + from + i) });
  }
  return batches;
}
