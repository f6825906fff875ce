import { RecordingLog } from "@fairlead/kube/testing/recording-log.ts";
import { FakeClock } from "@fairlead/runtime/fake-clock.ts";
import type { Report } from "@fairlead/takeover/environment.ts";
import { expect } from "chai";
import { address, mac } from "../testing/values.ts";
import type { TakeoverCount } from "./counts.ts";
import { ReportLog } from "./report-log.ts";

function make() {
  const clock = new FakeClock();
  const log = new RecordingLog();
  const counted: TakeoverCount[] = [];
  const reports = new ReportLog({ clock, log, counts: { add: (what) => counted.push(what) } });
  return { clock, log, counted, reports };
}

const CONFLICT: Report = { type: "Conflict", address: address("192.0.2.7"), mac: mac("02:00:00:00:00:66") };

describe("ReportLog", () => {
  const fields: readonly (readonly [Report, Readonly<Record<string, unknown>>])[] = [
    [CONFLICT, { vip: "192.0.2.7", mac: "02:00:00:00:00:66" }],
    [{ type: "HeartbeatPath", holder: 0xabcn }, { peer: "abc" }],
    [{ type: "HeartbeatBlocked", peer: 0xabcn }, { peer: "abc" }],
    [{ type: "DuplicateNode", peer: 0xabcn }, { peer: "abc" }],
    [
      { type: "SplitBrain", peer: 0xabcn, address: address("192.0.2.7"), addresses: 3, lastedMs: 5012.3 },
      { peer: "abc", vip: "192.0.2.7", addresses: 3, atMostMs: 5012 },
    ],
    [
      { ...CONFLICT, type: "AnsweredByNode", peer: 0xabcn },
      { vip: "192.0.2.7", mac: "02:00:00:00:00:66", peer: "abc" },
    ],
    [{ type: "Stalled", lateMs: 312.4 }, { lateMs: 312 }],
    [{ type: "AnchorLost" }, {}],
  ];
  for (const [report, expected] of fields)
    it(`says what ${report.type} is about, and where`, () => {
      const { log, counted, reports } = make();
      reports.take("eth0", report);
      expect(log.lines.map(({ level, fields }) => ({ level, fields }))).to.deep.equal([
        { level: "warn", fields: { interface: "eth0", ...expected } },
      ]);
      expect(counted).to.deep.equal([report.type]);
    });

  it("names the node that it is about, if its name is known", () => {
    const { log, reports } = make();
    reports.take("eth0", { type: "HeartbeatPath", holder: 0xabcn }, "worker-2");
    reports.take("eth0", { type: "DuplicateNode", peer: 0xabcn }, "worker-2");
    expect(log.lines.map(({ fields }) => fields.peer)).to.deep.equal(["worker-2", "worker-2"]);
  });

  it("says what goes on only once, and counts it each time", () => {
    const { clock, log, counted, reports } = make();
    for (let i = 0; i < 100; i++) {
      reports.take("eth0", CONFLICT);
      clock.advance(10_000);
    }
    expect(log.lines).to.have.length(1);
    expect(counted).to.have.length(100);
  });

  it("says again what has not come for a minute", () => {
    const { clock, log, reports } = make();
    reports.take("eth0", CONFLICT);
    clock.advance(60_000);
    reports.take("eth0", CONFLICT);
    expect(log.lines).to.have.length(1);
    clock.advance(60_001);
    reports.take("eth0", CONFLICT);
    expect(log.lines).to.have.length(2);
  });

  it("tells what is about something else, or elsewhere, from what it said; stalls differ only in how long", () => {
    const { log, reports } = make();
    reports.take("eth0", CONFLICT);
    reports.take("eth1", CONFLICT);
    reports.take("eth0", { ...CONFLICT, mac: mac("02:00:00:00:00:67") });
    reports.take("eth0", { ...CONFLICT, address: address("192.0.2.8") });
    expect(log.lines).to.have.length(4);
    reports.take("eth0", { type: "Stalled", lateMs: 300 });
    reports.take("eth0", { type: "Stalled", lateMs: 400 });
    expect(log.lines).to.have.length(5);
  });

  it("tells no more than some of what a host makes up, and something else of it all the same", () => {
    const { clock, log, counted, reports } = make();
    const madeUp = (i: number): Report => ({
      ...CONFLICT,
      mac: mac(
        `02:00:00:01:${(i >> 8).toString(16).padStart(2, "0")}:${(i & 255).toString(16).padStart(2, "0")}`,
      ),
    });
    for (let i = 0; i < 1000; i++) {
      reports.take("eth0", madeUp(i));
      clock.advance(1);
    }
    expect([log.lines.length, counted.length]).to.deep.equal([64, 1000]);
    reports.take("eth0", { type: "AnchorLost" });
    reports.take("eth1", CONFLICT);
    expect(log.lines).to.have.length(66);
    clock.advance(60_001);
    reports.take("eth0", CONFLICT);
    expect(log.lines).to.have.length(67);
  });
});
