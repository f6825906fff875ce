import { play } from "./chaos.ts";
import type { Figures } from "./measure.ts";
import type { Bounds, Scenario } from "./scenario.ts";
import { unsettled } from "./settled.ts";
import { World } from "./world.ts";

/** What became of one run. */
export interface Outcome {
  readonly seed: number;
  readonly figures: Figures;
  /** What should not have been, in words; none if all is well. */
  readonly problems: readonly string[];
  /** What happened, one line each; empty unless it was asked for. */
  readonly story: readonly string[];
}

/** Runs a scenario from one seed. The same seed gives the same run. */
export function run(scenario: Scenario, seed: number, keepStory = false): Outcome {
  const world = new World({
    nodes: 5,
    addresses: 2,
    networks: 1,
    segments: 1,
    hasGateway: true,
    caretake: true,
    ...scenario.world,
    seed,
    keepStory,
  });
  world.settle();
  if ("play" in scenario) scenario.play(world);
  else play(scenario, world);
  world.run(scenario.lengthMs);
  const figures = world.measure.figures(world.scheduler.nowMs);
  const problems = [
    ...world.broken,
    ...exceeded(figures, scenario),
    ...wrongReports(world, scenario),
    ...unsettled(world, scenario.ends ?? "Record"),
  ];
  return { seed, figures, problems, story: world.lines };
}

function exceeded(figures: Figures, scenario: Scenario): readonly string[] {
  const most: Bounds = scenario.most;
  const over = (name: string, measured: number, bound: number | undefined): readonly string[] =>
    bound !== undefined && measured > bound ? [`${name}: ${measured.toFixed(0)}, at most ${bound}`] : [];
  const faults = "faults" in scenario ? scenario.faults.length : 0;
  const mostMoves = most.movesPerFault === undefined ? most.moves : most.movesPerFault * faults;
  return [
    ...over("ms unanswered", figures.unansweredMs, most.unansweredMs),
    ...over("ms of a client's data lost", figures.clientMs, most.clientMs),
    ...over("ms of two MACs", figures.overlapMs, most.overlapMs),
    ...over("ms of two MACs at a stretch", figures.longestOverlapMs, most.longestOverlapMs),
    ...over("ms unanswered at a stretch", figures.longestUnansweredMs, most.longestUnansweredMs),
    ...over("ms unanswered beside a fit node", figures.longestStrandedMs, most.longestStrandedMs),
    ...over("moves", figures.moves, mostMoves),
  ];
}

function wrongReports(world: World, { reports = {} }: Scenario): readonly string[] {
  return Object.entries(reports).flatMap(([type, expected]) => {
    const told = [...world.reports.keys()].some((report) => report === type);
    return told === expected ? [] : [`${type} was ${told ? "reported" : "not reported"}`];
  });
}
