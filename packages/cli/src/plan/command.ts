import { ExitStatus } from "../exit-status.ts";
import { readFiles } from "../read-files.ts";
import type { Surroundings } from "../surroundings.ts";
import { hasErrors } from "../validate/report.ts";
import { reportText } from "../validate/report-text.ts";
import { readPools } from "../validate/validate.ts";
import { planJson } from "./plan-json.ts";
import { planText } from "./plan-text.ts";
import { hasChanges, planned } from "./planned.ts";

export interface PlanOptions {
  readonly paths: readonly string[];
  readonly output: "table" | "json";
  readonly prune: boolean;
  readonly kubeconfig: string | undefined;
  readonly context: string | undefined;
  readonly loadBalancerClass: string | undefined;
  readonly alsoClassless: boolean;
}

/** `fairlead plan`. Files that hold errors are judged as `fairlead validate` judges them, and nothing is planned. */
export async function runPlan(options: PlanOptions, surroundings: Surroundings): Promise<ExitStatus> {
  const { program, out, err } = surroundings;
  const fail = (message: string): ExitStatus => {
    err(`${program}: ${message}\n`);
    return ExitStatus.Errors;
  };
  const { files, failures } = await readFiles(options.paths, surroundings.files);
  for (const failure of failures) err(`${program}: ${failure}\n`);
  if (failures.length > 0) return ExitStatus.NoInput;
  const { report, pools } = readPools(files);
  if (hasErrors(report)) {
    err(reportText(report));
    return ExitStatus.Errors;
  }
  if (pools.length === 0 && !options.prune) {
    return fail("the files have no IPAddressPool, so that nothing would change; name a file that has one");
  }
  const { kubeconfig: file, context, loadBalancerClass, alsoClassless, prune } = options;
  const read = await surroundings.cluster({ file, context });
  if (!read.ok) return fail(read.error);
  const ownership = { loadBalancerClass, alsoClassless };
  const result = planned({ cluster: read.value, pools, prune, ownership });
  out(options.output === "json" ? planJson(result) : planText(result));
  return hasChanges(result) ? ExitStatus.Changes : ExitStatus.Fine;
}
