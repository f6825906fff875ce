import { parentPort } from "node:worker_threads";
import { run } from "./run.ts";
import type { Batch } from "./run-threads.ts";
import { SETS } from "./sets.ts";

/** A thread that runs what it is told to, one batch after the other. */
parentPort?.on("message", ({ name, seeds }: Batch) => {
  const set = SETS.find((one) => one.name === name);
  if (set === undefined) throw new Error(`there is no scenario ${JSON.stringify(name)}`);
  parentPort?.postMessage(seeds.map((seed) => run(set.of(seed), seed)));
});
