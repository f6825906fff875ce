import type { IpAddress } from "@fairlead/net/address.ts";
import type { Mac } from "@fairlead/net/mac.ts";

/** One address that is answered for on one interface. */
export interface Announcement {
  readonly address: IpAddress;
  readonly interfaceIndex: number;
  readonly interfaceName: string;
  /** The MAC that is given out for the address: the interface's own, or the holder's when caretaking. */
  readonly mac: Mac;
  /** The same MAC in transmission order. */
  readonly macBytes: Uint8Array;
  /** Answered in the place of a holder whose speaker is dead. */
  readonly caretaking: boolean;
}

/** An interface on which an address could be answered for. */
export interface Place {
  readonly interfaceIndex: number;
  readonly interfaceName: string;
  /** The interface's own MAC. */
  readonly mac: Mac;
  /** The same MAC in transmission order, shared by all places on the interface. */
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

/**
 * What became of one address that this node may answer for. `waiting`: interfaces that would do if they had a link; who holds
 * the address there still has to hand it over.
 */
export type Resolution =
  | { readonly kind: "Announce"; readonly on: readonly Place[]; readonly waiting: readonly Place[] }
  | { readonly kind: "Refused"; readonly refusal: Refusal; readonly waiting: readonly Place[] };
