import { FakeClock } from "@fairlead/runtime/fake-clock.ts";
import { run } from "../run.ts";
import type { Surroundings } from "../surroundings.ts";

/** How the program ended, and all that it wrote. */
export interface Outcome {
  readonly status: number;
  readonly out: string;
  readonly err: string;
}

/** Runs the program with these arguments. */
export async function runProgram(
  argv: readonly string[],
  surroundings: Pick<Surroundings, "files" | "cluster" | "connect">,
): Promise<Outcome> {
  let [out, err] = ["", ""];
  const status = await run(argv, {
    ...{ program: "fairlead", clock: new FakeClock(), ...surroundings },
    out: (text) => {
      out += text;
    },
    err: (text) => {
      err += text;
    },
  });
  return { status, out, err };
}
