import type { Lab } from "../lab/lab.ts";

const EVERY_MS = 5_000;
/** However few there are, and for each. */
const [DEADLINE_MS, EACH_MS] = [600_000, 200];

/** Waits until `done` reaches `total`, and prints how far it is every few seconds. @param what "Services have an address" */
export async function progress(lab: Lab, what: string, total: number, done: () => number): Promise<void> {
  const timer = setInterval(() => console.log(`  ${done()} of ${total} ${what}`), EVERY_MS);
  try {
    await lab.waitFor(
      `${total} ${what}`,
      (see) => {
        see(`${done()} of them`);
        return done() >= total;
      },
      { deadlineMs: Math.max(DEADLINE_MS, total * EACH_MS), everyMs: 20 },
    );
  } finally {
    clearInterval(timer);
  }
}
