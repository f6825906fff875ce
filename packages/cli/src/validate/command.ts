import { ExitStatus } from "../exit-status.ts";
import { readFiles } from "../read-files.ts";
import type { Surroundings } from "../surroundings.ts";
import { hasErrors } from "./report.ts";
import { reportJson } from "./report-json.ts";
import { reportText } from "./report-text.ts";
import { validate } from "./validate.ts";

export interface ValidateOptions {
  readonly paths: readonly string[];
  readonly output: "text" | "json";
}

/** `fairlead validate`. What can be read is judged, even if a file cannot be read. */
export async function runValidate(
  { paths, output }: ValidateOptions,
  { program, files: source, out, err }: Surroundings,
): Promise<ExitStatus> {
  const { files, failures } = await readFiles(paths, source);
  for (const failure of failures) err(`${program}: ${failure}\n`);
  if (files.length === 0) return ExitStatus.NoInput;
  const report = validate(files);
  out(output === "json" ? reportJson(report) : reportText(report));
  if (failures.length > 0) return ExitStatus.NoInput;
  return hasErrors(report) ? ExitStatus.Errors : ExitStatus.Fine;
}
