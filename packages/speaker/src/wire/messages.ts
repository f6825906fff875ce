import type { LogFields } from "@fairlead/runtime/log.ts";
import type { PresentInterface } from "../announcements/present-interface.ts";
import type { SnapshotUpdate } from "../announcements/snapshot.ts";

/** What the control thread tells the wire thread. */
export type ToWire =
  | { readonly type: "update"; readonly update: SnapshotUpdate }
  | { readonly type: "ping"; readonly id: number }
  | { readonly type: "stop" };

/** What the wire thread tells the control thread. */
export type FromWire =
  | { readonly type: "interfaces"; readonly interfaces: readonly PresentInterface[] }
  /** By address; undefined: nothing is done for it any more. */
  | { readonly type: "states"; readonly states: ReadonlyMap<string, AddressState | undefined> }
  | { readonly type: "pong"; readonly id: number }
  | {
      readonly type: "log";
      readonly level: "error" | "warn" | "info" | "debug";
      readonly event: string;
      readonly fields: LogFields;
    }
  | { readonly type: "stopped" };

/** What is true on the wire for an address that this node may answer for. */
export type AddressState =
  | { readonly kind: "Announcing"; readonly epoch: number; readonly on: readonly AnnouncedOn[] }
  | {
      readonly kind: "Refused";
      readonly epoch: number;
      readonly reason: string;
      readonly message: string;
    };

/** One place where an address is answered for. */
export interface AnnouncedOn {
  readonly interface: string;
  readonly mac: string;
  /** Since when without a break, RFC 3339 to the second. */
  readonly since: string;
}

/** What the wire thread is started with. */
export interface WireStart {
  readonly node: string;
  /** Patterns of interface names that are never used. */
  readonly excludedInterfaces: readonly string[];
  /** See GratuitousSchedule. */
  readonly refreshMs: number;
  /** The memory of the counts, see `counts.ts`. */
  readonly counts: SharedArrayBuffer;
}
