import type { Fault } from "./faults.ts";
import { run } from "./run.ts";
import type { FaultScenario } from "./scenario.ts";

/** So many runs are spent on making one smaller. */
const MOST_RUNS = 400;

/** A run that fails, made as small as it goes. */
export interface Shrunk {
  readonly scenario: FaultScenario;
  readonly runs: number;
}

/**
 * Makes a failing scenario smaller while it still fails: fewer faults (delta debugging), fewer nodes, addresses and segments, shorter
 * faults at rounder times. Deterministic.
 */
export function shrink(
  scenario: FaultScenario,
  isFailing: (candidate: FaultScenario) => boolean,
  mostRuns = MOST_RUNS,
): Shrunk {
  let smallest = scenario;
  let runs = 0;
  const take = (candidate: FaultScenario | undefined): boolean => {
    if (candidate === undefined || runs >= mostRuns) return false;
    runs++;
    if (!isFailing(candidate)) return false;
    smallest = candidate;
    return true;
  };
  for (let before: FaultScenario | undefined; before !== smallest && runs < mostRuns; ) {
    before = smallest;
    dropFaults(() => smallest, take);
    for (const size of ["nodes", "addresses", "segments"] as const) while (take(withLess(smallest, size)));
    simplifyFaults(() => smallest, take);
  }
  return { scenario: smallest, runs };
}

/** Whether a run of this seed has a problem of a kind that the given run had. */
export function failsLike(seed: number, problems: readonly string[]): (candidate: FaultScenario) => boolean {
  const kinds = new Set(problems.map(kindOf));
  return (candidate) => run(candidate, seed).problems.some((problem) => kinds.has(kindOf(problem)));
}

/** The scenario as it can be put beside the named ones. */
export function scenarioText({ name, world, faults, repairedMs, lengthMs, most }: FaultScenario): string {
  const { seed: _, keepStory: __, ...sizes } = { ...world };
  return [
    "{",
    `  name: ${JSON.stringify(name)},`,
    `  world: ${literal(sizes)},`,
    "  faults: [",
    ...faults.map((fault) => `    ${literal(fault)},`),
    "  ],",
    `  repairedMs: ${repairedMs},`,
    `  lengthMs: ${lengthMs},`,
    `  most: ${literal(most)},`,
    "},",
  ].join("\n");
}

function dropFaults(of: () => FaultScenario, take: (candidate: FaultScenario) => boolean): void {
  for (let size = Math.ceil(of().faults.length / 2); size >= 1; size = size === 1 ? 0 : Math.ceil(size / 2))
    for (let at = 0; at < of().faults.length; ) {
      const faults = of().faults.toSpliced(at, size);
      if (!take({ ...of(), faults })) at += size;
    }
}

function simplifyFaults(of: () => FaultScenario, take: (candidate: FaultScenario) => boolean): void {
  for (let i = 0; i < of().faults.length; i++) {
    const simpler: readonly ((fault: Fault) => Fault)[] = [
      (fault) => ({ ...fault, forMs: Math.floor(fault.forMs / 2) }),
      (fault) => ({ ...fault, atMs: Math.round(fault.atMs / 1000) * 1000 }),
      (fault) => ({ ...fault, atMs: Math.round(fault.atMs / 100) * 100 }),
    ];
    for (const simplify of simpler) {
      const fault = of().faults[i];
      if (fault === undefined) continue;
      const candidate = simplify(fault);
      if (candidate.atMs === fault.atMs && candidate.forMs === fault.forMs) continue;
      take({ ...of(), faults: of().faults.with(i, candidate) });
    }
  }
}

/** One node, address or segment less, and without the faults that speak of it; undefined if that is one too few. */
function withLess(
  scenario: FaultScenario,
  size: "nodes" | "addresses" | "segments",
): FaultScenario | undefined {
  const count = (scenario.world?.[size] ?? 1) - 1;
  if (count < (size === "nodes" ? 2 : 1)) return undefined;
  const fits = (fault: Fault): boolean => {
    if (size === "nodes")
      return (!("node" in fault) || fault.node <= count) && (!("to" in fault) || fault.to <= count);
    if (size === "addresses") return !("address" in fault) || fault.address <= count;
    return !("segment" in fault) || fault.segment <= count;
  };
  const faults = scenario.faults
    .filter(fits)
    .map((fault) =>
      fault.kind === "Partition" && size === "nodes"
        ? { ...fault, apart: fault.apart.filter((node) => node <= count) }
        : fault,
    );
  return { ...scenario, world: { ...scenario.world, [size]: count }, faults };
}

/** What a problem is apart from its figures and names. */
function kindOf(problem: string): string {
  return problem.replaceAll(/\bn\d+\b|[\d.:]+/g, "#");
}

/** As it is written in TypeScript. */
function literal(value: object): string {
  return JSON.stringify(value)
    .replaceAll(/"(\w+)":/g, "$1: ")
    .replaceAll(",", ", ")
    .replace(/^\{(.*)\}$/, "{ $1 }");
}
