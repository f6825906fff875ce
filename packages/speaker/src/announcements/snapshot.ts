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
  /** By its record no node but the owner announces it. @default false: one may */
  readonly nowhereElse?: boolean;
}

/** The difference between one immutable snapshot and the next, so that a change costs what it changes. */
export interface SnapshotUpdate {
  readonly set: readonly PlacedAddress[];
  readonly removed: readonly IpAddress[];
}

/** Whether both say the same decision. */
export function samePlaced(a: PlacedAddress | undefined, b: PlacedAddress | undefined): boolean {
  if (a === undefined || b === undefined) return a === b;
  return (
    a.address.text === b.address.text &&
    a.epoch === b.epoch &&
    sameList(a.nodes, b.nodes) &&
    (a.interfaces === undefined || b.interfaces === undefined
      ? a.interfaces === b.interfaces
      : sameList(a.interfaces, b.interfaces))
  );
}

function sameList(a: readonly string[], b: readonly string[]): boolean {
  return a.length === b.length && a.every((item, i) => item === b[i]);
}
