import type { NodeId } from "../claims/claim.ts";
import type { Sight } from "../messages/message.ts";

/** Who answered for the sampled addresses on the wire. */
export type AnsweredBy = "Holder" | "OtherSpeaker" | "Nobody";

/** What a confirm round brought to light about a holder whose heartbeats stopped. */
export interface Evidence {
  /** A stranger's answer counts as none. */
  readonly answeredBy: AnsweredBy;
  /** The holder's kernel answers, and answering in its place is possible and allowed. */
  readonly kernel: boolean;
  /** The holder's own TELL, if it came. */
  readonly holder:
    | { readonly sight: Sight; readonly ready: boolean; readonly announces: boolean }
    | undefined;
  /** Heartbeats still arrive on the node path. */
  readonly nodeBeats: boolean;
  /** List members that hear the holder on the segment. */
  readonly hearers: readonly { readonly node: NodeId; readonly sight: Sight }[];
  readonly mySight: Sight;
}

/** The line of the confirm table that matched; docs/takeover.md has the same table. */
export type Verdict =
  | { readonly line: "Answered"; readonly next: "PathFault" }
  | { readonly line: "AnsweredByOther"; readonly next: "Other" }
  | { readonly line: "NotAnnounced"; readonly next: "Taking"; readonly conceded: true }
  | { readonly line: "KernelOnly"; readonly next: "Care" }
  | { readonly line: "Conceded"; readonly next: "Taking"; readonly conceded: true }
  | { readonly line: "HolderSpeaks"; readonly next: "Hold" }
  | { readonly line: "HeardByMember"; readonly next: "Hold" }
  | { readonly line: "Silence"; readonly next: "Taking"; readonly conceded: false };

/** Reads the confirm table from above: the first line that matches decides. */
export function decide(seen: Evidence): Verdict {
  const { holder } = seen;
  // One process answers for all addresses of a holder: its heartbeats are lost, it is not.
  if (seen.answeredBy === "Holder") return { line: "Answered", next: "PathFault" };
  if (seen.answeredBy === "OtherSpeaker") return { line: "AnsweredByOther", next: "Other" };
  // It speaks, and not of these addresses. While it only starts, it may be about to resume: the kernel line.
  if (holder !== undefined && !holder.announces && (holder.ready || !seen.kernel))
    return { line: "NotAnnounced", next: "Taking", conceded: true };
  // Only the speaker is dead or being upgraded: nothing may move.
  if (seen.kernel) return { line: "KernelOnly", next: "Care" };
  // It lives, but its port sees less of the segment than mine.
  if (holder !== undefined && seen.mySight > holder.sight)
    return { line: "Conceded", next: "Taking", conceded: true };
  if (holder !== undefined || seen.nodeBeats) return { line: "HolderSpeaks", next: "Hold" };
  // My own port or this pair is broken - unless the member sees less than I do and sits on the wrong side with it.
  if (seen.hearers.some(({ sight }) => sight >= seen.mySight)) return { line: "HeardByMember", next: "Hold" };
  return { line: "Silence", next: "Taking", conceded: false };
}
