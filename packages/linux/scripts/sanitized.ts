import { spawnSync } from "node:child_process";
import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { buildAddon } from "./build.ts";

/** A program in this process's Node.js. */
export interface SanitizedProgram {
  /** Its file, and what it is told. */
  readonly argv: readonly string[];
  readonly cwd: string;
  readonly env?: Readonly<Record<string, string>>;
  /** What starts Node.js, if not this process itself: `ip netns exec NAME`. */
  readonly launcher?: readonly string[];
}

/**
 * Runs programs on an addon built with AddressSanitizer and UndefinedBehaviorSanitizer, and shows every report, of whichever process or
 * thread.
 *
 * @returns whether all ended well and there was no report
 */
export function runSanitized(programs: readonly SanitizedProgram[]): boolean {
  const { path } = buildAddon({ asan: true });
  const reports = mkdtempSync(join(tmpdir(), "fairlead-asan-"));
  try {
    const statuses = programs.map((program) => run(program, path, reports));
    const found = readdirSync(reports).map((name) => readFileSync(join(reports, name), "utf8"));
    for (const report of found) console.error(report);
    if (found.length > 0) console.error(`The sanitizers made ${found.length} reports; see above.`);
    return found.length === 0 && statuses.every((status) => status === 0);
  } finally {
    rmSync(reports, { recursive: true });
  }
}

function run({ argv, cwd, env, launcher = [] }: SanitizedProgram, addon: string, reports: string): number {
  const options = `log_path=${join(reports, "report")}:halt_on_error=1:print_stacktrace=1`;
  const sanitized = {
    FAIRLEAD_LINUX_ADDON: addon,
    // Node.js itself is not instrumented, so that the runtime must come first and cannot tell its leaks from ours.
    LD_PRELOAD: runtimeOfSanitizer(),
    ASAN_OPTIONS: `${options}:detect_leaks=0`,
    UBSAN_OPTIONS: options,
  };
  const [program = process.execPath, ...args] = [...launcher, process.execPath, ...argv];
  const ended = spawnSync(program, args, {
    cwd,
    stdio: "inherit",
    env: { ...process.env, ...env, ...sanitized },
  });
  return ended.status ?? 1;
}

function runtimeOfSanitizer(): string {
  const run = spawnSync("cc", ["-print-file-name=libasan.so"], { encoding: "utf8" });
  const path = run.stdout.trim();
  if (path.startsWith("/")) return path;
  console.error("The runtime of AddressSanitizer is missing; install it (on Debian: apt-get install gcc).");
  return process.exit(1);
}
