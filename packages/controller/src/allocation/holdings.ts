import type { Family, IpAddress } from "@fairlead/net/address.ts";
import type { AddressRange } from "@fairlead/net/range.ts";

/** A Service as `namespace/name`. */
export type ServiceKey = string;

/**
 * What makes an address the Service's:
 * `Recorded`: a VirtualIP says so. `Reserved`: it was chosen, its VirtualIP is about to be created.
 * `Told`: the Service's status shows it and no VirtualIP says otherwise, so the record is to be made again.
 */
export type Hold = "Recorded" | "Reserved" | "Told";

/** An address of a Service. */
export interface Holding {
  readonly address: IpAddress;
  readonly hold: Hold;
  /** The pool that the record or reservation names, or the last record named; undefined if none ever did. */
  readonly pool: string | undefined;
  /** Whether the Service's status shows it. */
  readonly told: boolean;
}

/** A VirtualIP as the ledger keeps it. */
export interface LedgerRecord {
  readonly address: IpAddress;
  readonly pool: string;
  readonly services: readonly ServiceKey[];
  /** UID of the VirtualIP. */
  readonly uid: string;
}

/** What a decision may ask. */
export interface LedgerView {
  /** In order of address. */
  holdings(service: ServiceKey): readonly Holding[];
  /** The Services that hold the address; empty if nobody does, undefined if it is recorded for nobody. */
  holders(address: IpAddress): readonly ServiceKey[] | undefined;
  isFree(address: IpAddress): boolean;
  /** The lowest address of the range that nobody holds. */
  firstFree(range: AddressRange, avoidBuggyIPs: boolean): bigint | undefined;
  /** How many addresses of the range are held; with `avoidBuggyIPs`, of those that may be handed out. */
  heldIn(range: AddressRange, avoidBuggyIPs: boolean): number;
}

/** How many of the addresses in these ranges are held. */
export function heldIn(
  ledger: LedgerView,
  ranges: readonly AddressRange[],
  family: Family,
  avoidBuggyIPs: boolean,
): number {
  return ranges.reduce(
    (sum, range) => (range.family === family ? sum + ledger.heldIn(range, avoidBuggyIPs) : sum),
    0,
  );
}
