import { join, resolve } from "node:path";
import { bundleCommand } from "./bundle.ts";

/** Builds the command line tool, one executable file: `build/fairlead`. */

const root = resolve(import.meta.dirname, "..");
await bundleCommand(root, join(root, "build", "fairlead"));
console.log(
  "cli: build/fairlead; copy it to a folder of PATH, for kubectl as a plugin under the name kubectl-fairlead",
);
