import { spawnSync } from "node:child_process";
import { join } from "node:path";

const SIGNALS = ["SIGINT", "SIGTERM", "SIGHUP"] as const;
const COMMAND = join(import.meta.dirname, "main.ts");

/**
 * Takes the lab down when this process ends, by a signal or by itself. Another process does it while this one stands
 * still, so that nothing half-way through here goes on making what is being removed.
 *
 * @returns what releases the lab from this process.
 */
export function goDownWithProcess(name: string): () => void {
  const takeDown = (): void => {
    release();
    const { status, stderr } = spawnSync(process.execPath, [COMMAND, "down", "--name", name]);
    if (status !== 0) process.stderr.write(stderr);
  };
  const onSignal = (signal: NodeJS.Signals): void => {
    takeDown();
    process.kill(process.pid, signal);
  };
  const release = (): void => {
    process.off("exit", takeDown);
    for (const signal of SIGNALS) process.off(signal, onSignal);
  };
  process.on("exit", takeDown);
  for (const signal of SIGNALS) process.on(signal, onSignal);
  return release;
}
