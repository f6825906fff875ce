import type { IpAddress } from "@fairlead/net/address.ts";
import type { Mac } from "@fairlead/net/mac.ts";
import type { Claim, NodeId } from "./claims/claim.ts";
import type { Clock } from "./clock.ts";
import type { CodecDrop, Keyring } from "./messages/codec.ts";
import type { Path } from "./messages/message.ts";
import type { FreshnessDrop } from "./peers/freshness.ts";

/** A speaker's node on this segment, as its Speaker object says. */
export interface Peer {
  readonly id: NodeId;
  readonly mac: Mac;
  /** An address that the node's kernel answers for on this segment, even when the speaker is dead. */
  readonly kernel: IpAddress | undefined;
}

/** What the controller decided about one address on this segment. */
export interface Placement {
  readonly address: IpAddress;
  readonly epoch: number;
  /** The owner, then its stand-ins; at most 8. */
  readonly list: readonly NodeId[];
  /** Nobody ever announced it: the wire is asked longer, and a stranger's answer forbids it. */
  readonly first: boolean;
  /** By its record no node but the owner announces it. @default false: one may */
  readonly nowhereElse?: boolean;
}

/** What outlives a restart in a file. Knowledge, never a right to announce. */
export interface Memory {
  readonly address: IpAddress;
  readonly placement: Placement | undefined;
  readonly top: Claim | undefined;
  readonly list: readonly NodeId[];
}

/** Why this node began or ended to announce an address. */
export type Reason =
  | "Placed"
  | "HolderDead"
  | "HolderConceded"
  | "SpeakerDead"
  | "Vacant"
  | "Offered"
  | "Resumed"
  | "Reasserted"
  | "WitnessBack"
  | "HigherClaim"
  | "WireTakenOver"
  | "Removed";

/** What people should know; each is told when it is seen, so whoever shows it decides how long it lasts. */
export type Report =
  /** The holder answers on the wire, its heartbeats do not arrive. */
  | { readonly type: "HeartbeatPath"; readonly holder: NodeId }
  /** A speaker claims on the wire and no signed word of it arrives. */
  | { readonly type: "HeartbeatBlocked"; readonly peer: NodeId }
  /** A MAC of no speaker answers for an address of ours. */
  | { readonly type: "Conflict"; readonly address: IpAddress; readonly mac: Mac }
  /** Before anybody announced the address, a node's MAC answered for it, and no speaker says that it is announced there. */
  | {
      readonly type: "AnsweredByNode";
      readonly address: IpAddress;
      readonly mac: Mac;
      readonly peer: NodeId;
    }
  /** Two machines use one node's name. */
  | { readonly type: "DuplicateNode"; readonly peer: NodeId }
  /** This node gave way to another that announced the same addresses at the same time; told by the one that gives way. */
  | {
      readonly type: "SplitBrain";
      readonly peer: NodeId;
      /** One of them. */
      readonly address: IpAddress;
      readonly addresses: number;
      /** At most: nobody knows when the other began. */
      readonly lastedMs: number;
    }
  /** The gateway does not answer: what is announced is offered to others, and what is placed here is not announced. */
  | { readonly type: "AnchorLost" }
  /** Others acknowledge on the segment and nobody on the node path: what is announced is offered to who hears others there. */
  | { readonly type: "NodePathLost" }
  | { readonly type: "Stalled"; readonly lateMs: number };

/** Figures; nothing depends on them. */
export type Measurement =
  /** A round found out why a holder's heartbeats stopped: its node is dead or gives up (`Taking`), or only its speaker (`Care`). */
  | { readonly type: "Detected"; readonly found: "Taking" | "Care"; readonly silentMs: number }
  /** So long after the holder's last heartbeat its addresses are announced here. */
  | { readonly type: "TakenOver"; readonly silentMs: number; readonly addresses: number }
  /** For so long, at most, this node and another announced the same addresses. */
  | { readonly type: "Overlap"; readonly lastedMs: number; readonly addresses: number }
  /** Heartbeats of a holder that did not come when they were due. */
  | { readonly type: "Missed"; readonly holder: NodeId; readonly path: Path; readonly heartbeats: number }
  /** Addresses began to be answered for in the place of a dead speaker. */
  | { readonly type: "Caretaking"; readonly addresses: number }
  /** Nothing is answered for until others have been asked. */
  | { readonly type: "Doubt" };

/**
 * Why a message or frame had no effect; each is counted. `Unchecked`: its sender does not know this process, and very many of those turned out
 * to be forged. `NoKey`: it was to be sent, and there is no key to sign with.
 */
export type Drop =
  | CodecDrop
  | FreshnessDrop
  | "OtherSegment"
  | "Own"
  | "Unchecked"
  | "NotItsHolder"
  | "NoKey";

/** Everything that the protocol does to the world. Nothing here may call back into the protocol at once. */
export interface Environment {
  readonly clock: Clock;
  readonly keys: Keyring;
  send(to: NodeId, path: Path, datagram: Uint8Array): void;
  /** Asks the segment who has this address: ARP probe or neighbor solicitation. Answers come back by `onSeen`. */
  probe(target: IpAddress): void;
  /** Answer for the address with the own MAC from now on, and tell the segment with a burst of gratuitous frames. */
  announce(address: IpAddress): void;
  /** Another burst for an address that is announced. */
  announceAgain(address: IpAddress): void;
  stop(address: IpAddress): void;
  /** Answer for the address with another node's MAC, to everybody but other speakers. */
  caretake(address: IpAddress, mac: Mac): void;
  relieve(address: IpAddress): void;
  /** While silent, nothing is answered for, and requests that wait are dropped. */
  silence(on: boolean): void;
  /** Which claim is announced under, or none any more: what the status says. */
  tell(address: IpAddress, claim: Claim | undefined, reason: Reason): void;
  report(report: Report): void;
  measured(what: Measurement): void;
  /** Keep this for the next start; without placement and claim, forget it. */
  keep(memory: Memory): void;
  drop(reason: Drop): void;
}
