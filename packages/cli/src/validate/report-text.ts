import { formatCount } from "../count.ts";
import { type Finding, objectText } from "../finding.ts";
import { printable } from "../printable.ts";
import type { FamilyCoverage } from "./coverage.ts";
import type { PoolCoverage, Report } from "./report.ts";

/** Ranges of one family that are shown; the JSON form has all. */
const MOST_RANGES = 8;

/** The report for people: what is found, object by object and line by line, what pools cover, and a summary. */
export function reportText(report: Report): string {
  const blocks: string[][] = [];
  report.findings.forEach((finding, i, all) => {
    const before = all[i - 1];
    if (before === undefined || blockOf(before) !== blockOf(finding)) blocks.push([]);
    blocks.at(-1)?.push(findingText(finding));
  });
  const pools = report.pools.flatMap((pool) => pool.families.map((family) => coverageText(pool, family)));
  const parts = [...blocks, pools, [summary(report)]].filter((lines) => lines.length > 0);
  return `${parts.map((lines) => lines.map(printable).join("\n")).join("\n\n")}\n`;
}

function blockOf({ file, object }: Finding): string {
  return JSON.stringify([file, object?.kind, object?.namespace, object?.name]);
}

function findingText({ severity, file, line, column, object, field, message }: Finding): string {
  const about = [
    ...(object === undefined ? [] : [objectText(object)]),
    ...(field === undefined ? [] : [field]),
  ];
  const subject = about.length === 0 ? "" : `${about.join(", ")}: `;
  return `${file}:${line}:${column}: ${severity}: ${subject}${message}`;
}

function coverageText({ file, position, object }: PoolCoverage, coverage: FamilyCoverage): string {
  const { family, capacity, offered, ranges } = coverage;
  const shown = ranges.slice(0, MOST_RANGES).join(", ");
  const more = ranges.length > MOST_RANGES ? ` and ${ranges.length - MOST_RANGES} more ranges` : "";
  const left = offered === capacity ? "" : `; ${offered} of them can be handed out, the others are left out`;
  const covers = formatCount(capacity, `${family} address`, `${family} addresses`);
  return `${file}:${position.line}:${position.column}: ${objectText(object)} covers ${covers}: ${shown}${more}${left}`;
}

function summary({ findings, checked, skipped }: Report): string {
  const errors = findings.filter(({ severity }) => severity === "error").length;
  const found = `${formatCount(errors, "error")} and ${formatCount(findings.length - errors, "note")}`;
  const others = [...skipped.values()].reduce((sum, count) => sum + count, 0);
  if (others === 0) return `${found} in ${formatCount(checked, "object")}`;
  const kinds = [...skipped].map(([kind, count]) => `${kind} ${count}`).join(", ");
  const not = `${formatCount(others, "object")} of other kinds not checked (${kinds})`;
  return `${found} in ${formatCount(checked, "object")}; ${not}`;
}
