import type { Row } from "../bench/table.ts";
import type { Figures } from "./measure.ts";
import { REFERENCE } from "./reference.ts";
import type { Outcome } from "./run.ts";
import type { Scenario } from "./scenario.ts";

export const HEADS: Row = [
  "scenario",
  "runs",
  "bad",
  "unanswered",
  "",
  "client",
  "",
  "overlap",
  "",
  "moves",
  "",
];

/** A row of the table: what was measured over all runs of a scenario, and what the specification says. */
export function figuresRow({ name }: Scenario, outcomes: readonly Outcome[]): Row {
  const spread = (of: (figures: Figures) => number, most = 3): string => {
    const sorted = outcomes.map(({ figures }) => Math.round(of(figures))).sort((a, b) => a - b);
    const at = (share: number): number => sorted[Math.max(0, Math.ceil(share * sorted.length) - 1)] ?? 0;
    return sorted.at(-1) === 0 ? "0" : [at(0.5), at(0.99), at(1)].slice(3 - most).join(" / ");
  };
  const reference = REFERENCE[name] ?? ["", "", "", ""];
  const shown = [
    spread(({ unansweredMs }) => unansweredMs),
    spread(({ clientMs }) => clientMs),
    spread(({ overlapMs }) => overlapMs),
    spread(({ moves }) => moves),
  ];
  const bad = outcomes.filter(({ problems }) => problems.length > 0).length;
  return [
    name,
    String(outcomes.length),
    String(bad),
    ...shown.flatMap((text, i) => [text, parenthesized(reference[i] ?? "")]),
  ];
}

function parenthesized(text: string): string {
  return text === "" ? "" : `(${text})`;
}
