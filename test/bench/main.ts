import type { Lab } from "../lab/lab.ts";
import { benchLab } from "./bench-lab.ts";
import { BENCHMARKS, type Benchmark } from "./benchmarks.ts";

/** Runs the benchmarks named as arguments, or all, one after the other; those that need a lab share one made for them. */

const chosen = choose(process.argv.slice(2));
let lab: Lab | undefined;
try {
  for (const benchmark of chosen) {
    console.log(`\n== ${benchmark.name}: ${benchmark.about}`);
    if (benchmark.needs === "nothing") await benchmark.run();
    else {
      lab ??= await benchLab();
      await benchmark.run(lab);
    }
  }
} finally {
  await lab?.down();
}

function choose(names: readonly string[]): readonly Benchmark[] {
  const unknown = names.filter((name) => BENCHMARKS.every((one) => one.name !== name));
  if (unknown.length > 0) {
    const known = BENCHMARKS.map(({ name, about }) => `  ${name.padEnd(10)}${about}`).join("\n");
    console.error(`no benchmark ${unknown.join(", ")}; there are:\n${known}`);
    process.exit(2);
  }
  return names.length === 0 ? BENCHMARKS : BENCHMARKS.filter(({ name }) => names.includes(name));
}
