import { createRequire } from "node:module";
import { dirname, join, resolve } from "node:path";
import { runSanitized } from "./sanitized.ts";

/** Runs the tests that use real sockets under the sanitizers, with more random calls than usual. */

const TESTS = ["addon", "bpf", "packet-socket", "interface-watch.namespace"].map(
  (name) => `src/${name}.test.ts`,
);
const FUZZ_CALLS = 30_000;

const mocha = join(dirname(createRequire(import.meta.url).resolve("mocha/package.json")), "bin/mocha.js");
const ended = runSanitized([
  {
    argv: [mocha, "--extension", "ts", "--reporter", "dot", ...TESTS],
    cwd: resolve(import.meta.dirname, ".."),
    env: { FAIRLEAD_FUZZ_CALLS: String(FUZZ_CALLS) },
  },
]);
process.exitCode = ended ? 0 : 1;
