import type { UdpDropReason } from "@fairlead/linux/udp-socket.ts";
import type { Drop, Reason, Report } from "@fairlead/takeover/environment.ts";
import { expect } from "chai";
import { TAKEOVER_COUNTS, TAKEOVER_DROPS, TAKEOVER_REASONS, TAKEOVER_REPORTS } from "./counts.ts";

// That each key is there, and no other, is seen to by the compiler.
const DROPS: Readonly<Record<Drop | UdpDropReason | "SendFailed", true>> = {
  TooShort: true,
  TooLong: true,
  NotOurs: true,
  OtherVersion: true,
  WrongLength: true,
  UnknownKey: true,
  WrongTag: true,
  Malformed: true,
  OtherReceiver: true,
  Retired: true,
  Duplicate: true,
  OutOfOrder: true,
  OtherSegment: true,
  Own: true,
  Unchecked: true,
  NotItsHolder: true,
  NoKey: true,
  OffLink: true,
  Truncated: true,
  SendFailed: true,
};
const REPORTS: Readonly<Record<Report["type"], true>> = {
  HeartbeatPath: true,
  HeartbeatBlocked: true,
  Conflict: true,
  AnsweredByNode: true,
  DuplicateNode: true,
  SplitBrain: true,
  AnchorLost: true,
  NodePathLost: true,
  Stalled: true,
};
const REASONS: Readonly<Record<Reason, true>> = {
  Placed: true,
  HolderDead: true,
  HolderConceded: true,
  SpeakerDead: true,
  Vacant: true,
  Offered: true,
  Resumed: true,
  Reasserted: true,
  WitnessBack: true,
  HigherClaim: true,
  WireTakenOver: true,
  Removed: true,
};

describe("what is counted of the failover protocol", () => {
  for (const [what, listed, all] of [
    ["drop", TAKEOVER_DROPS, DROPS],
    ["report", TAKEOVER_REPORTS, REPORTS],
    ["reason", TAKEOVER_REASONS, REASONS],
  ] as const)
    it(`is each ${what}, once`, () => {
      expect([...listed].sort()).to.deep.equal(Object.keys(all).sort());
    });

  it("has a name of its own each, for they share one list", () => {
    expect(new Set(TAKEOVER_COUNTS).size).to.equal(TAKEOVER_COUNTS.length);
    expect(TAKEOVER_COUNTS.length).to.equal(
      TAKEOVER_DROPS.length + TAKEOVER_REPORTS.length + TAKEOVER_REASONS.length,
    );
  });
});
