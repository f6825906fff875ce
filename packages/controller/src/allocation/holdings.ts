import type { ForeignClaim, Sharer } from "@fairlead/api/virtual-ip.ts";
import type { Family, IpAddress } from "@fairlead/net/address.ts";
import type { AddressRange } from "@fairlead/net/range.ts";
import type { Sharing, Terms } from "./sharing.ts";

/** A Service as `namespace/name`. */
export type ServiceKey = string;

/** The namespace of a Service. */
export function namespaceOf(service: ServiceKey): string {
  return service.slice(0, service.indexOf("/"));
}

/**
 * What makes an address the Service's:
 * `Recorded`: a VirtualIP says so. `Reserved`: it was chosen, its VirtualIP is about to be written.
 * `Told`: the Service's status shows it and no VirtualIP says otherwise, so the record is to be made again.
 * `Disputed`: the Service's status shows it and the VirtualIP names others, none of whose statuses shows it.
 */
export type Hold = "Recorded" | "Reserved" | "Told" | "Disputed";

/** An address of a Service. */
export interface Holding {
  readonly address: IpAddress;
  readonly hold: Hold;
  /** The pool that the record or reservation names, or the last record named; undefined if none ever did. */
  readonly pool: string | undefined;
  /** Whether the Service's status shows it. */
  readonly told: boolean;
  /** Whether a person keeps it for this Service, whatever the pool says. */
  readonly claimed: boolean;
}

/** A VirtualIP as the ledger keeps it. */
export interface LedgerRecord {
  readonly address: IpAddress;
  /** Undefined: it was made by hand and no pool has been found for it yet. */
  readonly pool: string | undefined;
  readonly services: readonly ServiceKey[];
  /** The Service for which it is kept while it has no holder. */
  readonly claim: ServiceKey | undefined;
  /** When its last holder let it go, in ms since 1970, if it waits for that one to come back. */
  readonly releasedAtMs: number | undefined;
  readonly sharing: readonly Sharer[];
  /** Who else on the LAN has it, if nobody ever served with it. */
  readonly foreign?: ForeignClaim | undefined;
  /** UID of the VirtualIP. */
  readonly uid: string;
}

/** Who stands in the way of an address being handed out. */
export type Standing =
  | { readonly kind: "Free" }
  /** In order of seniority. */
  | { readonly kind: "Held"; readonly holders: readonly ServiceKey[] }
  /** Nobody holds it; `released`: its former holder let it go a moment ago; `terms`: under which the one for which it is kept shared it. */
  | {
      readonly kind: "Kept";
      readonly claim: ServiceKey | undefined;
      readonly released: boolean;
      readonly terms?: Terms | undefined;
    }
  /** Nobody holds it, since somebody else on the LAN answers for it. */
  | { readonly kind: "Quarantined"; readonly foreign: ForeignClaim }
  /** A node or a router uses it. @property what such as `the address of node "n1"` */
  | { readonly kind: "Network"; readonly what: string };

/** Who had an address, and of which pool. */
export interface Former {
  readonly standing: Standing;
  readonly pool: string | undefined;
  /** Whether nothing but the pool is another now. */
  readonly onlyPool: boolean;
}

/** An address that a Service's status shows and that others have. */
export interface ShownOfOthers {
  readonly address: IpAddress;
  readonly holders: readonly ServiceKey[];
}

/** What of a range is not free. */
export type Use = "held" | "reserved" | "released" | "quarantined";

/** An address that nobody gets, and who else on the LAN has it. */
export interface Quarantined {
  readonly address: IpAddress;
  readonly foreign: ForeignClaim;
}

/** What a decision may ask. */
export interface LedgerView {
  /** In order of address. */
  holdings(service: ServiceKey): readonly Holding[];
  /** Addresses that the Service's status shows and that others have. */
  shownOfOthers(service: ServiceKey): readonly ShownOfOthers[];
  standing(address: IpAddress): Standing;
  /** The pool under which the address is held or kept, as its record has it. */
  poolOf(address: IpAddress): string | undefined;
  /** Who else on the LAN has an address that is on record and that nobody ever served with. */
  foreignUse(address: IpAddress): ForeignClaim | undefined;
  /** In order of address. @param mac only those that this one answers for */
  quarantined(mac?: string): readonly Quarantined[];
  /** What a node or a router uses the address as, whoever holds it. */
  networkUse(address: IpAddress): string | undefined;
  /** Services whose status shows the address while its record names others, none of which shows it. */
  disputing(address: IpAddress): readonly ServiceKey[];
  /** Services whose status shows the address still though it is others' without a dispute. */
  contending(address: IpAddress): readonly ServiceKey[];
  /** Those who hold the address, in order of seniority, and the terms under which they do. */
  sharing(address: IpAddress): readonly Sharing[];
  termsOf(service: ServiceKey): Terms | undefined;
  /** Addresses that nobody holds and that are kept for the Service: reserved ones in order, then released ones, the last first. */
  keptFor(service: ServiceKey): readonly IpAddress[];
  /** Addresses that are held under this sharing key, in order. */
  sharedUnder(key: string): readonly IpAddress[];
  /** Addresses that nobody holds and that are kept for one who shared them under this key, in order. */
  keptUnder(key: string): readonly IpAddress[];
  /** The lowest address of the range that is free. */
  firstFree(range: AddressRange, avoidBuggyIPs: boolean): bigint | undefined;
  /** Addresses of the pool that wait for their former Service, those that wait longest first. */
  releasedOf(pool: string, family: Family): Iterable<IpAddress>;
  /** The address of the pool that was handed out last. */
  lastHandedOut(pool: string, family: Family): bigint | undefined;
  /** How many addresses of the pool the Services of a namespace hold. */
  heldBy(namespace: string, pool: string, family: Family): number;
  /** How many addresses of the ranges are used in this way. */
  count(ranges: readonly AddressRange[], family: Family, use: Use): number;
  /** How many addresses of the ranges are not free, those of nodes and routers included. */
  taken(ranges: readonly AddressRange[], family: Family, avoidBuggyIPs: boolean): number;
}
