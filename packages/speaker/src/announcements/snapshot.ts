import type { IpAddress } from "@fairlead/net/address.ts";

/** Where one address lives, as the controller decided it. Knowledge only: see `right.ts` for the right to answer. */
export interface PlacedAddress {
  readonly address: IpAddress;
  /** Grows with every decision about this address. */
  readonly epoch: number;
  /** The owner first, then its stand-ins. */
  readonly nodes: readonly string[];
  /** Names of the interfaces to answer on; undefined: the interface that carries the address's subnet. */
  readonly interfaces: readonly string[] | undefined;
  /** Nobody is recorded to announce it: before it is, the wire is asked longer, and a stranger's answer forbids it. */
  readonly first: boolean;
}

/** The difference between one immutable snapshot and the next, so that a change costs what it changes. */
export interface SnapshotUpdate {
  readonly set: readonly PlacedAddress[];
  readonly removed: readonly IpAddress[];
}
