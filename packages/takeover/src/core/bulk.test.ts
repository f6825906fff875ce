import { expect } from "chai";
import type { Timer } from "../clock.ts";
import type { Body } from "../messages/message.ts";
import { Bulk } from "./bulk.ts";

function make() {
  let nowMs = 1000;
  let timers: { readonly atMs: number; readonly run: () => void }[] = [];
  const after = (delayMs: number, run: () => void): Timer => {
    const timer = { atMs: nowMs + delayMs, run };
    timers.push(timer);
    return {
      cancel: () => {
        timers = timers.filter((other) => other !== timer);
      },
    };
  };
  const sent: string[] = [];
  const bulk = new Bulk({ nowMs: () => nowMs, after }, (to, body) =>
    sent.push(`${to} ${body.type === "Sight" ? body.round : body.type}`),
  );
  const body = (round: number): Body => ({ type: "Sight", round });
  const pass = (ms: number): readonly string[] => {
    nowMs += ms;
    const due = timers.filter(({ atMs }) => atMs <= nowMs);
    timers = timers.filter(({ atMs }) => atMs > nowMs);
    for (const { run } of due) run();
    return sent.splice(0);
  };
  return { bulk, body, pass, pending: () => timers.length };
}

function numbers(to: number, from: number, count: number): readonly string[] {
  return Array.from({ length: count }, (_, i) => `${to} ${from + i}`);
}

describe("Bulk", () => {
  it("sends a few at once to each peer and the others after them, in their order", () => {
    const { bulk, body, pass, pending } = make();
    for (let i = 0; i < 40; i++) bulk.add(2n, () => body(i));
    bulk.add(3n, () => body(0));
    expect(pass(0)).to.deep.equal([...numbers(2, 0, 16), "3 0"]);
    expect([bulk.isBusy(2n), bulk.isBusy(3n), bulk.isBusy(4n)]).to.deep.equal([true, false, false]);
    expect(pass(9)).to.deep.equal([]);
    expect(pass(1)).to.deep.equal(numbers(2, 16, 16));
    expect(pass(10)).to.deep.equal(numbers(2, 32, 8));
    expect(pending()).to.equal(0);
  });

  it("holds to that for what comes one by one", () => {
    const { bulk, body, pass } = make();
    for (let i = 0; i < 20; i++) bulk.add(2n, () => body(i));
    pass(0);
    bulk.add(2n, () => body(20));
    expect(pass(9)).to.deep.equal([]);
    expect(pass(1)).to.deep.equal(numbers(2, 16, 5));
  });

  it("says what is true when its turn comes, or nothing", () => {
    const { bulk, body, pass } = make();
    let round: number | undefined = 1;
    for (let i = 0; i < 16; i++) bulk.add(2n, () => body(0));
    for (let i = 0; i < 3; i++) bulk.add(2n, () => (round === undefined ? undefined : body(round)));
    round = 7;
    pass(0);
    expect(pass(10)).to.deep.equal(["2 7", "2 7", "2 7"]);
    for (let i = 0; i < 40; i++) bulk.add(2n, () => (round === undefined ? undefined : body(round)));
    round = undefined;
    pass(0);
    expect(pass(100)).to.deep.equal([]);
  });

  it("keeps only so many, and sends nothing once it has been stopped", () => {
    const { bulk, body, pass, pending } = make();
    for (let i = 0; i < 3000; i++) bulk.add(2n, () => body(i));
    let sent = 0;
    for (let i = 0; i < 10; i++) sent += pass(10).length;
    expect(sent).to.equal(11 * 16);
    bulk.stop();
    expect(pending()).to.equal(0);
    expect(pass(1000)).to.deep.equal([]);
  });
});
