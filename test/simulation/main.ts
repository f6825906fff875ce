import { tableText } from "../bench/table.ts";
import { CHAOS } from "./chaos.ts";
import { figuresRow, HEADS } from "./figures.ts";
import { run } from "./run.ts";
import { SCENARIOS } from "./scenarios/all.ts";

/**
 * The simulator on the command line:
 *
 *     node test/simulation/main.ts [seeds] [part of a name]      each scenario from that many seeds, 100 by default
 *     SEED=7 node test/simulation/main.ts story "part of a name"      what happens in one run
 */
const [first = "100", filter = ""] = process.argv.slice(2);
const scenarios = [...SCENARIOS, CHAOS].filter(({ name }) => name.includes(filter));
const seed = Number(process.env.SEED ?? 1);

if (first === "story") {
  const [scenario] = scenarios;
  if (scenario === undefined) throw new Error(`no scenario's name has ${JSON.stringify(filter)} in it`);
  const { story, figures, problems } = run(scenario, seed, true);
  console.log([`${scenario.name}, seed ${seed}`, ...story, JSON.stringify(figures), ...problems].join("\n"));
  process.exitCode = problems.length > 0 ? 1 : 0;
} else {
  const rows = [HEADS];
  const failures: string[] = [];
  for (const scenario of scenarios) {
    const outcomes = Array.from({ length: Number(first) }, (_, i) => run(scenario, seed + i));
    rows.push(figuresRow(scenario, outcomes));
    for (const outcome of outcomes)
      if (outcome.problems.length > 0)
        failures.push(`SEED=${outcome.seed} story "${scenario.name}": ${outcome.problems.join("; ")}`);
  }
  console.log(tableText(`${first} seeds each, in ms: p50 / p99 / max (the specification's)`, rows));
  console.log([`${failures.length} runs with a problem`, ...failures].join("\n"));
  process.exitCode = failures.length > 0 ? 1 : 0;
}
