import type { Clock } from "@fairlead/runtime/clock.ts";
import { FakeClock } from "@fairlead/runtime/fake-clock.ts";
import { expect } from "chai";
import { Lateness } from "./lateness.ts";

describe("Lateness", () => {
  it("measures how late its timers run", () => {
    const fake = new FakeClock();
    let lateMs = 0;
    const clock: Clock = {
      nowMs: () => fake.nowMs() + lateMs,
      wall: () => fake.wall(),
      after: (delayMs, run) => fake.after(delayMs, run),
    };
    const measured: number[] = [];
    const lateness = new Lateness({ clock, onMeasured: (ms) => measured.push(ms) });
    lateness.start();
    fake.advance(250);
    lateMs = 40;
    fake.advance(250);
    fake.advance(250);
    expect(measured).to.deep.equal([0, 40, 0]);
    lateness.stop();
    expect(fake.pending).to.equal(0);
  });
});
