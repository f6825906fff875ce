import type { TakeoverKeys } from "@fairlead/api/takeover-keys.ts";
import type { IpAddress } from "@fairlead/net/address.ts";
import type { Mac } from "@fairlead/net/mac.ts";
import type { LogFields } from "@fairlead/runtime/log.ts";
import type { Memory, Reason } from "@fairlead/takeover/environment.ts";
import type { PresentInterface } from "../announcements/present-interface.ts";
import type { SnapshotUpdate } from "../announcements/snapshot.ts";
import type { MissedHeartbeats } from "../failover/measures.ts";
import type { NeighborNode } from "../failover/neighbors.ts";
import type { Trouble } from "../failover/troubles.ts";
import type { Quarantined } from "../quarantine/rounds.ts";

/** What the control thread tells the wire thread. */
export type ToWire =
  | { readonly type: "update"; readonly update: SnapshotUpdate }
  /** All nodes with a speaker, this one included. */
  | { readonly type: "nodes"; readonly nodes: readonly NeighborNode[] }
  | { readonly type: "keys"; readonly keys: TakeoverKeys | undefined }
  /** All that this node asks for, and no others. */
  | { readonly type: "quarantined"; readonly addresses: readonly Quarantined[] }
  | { readonly type: "ping"; readonly id: number }
  /** `Restart`: this process will be back, so others answer in its place meanwhile. `Leave`: everything is handed over first. */
  | { readonly type: "stop"; readonly manner: "Restart" | "Leave" };

/** What the wire thread tells the control thread. */
export type FromWire =
  | { readonly type: "interfaces"; readonly interfaces: readonly PresentInterface[] }
  /** By address; undefined: nothing is done for it any more. */
  | { readonly type: "states"; readonly states: ReadonlyMap<string, AddressState | undefined> }
  /** What should outlive a restart. */
  | { readonly type: "memories"; readonly memories: readonly KeptMemory[] }
  /** All that is wrong on the segments and lasts. */
  | { readonly type: "troubles"; readonly troubles: readonly Trouble[] }
  /** This node and another announced the same addresses, and this one gave way. */
  | { readonly type: "split"; readonly split: Split }
  | { readonly type: "missed"; readonly missed: readonly MissedHeartbeats[] }
  | { readonly type: "pong"; readonly id: number }
  | {
      readonly type: "log";
      readonly level: "error" | "warn" | "info" | "debug";
      readonly event: string;
      readonly fields: LogFields;
    }
  | { readonly type: "stopped" };

/** See the report SplitBrain of the failover protocol. */
export interface Split {
  readonly interface: string;
  readonly peer: string;
  /** One of the addresses. */
  readonly address: string;
  readonly addresses: number;
  /** At most. */
  readonly lastedMs: number;
}

/** A memory of the failover protocol on one interface; without placement and claim it is to be forgotten. */
export interface KeptMemory {
  readonly interface: string;
  readonly memory: Memory;
}

/** What is true on the wire for an address that this node may answer for. */
export type AddressState =
  | {
      readonly kind: "Announcing";
      readonly on: readonly AnnouncedOn[];
      /** Who claims it too. */
      readonly contested?: ForeignHost;
    }
  /** It is placed here and cannot be answered for. */
  | {
      readonly kind: "Refused";
      readonly epoch: number;
      readonly reason: string;
      readonly message: string;
      /** Who has it, if that is why. */
      readonly foreign?: ForeignHost;
    }
  /** It is not ours to answer for, and asked for; in which quarantine, and since when nobody answers, RFC 3339. */
  | { readonly kind: "Quarantined"; readonly since: string; readonly quietSince: string | undefined }
  /** Nothing is decided yet: the wire and the others are being asked, or another node has it. */
  | { readonly kind: "Waiting" }
  /** This process answered for it and let it go. */
  | { readonly kind: "LetGo" };

/** Somebody on the LAN who is no speaker. */
export interface ForeignHost {
  /** Name of the interface on which it was heard. */
  readonly interface: string;
  readonly mac: Mac;
  /** What is known to have that MAC address. */
  readonly machine?: string;
}

/** One place where an address is answered for, and the claim under which it is. */
export interface AnnouncedOn {
  readonly interface: string;
  readonly mac: string;
  /** Since when without a break, RFC 3339 to the second. */
  readonly since: string;
  readonly epoch: number;
  readonly step: number;
  readonly provisional: boolean;
  /** Why it began. */
  readonly reason: Reason;
}

/** What the wire thread is started with. */
export interface WireStart {
  readonly node: string;
  /** Patterns of interface names that are never used. */
  readonly excludedInterfaces: readonly string[];
  /** See GratuitousSchedule. */
  readonly refreshMs: number;
  /** The UDP port on which speakers talk. */
  readonly takeoverPort: number;
  /** This node's own address, and the UDP port on which speakers talk by it; undefined: it is not known. */
  readonly nodePath: { readonly address: IpAddress; readonly port: number } | undefined;
  /** Whether a dead speaker's addresses are answered for with its MAC. */
  readonly caretake: boolean;
  /** Whether pings to announced addresses are answered. */
  readonly answerPing: boolean;
  /** What the last process kept. */
  readonly memories: readonly KeptMemory[];
  /** The memory of the counts, see `counts.ts`. */
  readonly counts: SharedArrayBuffer;
}
