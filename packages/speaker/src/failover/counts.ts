import type { UdpDropReason } from "@fairlead/linux/udp-socket.ts";
import type { Drop, Reason, Report } from "@fairlead/takeover/environment.ts";

/** Why a message between speakers had no effect. */
export type TakeoverDrop = Drop | UdpDropReason | "SendFailed";

export const TAKEOVER_DROPS: readonly TakeoverDrop[] = [
  "TooShort",
  "TooLong",
  "NotOurs",
  "OtherVersion",
  "WrongLength",
  "UnknownKey",
  "WrongTag",
  "Malformed",
  "OtherReceiver",
  "Retired",
  "Duplicate",
  "OutOfOrder",
  "OtherSegment",
  "Own",
  "Unchecked",
  "NotItsHolder",
  "NoKey",
  "OffLink",
  "Truncated",
  "SendFailed",
];

/** What the protocol reports of its surroundings. */
export const TAKEOVER_REPORTS: readonly Report["type"][] = [
  "HeartbeatPath",
  "HeartbeatBlocked",
  "Conflict",
  "AnsweredByNode",
  "DuplicateNode",
  "SplitBrain",
  "AnchorLost",
  "NodePathLost",
  "Stalled",
];

/** Why an address began to be announced here, or ended to be. */
export const TAKEOVER_REASONS: readonly Reason[] = [
  "Placed",
  "HolderDead",
  "HolderConceded",
  "SpeakerDead",
  "Vacant",
  "Offered",
  "Resumed",
  "Reasserted",
  "WitnessBack",
  "HigherClaim",
  "WireTakenOver",
  "Removed",
];

export type TakeoverCount = (typeof TAKEOVER_DROPS)[number] | Report["type"] | Reason;

/** All that is counted of the failover protocol. */
export const TAKEOVER_COUNTS: readonly TakeoverCount[] = [
  ...TAKEOVER_DROPS,
  ...TAKEOVER_REPORTS,
  ...TAKEOVER_REASONS,
];
