import { tableText } from "../bench/table.ts";
import { CHAOS, chaosOf } from "./chaos.ts";
import { figuresRow, HEADS } from "./figures.ts";
import { run } from "./run.ts";
import type { Scenario } from "./scenario.ts";
import { SCENARIOS } from "./scenarios/all.ts";

/**
 * The simulator on the command line:
 *
 *     node test/simulation/main.ts [seeds] [part of a name]      so many runs, spread over the scenarios
 *     SEED=7 node test/simulation/main.ts story "part of a name"      what happens in one run
 */
const [first = "1000", filter = ""] = process.argv.slice(2);
const seed = Number(process.env.SEED ?? 1);

/** Random runs get a third of all seeds. */
const CHAOS_SHARE = SCENARIOS.length / 2;

const sets = [
  ...SCENARIOS.map((scenario) => ({ scenario, of: (): Scenario => scenario, share: scenario.share ?? 1 })),
  { scenario: CHAOS, of: chaosOf, share: CHAOS_SHARE },
].filter(({ scenario }) => scenario.name.includes(filter));
const [chosen] = sets;
if (chosen === undefined) throw new Error(`no scenario's name has ${JSON.stringify(filter)} in it`);

if (first === "story") {
  const { story, figures, problems } = run(chosen.of(seed), seed, true);
  const heading = `${chosen.scenario.name}, seed ${seed}`;
  console.log([heading, ...story, JSON.stringify(figures), ...problems].join("\n"));
  process.exitCode = problems.length > 0 ? 1 : 0;
} else {
  const shares = sets.reduce((sum, { share }) => sum + share, 0);
  const rows = [HEADS];
  const failures: string[] = [];
  for (const { scenario, of, share } of sets) {
    const count = Math.max(1, Math.round((Number(first) * share) / shares));
    const outcomes = Array.from({ length: count }, (_, i) => run(of(seed + i), seed + i));
    rows.push(figuresRow(scenario, outcomes));
    for (const outcome of outcomes)
      if (outcome.problems.length > 0)
        failures.push(`SEED=${outcome.seed} story "${scenario.name}": ${outcome.problems.join("; ")}`);
  }
  console.log(tableText("in ms: p50 / p99 / max (in brackets the design's own simulation)", rows));
  console.log([`${failures.length} runs with a problem`, ...failures].join("\n"));
  process.exitCode = failures.length > 0 ? 1 : 0;
}
