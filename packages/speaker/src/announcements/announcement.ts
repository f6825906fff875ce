import type { IpAddress } from "@fairlead/net/address.ts";
import type { Mac } from "@fairlead/net/mac.ts";

/** One address that is answered for on one interface. */
export interface Announcement {
  readonly address: IpAddress;
  readonly epoch: number;
  readonly interfaceIndex: number;
  readonly interfaceName: string;
  /** The MAC that is given out for the address. */
  readonly mac: Mac;
  /** The same MAC in transmission order, shared by all announcements of the interface. */
  readonly macBytes: Uint8Array;
}

/** Why an address that this node should answer for cannot be answered for; a stable word for programs. */
export type RefusalReason =
  | "NoInterface"
  | "InterfaceMissing"
  | "InterfaceExcluded"
  | "Loopback"
  | "Enslaved"
  | "NoArp"
  | "NoMac"
  | "NoCarrier";

/** A reason with what it means and what to do about it, for people. */
export interface Refusal {
  readonly reason: RefusalReason;
  readonly message: string;
}

/** What became of one address that this node may answer for. */
export type Resolution =
  | { readonly kind: "Announce"; readonly on: readonly Announcement[] }
  | { readonly kind: "Refused"; readonly refusal: Refusal };
