import { FakeClock } from "@fairlead/runtime/fake-clock.ts";
import { expect } from "chai";
import { Settling } from "./settling.ts";

const SETTLE_MS = 10_000;

class Bench {
  readonly clock = new FakeClock();
  readonly told: string[] = [];
  readonly settling = new Settling({
    clock: this.clock,
    settleMs: SETTLE_MS,
    onSettled: (node) => this.told.push(`${node} at ${this.clock.nowMs()}`),
  });

  /** The nodes that are settled. */
  get settled(): string {
    return ["a", "b", "c"].filter((node) => this.settling.isSettled(node)).join("");
  }

  up(...nodes: readonly string[]): this {
    for (const node of nodes) this.settling.set(node, true);
    return this;
  }

  after(ms: number): this {
    this.clock.advance(ms);
    return this;
  }
}

describe("nodes that settle", () => {
  it("are settled after the time, told once", () => {
    const bench = new Bench().up("a").after(SETTLE_MS - 1);
    expect(bench.settled).to.equal("");
    expect(bench.up("a").after(1).settled).to.equal("a");
    bench.up("a").after(SETTLE_MS);
    expect(bench.told).to.deep.equal(["a at 10000"]);
  });

  it("are settled together with the first while none is, so that the first does not get everything", () => {
    const bench = new Bench().up("a").after(6000).up("b").after(3999).up("c");
    expect(bench.settled).to.equal("");
    expect(bench.after(1).settled).to.equal("abc");
  });

  it("wait on their own once another is settled", () => {
    const bench = new Bench().up("a").after(SETTLE_MS).up("b").after(1000).up("c").after(8999);
    expect(bench.settled).to.equal("a");
    expect(bench.after(1).settled).to.equal("ab");
    expect(bench.after(1000).settled).to.equal("abc");
  });

  it("begin anew each time that they were away", () => {
    const bench = new Bench().up("a", "b").after(SETTLE_MS);
    for (let i = 0; i < 5; i++) {
      bench.settling.set("b", false);
      expect(bench.up("b").after(SETTLE_MS - 1).settled).to.equal("a");
    }
    expect(bench.after(1).settled).to.equal("ab");
  });

  it("do not count as up while they are away", () => {
    const bench = new Bench().up("a").after(SETTLE_MS);
    bench.settling.set("a", false);
    expect(bench.settled).to.equal("");
    expect(bench.clock.pending).to.equal(0);
  });

  it("begin together when everything has been read", () => {
    const bench = new Bench().up("a").after(SETTLE_MS).up("b");
    bench.settling.begin();
    expect(bench.after(SETTLE_MS - 1).settled).to.equal("");
    expect(bench.after(1).settled).to.equal("ab");
  });

  it("set no timer once they are not followed any more", () => {
    const bench = new Bench().up("a", "b");
    bench.settling.stop();
    expect(bench.clock.pending).to.equal(0);
  });
});
