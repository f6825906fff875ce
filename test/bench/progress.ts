import type { Lab } from "../lab/lab.ts";

const EVERY_MS = 5_000;
const DEADLINE_MS = 600_000;

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
      { deadlineMs: DEADLINE_MS, everyMs: 20 },
    );
  } finally {
    clearInterval(timer);
  }
}
