import fc from "fast-check";
import { Audit } from "../testing/allocation-model/audit.ts";
import { checkKept, checkRest, checkTwin, remember } from "../testing/allocation-model/invariants.ts";
import { anyOperations, anyPools, type Operation } from "../testing/allocation-model/operations.ts";
import { Scenario } from "../testing/allocation-model/scenario.ts";
import type { PoolPlan } from "../testing/allocation-model/universe.ts";

/** The same sequences each time, so that who changes something else is not held up by them; another seed draws others. */
const { FAIRLEAD_MODEL_RUNS: runs = "400", FAIRLEAD_MODEL_SEED: seed = "1" } = process.env;

/** Does everything, and looks after each operation whether all is well. */
function play(pools: readonly PoolPlan[], operations: readonly Operation[]): void {
  const audit = new Audit();
  const scenario = new Scenario(pools, audit.watch);
  for (const operation of operations) {
    const before = remember(scenario);
    scenario.apply(operation);
    scenario.settle();
    checkRest(scenario);
    checkKept(scenario, before, operation);
    checkTwin(scenario);
    audit.restarted(scenario.view());
  }
}

describe("allocation, against a naive model,", () => {
  it("holds what must always hold, whatever users, time and misfortune do", function () {
    this.timeout(0);
    fc.assert(fc.property(anyPools, anyOperations, play), {
      numRuns: Number(runs),
      seed: Number(seed),
    });
  });
});
