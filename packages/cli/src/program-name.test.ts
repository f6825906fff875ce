import { expect } from "chai";
import { programName } from "./program-name.ts";

describe("the program's name", () => {
  for (const [script, name] of [
    ["/usr/local/bin/fairlead", "fairlead"],
    ["/usr/local/bin/kubectl-fairlead", "kubectl fairlead"],
    ["build/fairlead.mjs", "fairlead"],
    ["packages/cli/src/main.ts", "fairlead"],
    ["/opt/fl", "fl"],
    [undefined, "fairlead"],
  ] as const) {
    it(`is ${name} when ${script} is run`, () => expect(programName(script)).to.equal(name));
  }
});
