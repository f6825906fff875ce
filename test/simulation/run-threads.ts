import { once } from "node:events";
import { availableParallelism } from "node:os";
import { Worker } from "node:worker_threads";
import type { Outcome } from "./run.ts";

const THREAD = new URL("./run-thread.ts", import.meta.url);
const PROGRESS_EVERY_MS = 10_000;

/** Runs of one scenario. */
export interface Batch {
  readonly name: string;
  readonly seeds: readonly number[];
}

/** Runs all of them on all cores, in about their order, and says how far it is and what has failed. @returns the outcomes of each, in the order of the batches */
export async function runBatches(batches: readonly Batch[]): Promise<readonly (readonly Outcome[])[]> {
  const total = batches.reduce((sum, { seeds }) => sum + seeds.length, 0);
  const beganMs = performance.now();
  let done = 0;
  const timer = setInterval(() => {
    const seconds = ((performance.now() - beganMs) / 1000).toFixed(0);
    console.error(`  ${done} of ${total} runs, ${seconds} s`);
  }, PROGRESS_EVERY_MS);
  const outcomes: (readonly Outcome[])[] = [];
  const rest = batches.entries();
  const work = async (): Promise<void> => {
    const thread = new Worker(THREAD);
    try {
      for (const [i, batch] of rest) {
        thread.postMessage(batch);
        const [made] = (await once(thread, "message")) as [readonly Outcome[]];
        outcomes[i] = made;
        for (const { seed, problems } of made)
          if (problems.length > 0) console.error(failureText(batch.name, seed, problems));
        done += batch.seeds.length;
      }
    } finally {
      await thread.terminate();
    }
  };
  try {
    await Promise.all(Array.from({ length: availableParallelism() }, work));
  } finally {
    clearInterval(timer);
  }
  return outcomes;
}

/** How to see a run that failed, and what was wrong. */
export function failureText(name: string, seed: number, problems: readonly string[]): string {
  return `SEED=${seed} story "${name}": ${problems.join("; ")}`;
}
