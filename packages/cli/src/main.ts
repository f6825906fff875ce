import { systemClock } from "@fairlead/runtime/clock.ts";
import { connect } from "./connect.ts";
import { readCluster } from "./plan/read-cluster.ts";
import { programName } from "./program-name.ts";
import { systemFiles } from "./read-files.ts";
import { run } from "./run.ts";

process.exitCode = await run(process.argv.slice(2), {
  program: programName(process.argv[1]),
  files: systemFiles,
  cluster: readCluster,
  connect,
  clock: systemClock,
  out: (text) => process.stdout.write(text),
  err: (text) => process.stderr.write(text),
});
