import { sameClaim } from "@fairlead/takeover/claims/claim.ts";
import type { Figures } from "./measure.ts";
import type { Bounds, Scenario } from "./scenario.ts";
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
    hasGateway: true,
    caretake: true,
    ...scenario.world,
    seed,
    keepStory,
  });
  world.settle();
  scenario.play(world);
  world.run(scenario.lengthMs);
  const figures = world.measure.figures(world.scheduler.nowMs);
  const problems = [
    ...world.broken,
    ...exceeded(figures, scenario.most),
    ...wrongReports(world, scenario),
    ...unsettled(world, scenario.ends ?? "Record"),
  ];
  return { seed, figures, problems, story: world.lines };
}

function exceeded(figures: Figures, most: Bounds): readonly string[] {
  const over = (name: string, measured: number, bound: number | undefined): readonly string[] =>
    bound !== undefined && measured > bound ? [`${name}: ${measured.toFixed(0)}, at most ${bound}`] : [];
  return [
    ...over("ms unanswered", figures.unansweredMs, most.unansweredMs),
    ...over("ms of a client's data lost", figures.clientMs, most.clientMs),
    ...over("ms of two MACs", figures.overlapMs, most.overlapMs),
    ...over("ms of two MACs at a stretch", figures.longestOverlapMs, most.longestOverlapMs),
    ...over("ms unanswered at a stretch", figures.longestUnansweredMs, most.longestUnansweredMs),
    ...over("moves", figures.moves, most.moves),
  ];
}

function wrongReports(world: World, { reports = {} }: Scenario): readonly string[] {
  return Object.entries(reports).flatMap(([type, expected]) => {
    const told = [...world.reports.keys()].some((report) => report === type);
    return told === expected ? [] : [`${type} was ${told ? "reported" : "not reported"}`];
  });
}

/** Invariant 4: one holder, record = wire, no caretaker, client caches right. */
export function unsettled(world: World, ends: "Record" | "Wire" | "Open"): readonly string[] {
  if (ends === "Open") return [];
  return world.api.objects.flatMap((object) => {
    const { address, list, epoch, status } = object;
    const holders = world.machines.filter((machine) => machine.answerFor(address) === machine.mac);
    const [holder] = holders;
    if (holder === undefined || holders.length > 1)
      return [`${address.text} is announced by ${holders.length} nodes: ${names(holders)}`];
    const problems: string[] = [];
    const caretakers = world.machines.filter((machine) => machine.caretakes(address));
    if (caretakers.length > 0) problems.push(`${address.text} is still caretaken by ${names(caretakers)}`);
    if (world.clients.some((client) => client.macOf(address) !== holder.mac))
      problems.push(`a client does not send ${address.text} to ${names([holder])}`);
    if (ends === "Wire") return problems;
    const claim = holder.claims.get(address.text);
    if (list[0] !== holder.id || claim?.epoch !== epoch)
      problems.push(`${address.text} is recorded at n${list[0]}, epoch ${epoch}, held by ${names([holder])}`);
    for (const [node, told] of status)
      if (world.machine(Number(node)).hasSpeaker && (node !== holder.id || !sameClaim(told, claim)))
        problems.push(`the status of n${node} for ${address.text} is not what the wire says`);
    return problems;
  });
}

function names(machines: readonly { readonly number: number }[]): string {
  return machines.map(({ number }) => `n${number}`).join(", ") || "none";
}
