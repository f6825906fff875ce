import { FakeClock } from "@fairlead/runtime/fake-clock.ts";
import { expect } from "chai";
import { EventLoop } from "./event-loop.ts";

describe("the event loop's lateness", () => {
  it("is the middle of the last minute, so that one pause does not count", () => {
    const clock = new FakeClock();
    // Timers of a fake clock are never late: the time that they see jumps ahead instead.
    let lostMs = 0;
    const late = {
      ...clock,
      wall: () => clock.wall(),
      nowMs: () => clock.nowMs() + lostMs,
      after: clock.after.bind(clock),
    };
    const loop = new EventLoop(late);
    loop.start();
    clock.advance(10_000);
    expect(loop.latenessMs).to.equal(0);
    clock.after(500, () => {
      lostMs += 20_000;
    });
    clock.advance(10_000);
    expect(loop.latenessMs).to.equal(0);
    for (let i = 0; i < 60; i++) {
      clock.after(500, () => {
        lostMs += 6_000;
      });
      clock.advance(1_000);
    }
    expect(loop.latenessMs).to.equal(6_000);
    loop.stop();
    expect(clock.pending).to.equal(0);
  });
});
