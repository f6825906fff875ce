import { spawnSync } from "node:child_process";
import { expect } from "chai";

/** The lines that a program writes which runs `statements` with a log of this level. */
function lines(level: string, statements: string): Record<string, unknown>[] {
  const file = new URL("./winston-log.ts", import.meta.url).href;
  const program = `import { winstonLog } from ${JSON.stringify(file)};
    const log = winstonLog({ level: "${level}", fields: { component: "test" } }); ${statements}`;
  const run = spawnSync(process.execPath, ["--input-type=module", "--eval", program], { encoding: "utf8" });
  expect(run.stderr).to.equal("");
  return run.stdout
    .trim()
    .split("\n")
    .map((line) => JSON.parse(line));
}

describe("the log of a program", () => {
  it("is one JSON line an event, with the fields of the log, of its child and of the call", () => {
    const [line] = lines(
      "info",
      `log.child({ vip: "198.51.100.7" }).warn("frame dropped", { count: 3, none: undefined });`,
    );
    expect(line?.time).to.match(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/);
    expect({ ...line, time: "" }).to.deep.equal({
      time: "",
      level: "warn",
      event: "frame dropped",
      component: "test",
      vip: "198.51.100.7",
      count: 3,
    });
  });

  it("leaves out what is below its level", () => {
    const events = lines(
      "warn",
      `for (const level of ["error", "warn", "info", "debug"]) log[level](level + " seen");`,
    );
    expect(events.map((line) => line.event)).to.deep.equal(["error seen", "warn seen"]);
  });
});
