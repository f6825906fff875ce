import { spawnSync } from "node:child_process";
import { globSync } from "node:fs";
import { resolve } from "node:path";
import { config as chai } from "chai";
import Mocha from "mocha";
import yargs from "yargs";
import { releaseCluster } from "../test/e2e/support/cluster.ts";
import { Lab } from "../test/lab/lab.ts";

/**
 * Runs end-to-end tests one after the other in this process, so that files that share a cluster share it, and closes with
 * those that failed, a line each, and the number of tests that passed and failed. `--runs N` runs them N times, each time in a new process on the same cluster.
 */

// A line that says what failed is all that is left of a run elsewhere.
chai.truncateThreshold = 0;

const root = resolve(import.meta.dirname, "..");
/** Each run of several uses the cluster that the first one brought up. */
const KEPT_LAB = { FAIRLEAD_E2E_LAB: "e2e-runs", FAIRLEAD_E2E_KEEP: "1" };

const options = await yargs(process.argv.slice(2))
  .option("runs", { type: "number", default: 1, describe: "how often to run the tests" })
  .option("grep", { type: "string", describe: "only tests whose title contains this text" })
  .strictOptions()
  .parseAsync();

if (process.getuid?.() !== 0) {
  console.error("The end-to-end tests make network namespaces and run a kubelet: run them as root.");
  process.exit(2);
}
process.exit(options.runs > 1 ? await repeated(options.runs) : await once());

async function once(): Promise<number> {
  const files = options._.flatMap((pattern) => globSync(String(pattern), { cwd: root })).sort();
  if (files.length === 0) {
    console.error(`No end-to-end test matches ${options._.join(" ")}; they are in test/e2e/*.e2e.ts.`);
    return 2;
  }
  const mocha = new Mocha({ reporter: "spec", timeout: 300_000, slow: 60_000, forbidOnly: true });
  if (options.grep !== undefined) mocha.fgrep(options.grep);
  for (const file of files) mocha.addFile(resolve(root, file));
  await mocha.loadFilesAsync();
  const began = performance.now();
  const failed: string[] = [];
  const stats = await new Promise<Mocha.Stats | undefined>((done) => {
    const runner = mocha.run(() => done(runner.stats));
    runner.on("fail", (test, error: Error) => failed.push(`${test.fullTitle()}: ${firstLine(error)}`));
  });
  await releaseCluster();
  const { passes = 0, failures = 1 } = stats ?? {};
  console.log(`end-to-end tests took ${((performance.now() - began) / 1000).toFixed(0)} s`);
  for (const line of failed) console.log(`failed: ${line}`);
  console.log(`${passes} passed, ${failures} failed`);
  return failures === 0 && passes > 0 ? 0 : 1;
}

function firstLine({ message }: Error): string {
  return message.split("\n", 1)[0]?.slice(0, 500) ?? "";
}

async function repeated(runs: number): Promise<number> {
  const argv = [import.meta.filename, ...process.argv.slice(2), "--runs", "1"].filter(isNotRuns);
  const env = { ...process.env, ...KEPT_LAB };
  let status = 0;
  for (let run = 1; run <= runs && status === 0; run++) {
    console.log(`run ${run} of ${runs}`);
    status = spawnSync(process.execPath, argv, { stdio: "inherit", env }).status ?? 1;
  }
  await Lab.takeDown(KEPT_LAB.FAIRLEAD_E2E_LAB);
  console.log(status === 0 ? `${runs} runs in a row without a failure` : "a run failed");
  return status;
}

function isNotRuns(argument: string, index: number, all: readonly string[]): boolean {
  return argument !== "--runs" && all[index - 1] !== "--runs";
}
