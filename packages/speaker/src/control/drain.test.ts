import { FakeClock } from "@fairlead/runtime/fake-clock.ts";
import { expect } from "chai";
import { drain } from "./drain.ts";

describe("drain", () => {
  async function run(placed: (atMs: number) => number): Promise<{ left: number; tookMs: number }> {
    const clock = new FakeClock();
    let tookMs = 0;
    const done = drain({ placedHere: () => placed(clock.nowMs()), clock, mostMs: 2000 }).then((left) => {
      tookMs = clock.nowMs();
      return left;
    });
    await clock.advanceAsync(10_000);
    return { left: await done, tookMs };
  }

  it("ends as soon as everything is placed elsewhere", async () => {
    expect(await run((atMs) => (atMs < 300 ? 2 : 0))).to.deep.equal({ left: 0, tookMs: 300 });
  });

  it("does not wait if there is nothing", async () => {
    expect(await run(() => 0)).to.deep.equal({ left: 0, tookMs: 0 });
  });

  it("ends after the time it was given, whatever is left", async () => {
    expect(await run(() => 3)).to.deep.equal({ left: 3, tookMs: 2000 });
  });
});
