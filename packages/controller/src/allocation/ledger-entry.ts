import type { IpAddress } from "@fairlead/net/address.ts";
import type { Hold, LedgerRecord, ServiceKey, Standing } from "./holdings.ts";
import { clashOf, type Terms } from "./sharing.ts";

/** All that is known of one address. */
export interface Entry {
  readonly address: IpAddress;
  record: LedgerRecord | undefined;
  /** Services for which it was chosen, and the pool it was chosen from. */
  readonly reservations: Map<ServiceKey, string>;
  /** Services whose status shows the address, and since when they exist (RFC 3339). */
  readonly told: Map<ServiceKey, string>;
  /** Who uses it outside of our ledger: nodes, routers, Services of others; by source. */
  readonly outside: Map<string, string>;
  formerPool: string | undefined;
}

/** What an entry stands for. */
export interface Tenancy {
  /** In order of seniority. */
  readonly holders: readonly ServiceKey[];
  /** Services whose status shows the address while its VirtualIP names others, none of which shows it. */
  readonly disputing: readonly ServiceKey[];
}

export function emptyEntry(address: IpAddress): Entry {
  const [reservations, told, outside] = [new Map(), new Map(), new Map()];
  return { address, record: undefined, reservations, told, outside, formerPool: undefined };
}

/**
 * Who has the address. A record decides, then reservations. A status counts where there is no record, where its Service may
 * share with those on record, or where the address is kept for it; where a status alone speaks against the record, that is
 * a dispute. Of several Services that show an unrecorded address, the oldest has it, and all that may share with it.
 */
export function tenancyOf(entry: Entry, termsOf: (service: ServiceKey) => Terms | undefined): Tenancy {
  const { record, reservations, told } = entry;
  const holders = [...(record?.services ?? [])];
  for (const service of reservations.keys()) if (!holders.includes(service)) holders.push(service);
  if (told.size === 0) return { holders, disputing: [] };
  const shown = holders.some((service) => told.has(service));
  const disputing: ServiceKey[] = [];
  for (const service of bySeniority(told)) {
    if (holders.includes(service)) continue;
    const terms = termsOf(service);
    const joins = holders.every(
      (holder) => clashOf(terms, holder, termsOf(holder), "AcrossNamespaces") === undefined,
    );
    const kept = record !== undefined && record.services.length === 0 && record.claim !== service;
    if (joins && !kept) holders.push(service);
    else if (record !== undefined && !shown && reservations.size === 0) disputing.push(service);
  }
  return { holders, disputing };
}

/** How a Service of the tenancy comes to the address. */
export function holdOf(entry: Entry, { disputing }: Tenancy, service: ServiceKey): Hold {
  if (entry.record?.services.includes(service)) return "Recorded";
  if (entry.reservations.has(service)) return "Reserved";
  return disputing.includes(service) ? "Disputed" : "Told";
}

/** Who stands in the way of the address being handed out. */
export function standingOf(entry: Entry, { holders, disputing }: Tenancy): Standing {
  if (holders.length > 0) return { kind: "Held", holders };
  if (disputing.length > 0) return { kind: "Held", holders: disputing };
  const { record } = entry;
  if (record !== undefined)
    return { kind: "Kept", claim: record.claim, released: record.releasedAtMs !== undefined };
  const [what] = entry.outside.values();
  return what === undefined ? { kind: "Free" } : { kind: "Network", what };
}

/** The pool under which the address is held. */
export function poolOf(entry: Entry): string | undefined {
  const [reserved] = entry.reservations.values();
  return entry.record?.pool ?? reserved ?? entry.formerPool;
}

function bySeniority(told: ReadonlyMap<ServiceKey, string>): readonly ServiceKey[] {
  if (told.size === 1) return [...told.keys()];
  return [...told]
    .sort(([a, left], [b, right]) => (left !== right ? (left < right ? -1 : 1) : a < b ? -1 : 1))
    .map(([service]) => service);
}
