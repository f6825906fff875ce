import { join, resolve } from "node:path";
import { type CommandResult, run } from "../../lab/command.ts";
import type { Lab } from "../../lab/lab.ts";

const MAIN = join(resolve(import.meta.dirname, "../../.."), "packages/cli/src/main.ts");

/** Runs `fairlead` with these arguments against the lab's cluster. */
export function fairlead(lab: Lab, ...argv: readonly string[]): Promise<CommandResult> {
  return run([process.execPath, MAIN, ...argv, "--kubeconfig", lab.kubeconfig], { accept: [0, 1, 2] });
}
