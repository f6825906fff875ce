import type { Finding, ObjectName } from "../finding.ts";
import type { Position } from "../source/position.ts";
import type { FamilyCoverage } from "./coverage.ts";

/** What a pool of a file covers. */
export interface PoolCoverage {
  readonly file: string;
  readonly position: Position;
  readonly object: ObjectName;
  readonly families: readonly FamilyCoverage[];
}

/** What was found in files. */
export interface Report {
  /** In the order of the files, and in each by line and column. */
  readonly findings: readonly Finding[];
  /** In the order in which the pools stand in the files. */
  readonly pools: readonly PoolCoverage[];
  /** Number of objects that were checked. */
  readonly checked: number;
  /** Objects that are none of ours, by kind; kinds in alphabetical order. */
  readonly skipped: ReadonlyMap<string, number>;
}

/** Whether something is wrong, and not merely to be known. */
export function hasErrors({ findings }: Report): boolean {
  return findings.some(({ severity }) => severity === "error");
}
