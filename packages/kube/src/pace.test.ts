import { expect } from "chai";
import { type Ending, type Life, Pace } from "./pace.ts";
import { ApiError } from "./transport.ts";

const half = { next: () => 1 };
const never: Life = { openMs: 0, events: 0 };
const failed: Ending = { cause: "failed", error: new Error("reset") };
const refused = (status: number, retryAfterMs?: number): ApiError => new ApiError({ status, retryAfterMs });

describe("Pace", () => {
  it("knows from where to go on", () => {
    const table: readonly [Ending, Life, boolean][] = [
      [{ cause: "ended" }, { openMs: 300_000, events: 5 }, false],
      [{ cause: "ended" }, never, false],
      [failed, never, false],
      [{ cause: "failed", error: refused(500) }, never, false],
      [{ cause: "failed", error: refused(403) }, never, false],
      [{ cause: "failed", error: refused(404) }, never, true],
      [{ cause: "expired", error: refused(410) }, { openMs: 1, events: 9 }, true],
      [{ cause: "malformed", error: new Error("x") }, { openMs: 1, events: 9 }, true],
      [{ cause: "silent" }, { openMs: 200_000, events: 1 }, false],
      [{ cause: "silent" }, { openMs: 150_000, events: 0 }, true],
      [{ cause: "error-event", error: refused(500) }, { openMs: 1, events: 1 }, false],
      [{ cause: "error-event", error: refused(500) }, { openMs: 1, events: 0 }, true],
    ];
    for (const [ending, life, relist] of table) {
      expect(new Pace(half).after(ending, life).relist, JSON.stringify([ending, life])).to.equal(relist);
    }
  });

  it("slows down with each failure, up to 15 s", () => {
    const pace = new Pace(half);
    const delays = Array.from({ length: 7 }, () => pace.after(failed, never).delayMs);
    expect(delays).to.deep.equal([500, 1_000, 2_000, 4_000, 8_000, 15_000, 15_000]);
    expect(pace.failures).to.equal(7);
  });

  it("begins anew after a watch that was good for something, unless that must read everything again", () => {
    const pace = new Pace(half);
    const expired: Ending = { cause: "expired", error: refused(410) };
    for (let i = 0; i < 4; i++) pace.after(failed, never);
    pace.after(expired, { openMs: 1, events: 1 });
    expect(pace.after(failed, never).delayMs).to.equal(8_000);
    expect(pace.after(failed, { openMs: 1, events: 1 }).delayMs).to.equal(500);
    for (let i = 0; i < 4; i++) pace.after(failed, never);
    expect(pace.after(failed, { openMs: 60_000, events: 0 }).delayMs).to.equal(500);
  });

  it("does not let a server that is back and refuses wait for as long as one that was away, but for longer each time it refuses", () => {
    const pace = new Pace(half);
    for (let i = 0; i < 6; i++) pace.after(failed, never);
    const notReady: Ending = { cause: "failed", error: refused(429, 1_000) };
    const expired: Ending = { cause: "expired", error: refused(410) };
    const delays = [notReady, expired, expired, failed, expired].map((one) => pace.after(one, never).delayMs);
    expect(delays).to.deep.equal([1_000, 1_000, 2_000, 15_000, 4_000]);
    expect(pace.failures).to.equal(11);
  });

  it("resumes at once after a watch that ended in time, but not after one that ended early", () => {
    const pace = new Pace(half);
    pace.after(failed, never);
    expect(pace.after({ cause: "ended" }, { openMs: 5_000, events: 0 })).to.include({ delayMs: 0 });
    expect(pace.failures).to.equal(0);
    expect(pace.after({ cause: "ended" }, { openMs: 4_999, events: 0 })).to.include({ delayMs: 500 });
  });

  it("waits at least as long as the server asks, within reason", () => {
    const asks = (ms: number): number =>
      new Pace(half).after({ cause: "failed", error: refused(429, ms) }, never).delayMs;
    expect([asks(100), asks(60_000), asks(3_600_000)]).to.deep.equal([500, 60_000, 300_000]);
  });
});
