import { spawnSync } from "node:child_process";
import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { dirname, join, resolve } from "node:path";
import { buildAddon } from "./build.ts";

/**
 * Runs the tests that use real sockets on an addon built with AddressSanitizer and UndefinedBehaviorSanitizer, with more
 * random calls than usual. Fails on any report, of whichever process or thread.
 */

const FOLDER = resolve(import.meta.dirname, "..");
const TESTS = ["addon", "bpf", "packet-socket", "interface-watch.namespace"].map(
  (name) => `src/${name}.test.ts`,
);
const FUZZ_CALLS = 30_000;

main();

function main(): void {
  const { path } = buildAddon({ asan: true });
  const reports = mkdtempSync(join(tmpdir(), "fairlead-asan-"));
  try {
    const status = runTests(path, reports);
    const found = readdirSync(reports).map((name) => readFileSync(join(reports, name), "utf8"));
    for (const report of found) console.error(report);
    if (found.length > 0) console.error(`The sanitizers made ${found.length} reports; see above.`);
    process.exitCode = status === 0 && found.length === 0 ? 0 : 1;
  } finally {
    rmSync(reports, { recursive: true });
  }
}

function runTests(addon: string, reports: string): number {
  const mocha = join(dirname(createRequire(import.meta.url).resolve("mocha/package.json")), "bin/mocha.js");
  const options = `log_path=${join(reports, "report")}:halt_on_error=1:print_stacktrace=1`;
  const run = spawnSync(process.execPath, [mocha, "--extension", "ts", "--reporter", "dot", ...TESTS], {
    cwd: FOLDER,
    stdio: "inherit",
    env: {
      ...process.env,
      FAIRLEAD_LINUX_ADDON: addon,
      FAIRLEAD_FUZZ_CALLS: String(FUZZ_CALLS),
      // Node.js itself is not instrumented, so that the runtime must come first and cannot tell its leaks from ours.
      LD_PRELOAD: runtimeOfSanitizer(),
      ASAN_OPTIONS: `${options}:detect_leaks=0`,
      UBSAN_OPTIONS: options,
    },
  });
  return run.status ?? 1;
}

function runtimeOfSanitizer(): string {
  const run = spawnSync("cc", ["-print-file-name=libasan.so"], { encoding: "utf8" });
  const path = run.stdout.trim();
  if (path.startsWith("/")) return path;
  console.error("The runtime of AddressSanitizer is missing; install it (on Debian: apt-get install gcc).");
  return process.exit(1);
}
