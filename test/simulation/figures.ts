import type { Row } from "../bench/table.ts";
import type { Figures } from "./measure.ts";
import { REFERENCE } from "./reference.ts";
import type { Outcome } from "./run.ts";

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
export function figuresRow(name: string, outcomes: readonly Outcome[]): Row {
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

/** What random runs say about liveness and about moves. @param faultsOf how many faults the run of a seed has */
export function randomText(outcomes: readonly Outcome[], faultsOf: (seed: number) => number): string {
  const stranded = outcomes
    .map(({ figures }) => Math.round(figures.longestStrandedMs))
    .filter((ms) => ms > 500)
    .sort((a, b) => a - b);
  const at = (share: number): number => stranded[Math.max(0, Math.ceil(share * stranded.length) - 1)] ?? 0;
  const perFault = Math.max(...outcomes.map(({ seed, figures }) => figures.moves / faultsOf(seed)));
  return [
    `\nrandom runs: ${outcomes.length}`,
    `  unanswered at a stretch although a fit list member lived, where above 0.5 s (${stranded.length} runs): ${at(0.5)} / ${at(0.99)} / ${at(1)} (800 / 4100 / 10300)`,
    `  moves of one address for each fault, at most: ${perFault.toFixed(2)} (0.69)`,
  ].join("\n");
}

function parenthesized(text: string): string {
  return text === "" ? "" : `(${text})`;
}
