import { expect } from "chai";
import { sleep, systemClock } from "./clock.ts";
import { FakeClock } from "./fake-clock.ts";

describe("the system clock", () => {
  it("never goes back, and calls once", async () => {
    const before = systemClock.nowMs();
    await new Promise<void>((resolve) => systemClock.after(1, resolve));
    expect(systemClock.nowMs()).to.be.greaterThan(before);
  });

  it("does not call before it is time, be that between two of the milliseconds in which Node.js counts", async () => {
    const early: number[] = [];
    const calls = Array.from({ length: 100 }, (_, i) => {
      const delayMs = 5 + i / 10;
      const dueMs = systemClock.nowMs() + delayMs;
      return new Promise<void>((resolve) => {
        systemClock.after(delayMs, () => {
          if (systemClock.nowMs() < dueMs) early.push(delayMs);
          resolve();
        });
      });
    });
    await Promise.all(calls);
    expect(early).to.deep.equal([]);
  });

  it("does not call what was cancelled", async () => {
    let called = false;
    systemClock
      .after(0, () => {
        called = true;
      })
      .cancel();
    await new Promise<void>((resolve) => systemClock.after(2, resolve));
    expect(called).to.equal(false);
  });
});

describe("the system clock, asked for more than a timer of Node.js takes", () => {
  it("does not call at once", async () => {
    let called = false;
    const timer = systemClock.after(2 ** 31, () => {
      called = true;
    });
    await new Promise<void>((resolve) => systemClock.after(5, resolve));
    timer.cancel();
    expect(called).to.equal(false);
  });
});

describe("sleep", () => {
  it("ends after its time", async () => {
    const clock = new FakeClock();
    let done = false;
    const slept = sleep(clock, 50, new AbortController().signal).then(() => {
      done = true;
    });
    await clock.advanceAsync(49);
    expect(done).to.equal(false);
    await clock.advanceAsync(1);
    await slept;
    expect(done).to.equal(true);
  });

  it("ends at once when aborted, and leaves no timer", async () => {
    const clock = new FakeClock();
    const abort = new AbortController();
    const slept = sleep(clock, 50, abort.signal);
    abort.abort();
    await slept;
    expect(clock.pending).to.equal(0);
  });

  it("does not begin when it was aborted before", async () => {
    const clock = new FakeClock();
    await sleep(clock, 50, AbortSignal.abort());
    expect(clock.pending).to.equal(0);
  });
});
