import { FAMILIES, runNoise } from "./run.ts";
import { Violation } from "./trial.ts";

/**
 * Noise for every parser of what comes from outside of a speaker, on the command line:
 *
 *     node test/noise/main.ts [pieces for each parser] [seed] [part of a parser's name]
 *
 * Says what it came to, and ends with 1 at the first thing that must never happen.
 */
const [first = "1000000", second = "1", part = ""] = process.argv.slice(2);
const [trials, seed] = [Number(first), Number(second)];

for (const { name, make } of FAMILIES) {
  if (!name.includes(part)) continue;
  const startMs = performance.now();
  const seconds = (): number => (performance.now() - startMs) / 1000;
  try {
    const outcomes = runNoise(make, {
      ...{ seed, trials },
      onProgress: (done) => {
        if (done % 1_000_000 === 0)
          console.error(`  ${thousands(done)} of ${thousands(trials)}, ${seconds().toFixed(0)} s`);
      },
    });
    console.log(`${name}: ${thousands(trials)} in ${seconds().toFixed(0)} s, seed ${seed}`);
    const sorted = [...outcomes].sort(([, a], [, b]) => b - a);
    for (const [outcome, count] of sorted) console.log(`  ${thousands(count).padStart(12)}  ${outcome}`);
  } catch (error) {
    if (!(error instanceof Violation)) throw error;
    console.log(`seed ${seed}: ${error.message}`);
    process.exitCode = 1;
    break;
  }
}

function thousands(count: number): string {
  return count.toLocaleString("en-US");
}
