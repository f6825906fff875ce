import { expect } from "chai";
import { type Part, runParts } from "./lifecycle.ts";
import { type LogFields, silentLog } from "./log.ts";

interface Seen {
  readonly calls: string[];
  readonly errors: [string, LogFields | undefined][];
}

function setUp(): Seen & {
  part: (name: string, fault?: "start" | "stop" | "hang") => Part;
  run: (parts: Part[]) => Promise<number>;
  end: () => void;
} {
  const seen: Seen = { calls: [], errors: [] };
  const controller = new AbortController();
  const log = {
    ...silentLog,
    error: (event: string, fields?: LogFields) => seen.errors.push([event, fields]),
  };
  return {
    ...seen,
    part: (name, fault) => ({
      name,
      async start() {
        seen.calls.push(`start ${name}`);
        if (fault === "start") throw new Error("no port");
        if (fault === "hang") await new Promise(() => {});
      },
      stop() {
        seen.calls.push(`stop ${name}`);
        if (fault === "stop") throw new Error("stuck");
      },
    }),
    run: (parts) => runParts(parts, { ...log, child: () => silentLog }, controller.signal),
    end: () => controller.abort(),
  };
}

describe("the life of a program", () => {
  it("starts its parts in order and stops them in reverse", async () => {
    const { part, run, end, calls } = setUp();
    const running = run([part("a"), part("b")]);
    await new Promise((resolve) => setImmediate(resolve));
    expect(calls).to.deep.equal(["start a", "start b"]);
    end();
    expect(await running).to.equal(0);
    expect(calls).to.deep.equal(["start a", "start b", "stop b", "stop a"]);
  });

  it("stops the parts before one that fails to start, and exits with 1", async () => {
    const { part, run, calls, errors } = setUp();
    expect(await run([part("a"), part("b", "start"), part("c")])).to.equal(1);
    expect(calls).to.deep.equal(["start a", "start b", "stop a"]);
    expect(errors).to.deep.equal([["part failed to start", { part: "b", error: "no port" }]]);
  });

  it("goes on stopping when one part fails to stop, and exits with 1", async () => {
    const { part, run, end, calls, errors } = setUp();
    const running = run([part("a"), part("b", "stop")]);
    await new Promise((resolve) => setImmediate(resolve));
    end();
    expect(await running).to.equal(1);
    expect(calls.slice(2)).to.deep.equal(["stop b", "stop a"]);
    expect(errors).to.deep.equal([["part failed to stop", { part: "b", error: "stuck" }]]);
  });

  it("starts nothing when it is ended before", async () => {
    const { part, run, end, calls } = setUp();
    end();
    expect(await run([part("a")])).to.equal(0);
    expect(calls).to.deep.equal([]);
  });

  it("ends although a part is still starting, and stops that one too", async () => {
    const { part, run, end, calls } = setUp();
    const running = run([part("a"), part("b", "hang"), part("c")]);
    await new Promise((resolve) => setImmediate(resolve));
    end();
    expect(await running).to.equal(0);
    expect(calls).to.deep.equal(["start a", "start b", "stop b", "stop a"]);
  });

  it("leaves no handler behind", async () => {
    const before = process.listenerCount("unhandledRejection");
    const { run, end } = setUp();
    end();
    await run([]);
    expect(process.listenerCount("unhandledRejection")).to.equal(before);
  });
});
