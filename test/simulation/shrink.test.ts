import { expect } from "chai";
import { chaosOf } from "./chaos.ts";
import type { Fault } from "./faults.ts";
import { run } from "./run.ts";
import type { FaultScenario } from "./scenario.ts";
import { failsLike, scenarioText, shrink } from "./shrink.ts";

const crash = (atMs: number, node: number): Fault => ({ kind: "Crash", atMs, node, forMs: 3000 });
const move = (atMs: number, address: number): Fault => ({ kind: "Move", atMs, address, node: 1, forMs: 0 });

describe("a failed run", () => {
  const faults = [crash(1, 1), move(2, 3), crash(1234, 2), crash(4, 5), move(5, 1), crash(6, 3), move(7, 2)];
  const scenario: FaultScenario = {
    name: "made up",
    world: { nodes: 7, addresses: 3, segments: 2 },
    faults,
    repairedMs: 10_000,
    lengthMs: 20_000,
    most: {},
  };

  it("is made smaller to the faults that it takes, on as few nodes and addresses as they name", () => {
    const needs = ({ faults: left }: FaultScenario): boolean =>
      left.some(({ kind, ...one }) => kind === "Crash" && "node" in one && one.node === 2) &&
      left.some((one) => one.kind === "Move" && one.address === 2);
    const shrunk = shrink(scenario, needs).scenario;
    expect(shrunk.faults).to.deep.equal([
      { kind: "Crash", atMs: 1000, node: 2, forMs: 0 },
      { kind: "Move", atMs: 0, address: 2, node: 1, forMs: 0 },
    ]);
    expect(shrunk.world).to.deep.equal({ nodes: 2, addresses: 2, segments: 1 });
  });

  it("stays as it is when nothing can be left out, and costs no more runs than allowed", () => {
    const all = shrink(scenario, (candidate) => candidate === scenario);
    expect(all.scenario).to.equal(scenario);
    let runs = 0;
    shrink(
      scenario,
      () => {
        runs++;
        return false;
      },
      5,
    );
    expect(runs).to.equal(5);
  });

  it("fails in the same way when it is smaller", () => {
    const strict: FaultScenario = { ...chaosOf(4), most: { longestUnansweredMs: 0 } };
    const { problems } = run(strict, 4);
    const fails = failsLike(4, problems);
    const small = shrink(strict, fails, 25).scenario;
    expect(small.faults.length).to.be.lessThan(strict.faults.length / 2);
    expect(fails(small)).to.equal(true);
  }).timeout(60_000);

  it("is printed as it can be put beside the named scenarios", () => {
    expect(scenarioText({ ...scenario, faults: [crash(1, 2)], most: { moves: 1 } })).to.equal(
      [
        "{",
        '  name: "made up",',
        "  world: { nodes: 7, addresses: 3, segments: 2 },",
        "  faults: [",
        '    { kind: "Crash", atMs: 1, node: 2, forMs: 3000 },',
        "  ],",
        "  repairedMs: 10000,",
        "  lengthMs: 20000,",
        "  most: { moves: 1 },",
        "},",
      ].join("\n"),
    );
  });
});
