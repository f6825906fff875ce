import { hasErrors, type Report } from "./report.ts";

/** The report for programs. Fields are only ever added; counts of addresses are text, as they pass what JSON numbers hold. */
export function reportJson(report: Report): string {
  const { findings, pools, checked, skipped } = report;
  const errors = findings.filter(({ severity }) => severity === "error").length;
  const document = {
    valid: !hasErrors(report),
    errors,
    notes: findings.length - errors,
    checked,
    skipped: [...skipped].map(([kind, count]) => ({ kind, count })),
    findings,
    pools: pools.map(({ file, position, object, families }) => ({
      file,
      ...position,
      object,
      families: families.map(({ family, capacity, offered, ranges }) => ({
        family,
        capacity: String(capacity),
        offered: String(offered),
        ranges,
      })),
    })),
  };
  return `${JSON.stringify(document, undefined, 2)}\n`;
}
