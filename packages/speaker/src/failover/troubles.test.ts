import { FakeClock } from "@fairlead/runtime/fake-clock.ts";
import type { Report } from "@fairlead/takeover/environment.ts";
import { expect } from "chai";
import { address, mac } from "../testing/values.ts";
import { Troubles } from "./troubles.ts";

const LOST: Report = { type: "HeartbeatPath", holder: 2n };

function make() {
  const clock = new FakeClock(new Date("2026-03-01T12:00:00Z"));
  const told: string[][] = [];
  const troubles = new Troubles({
    clock,
    tell: (all) => told.push(all.map((one) => `${one.kind} ${one.interface} ${one.peer} ${one.since}`)),
  });
  /** Reports for so long, each second. */
  const go = (seconds: number, report: Report = LOST, peer: string | undefined = "worker-2"): void => {
    for (let i = 0; i < seconds; i++) {
      troubles.take("eth0", report, peer);
      clock.advance(1000);
    }
  };
  return { clock, told, troubles, go };
}

const TOLD = "HeartbeatPath eth0 worker-2 2026-03-01T12:00:00Z";

describe("Troubles", () => {
  it("tells what is reported for 5 s, once, and that it is over", () => {
    const { clock, told, go } = make();
    go(5);
    expect(told).to.deep.equal([]);
    go(100);
    expect(told).to.deep.equal([[TOLD]]);
    clock.advance(140_000);
    expect(told).to.have.length(1);
    clock.advance(20_000);
    expect(told).to.deep.equal([[TOLD], []]);
  });

  it("tells nothing of an accident", () => {
    const { clock, told, go } = make();
    go(4);
    clock.advance(160_000);
    go(4);
    clock.advance(300_000);
    expect(told).to.deep.equal([]);
  });

  it("tells at once what took seconds to find", () => {
    const { told, go } = make();
    go(1, { type: "NodePathLost" }, undefined);
    expect(told.map((all) => all.map((one) => one.split(" ", 1)[0]))).to.deep.equal([["NodePathLost"]]);
  });

  it("tells all that lasts, whatever changes", () => {
    const { told, go } = make();
    go(6);
    go(6, { type: "AnchorLost" }, undefined);
    expect(told.map((all) => all.length)).to.deep.equal([1, 2]);
  });

  it("leaves out what no setting mends, or what is over already", () => {
    const { told, go } = make();
    go(10, { type: "Stalled", lateMs: 300 });
    go(10, { type: "Conflict", address: address("192.0.2.7"), mac: mac("02:00:00:00:00:66") });
    go(10, {
      type: "AnsweredByNode",
      address: address("192.0.2.7"),
      mac: mac("02:00:00:00:00:66"),
      peer: 2n,
    });
    go(10, { type: "SplitBrain", peer: 2n, address: address("192.0.2.7"), addresses: 1, lastedMs: 5 });
    expect(told).to.deep.equal([]);
  });

  it("tells no more than 64 things at once", () => {
    const { clock, told, troubles } = make();
    for (let i = 0; i < 6; i++) {
      for (let peer = 0; peer < 100; peer++) troubles.take("eth0", LOST, `worker-${peer}`);
      clock.advance(1000);
    }
    expect(told.at(-1)).to.have.length(64);
  });
});
