import { basename } from "node:path";

const PLUGIN = "kubectl-";

/** How the program is called, for help and messages: kubectl runs the file `kubectl-fairlead` as `kubectl fairlead`. */
export function programName(script: string | undefined): string {
  const file = basename(script ?? "").replace(/\.[cm]?[jt]s$/, "");
  if (file.startsWith(PLUGIN)) return `kubectl ${file.slice(PLUGIN.length)}`;
  // From the sources it is run as main.ts.
  return file === "" || file === "main" ? "fairlead" : file;
}
