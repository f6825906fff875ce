import { FakeClock } from "@fairlead/runtime/fake-clock.ts";
import { expect } from "chai";
import { RateLimit } from "./rate-limit.ts";

describe("RateLimit", () => {
  it("lets a burst through, then the rate, in order, and earns the burst again", async () => {
    const clock = new FakeClock();
    const limit = new RateLimit({ perSecond: 10, burst: 3, clock });
    const { signal } = new AbortController();
    const passed: string[] = [];
    const take = (name: string): void => {
      void limit.take(signal).then(() => passed.push(`${name} at ${clock.nowMs()}`));
    };
    for (const name of ["a", "b", "c", "d", "e"]) take(name);
    await clock.advanceAsync(1_000);
    expect(passed).to.deep.equal(["a at 0", "b at 0", "c at 0", "d at 100", "e at 200"]);
    for (const name of ["f", "g", "h", "i"]) take(name);
    await clock.advanceAsync(100);
    expect(passed.slice(5)).to.deep.equal(["f at 1000", "g at 1000", "h at 1000", "i at 1100"]);
  });

  it("lets go of who gives up", async () => {
    const clock = new FakeClock();
    const limit = new RateLimit({ perSecond: 1, burst: 1, clock });
    const controller = new AbortController();
    await limit.take(controller.signal);
    const waiting = limit.take(controller.signal);
    controller.abort();
    await waiting;
    expect(clock.pending).to.equal(0);
  });
});
