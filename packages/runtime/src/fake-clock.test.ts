import { expect } from "chai";
import { sleep } from "./clock.ts";
import { FakeClock } from "./fake-clock.ts";

describe("the fake clock", () => {
  it("stands still until it is moved", () => {
    const clock = new FakeClock(new Date("2026-01-01T00:00:00Z"));
    clock.advance(1500);
    expect(clock.nowMs()).to.equal(1500);
    expect(clock.wall().toISOString()).to.equal("2026-01-01T00:00:01.500Z");
  });

  it("runs timers by due time, then in the order they were set, each at its moment", () => {
    const clock = new FakeClock();
    const ran: string[] = [];
    const note = (name: string) => () => ran.push(`${name}@${clock.nowMs()}`);
    clock.after(20, note("c"));
    clock.after(10, note("a"));
    clock.after(10, note("b"));
    clock.after(30, note("later"));
    clock.advance(25);
    expect(ran).to.deep.equal(["a@10", "b@10", "c@20"]);
    expect(clock.pending).to.equal(1);
    expect(clock.nowMs()).to.equal(25);
  });

  it("runs timers that timers set, if they fall due", () => {
    const clock = new FakeClock();
    const ran: number[] = [];
    const again = (): void => {
      ran.push(clock.nowMs());
      clock.after(10, again);
    };
    clock.after(10, again);
    clock.advance(35);
    expect(ran).to.deep.equal([10, 20, 30]);
  });

  it("does not run a cancelled timer, and cancelling again does nothing", () => {
    const clock = new FakeClock();
    let ran = false;
    const timer = clock.after(10, () => {
      ran = true;
    });
    timer.cancel();
    timer.cancel();
    clock.advance(100);
    expect(ran).to.equal(false);
    expect(clock.pending).to.equal(0);
  });

  it("lets promises settle between timers when moved asynchronously", async () => {
    const clock = new FakeClock();
    const steps: number[] = [];
    const work = (async () => {
      for (let i = 0; i < 3; i++) {
        await sleep(clock, 10, new AbortController().signal);
        steps.push(clock.nowMs());
      }
    })();
    await clock.advanceAsync(30);
    await work;
    expect(steps).to.deep.equal([10, 20, 30]);
  });
});
