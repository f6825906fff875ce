import type { IpAddress } from "@fairlead/net/address.ts";
import type { Hold, LedgerRecord, ServiceKey, Standing } from "./holdings.ts";
import { clashOf, MOST_HOLDERS, recordedTerms, type Terms } from "./sharing.ts";
import { isStatedBy, NO_STATEMENTS, type Statements } from "./statements.ts";

/** All that is known of one address. There are as many of these as held addresses: what is empty is shared. */
export interface Entry {
  readonly address: IpAddress;
  record: LedgerRecord | undefined;
  /** Services for which it was chosen, and the pool it was chosen from. */
  reservations: Statements;
  /** Services whose status shows the address, and since when they exist (RFC 3339). */
  told: Statements;
  /** Who uses it outside of our ledger, and as what: nodes and routers, by source. */
  outside: Statements;
  formerPool: string | undefined;
  /** What follows from all that, and what the entry is found by. */
  filing: Filing;
}

/** Who has the address. */
export interface Tenancy {
  /** In order of seniority. */
  readonly holders: readonly ServiceKey[];
  /** Services whose status shows the address while its VirtualIP names others, none of which shows it. */
  readonly disputing: readonly ServiceKey[];
  /** Services whose status shows the address still though it is others' without a dispute. */
  readonly contending: readonly ServiceKey[];
}

/** What an entry stands for. */
export interface Filing extends Tenancy {
  readonly standing: Standing;
  /** The pool under which the address is held or kept. */
  readonly pool: string | undefined;
  /** Sharing keys of its holders, or of the one for whom it is kept. */
  readonly keys: readonly string[];
}

const NOBODY: readonly ServiceKey[] = [];
const FREE: Standing = { kind: "Free" };
const UNFILED: Filing = {
  holders: NOBODY,
  disputing: NOBODY,
  contending: NOBODY,
  standing: FREE,
  pool: undefined,
  keys: NOBODY,
};

/** One of which nothing is known yet. */
export function emptyEntry(address: IpAddress): Entry {
  return {
    address,
    record: undefined,
    reservations: NO_STATEMENTS,
    told: NO_STATEMENTS,
    outside: NO_STATEMENTS,
    formerPool: undefined,
    filing: UNFILED,
  };
}

/** What follows from what is known. */
export function filingOf(entry: Entry, termsOf: (service: ServiceKey) => Terms | undefined): Filing {
  const { holders, disputing, contending } = tenancyOf(entry, termsOf);
  const standing = standingOf(entry, holders, disputing);
  const keys = new Set(holders.flatMap((service) => termsOf(service)?.key ?? []));
  if (standing.kind === "Kept" && standing.terms !== undefined) keys.add(standing.terms.key);
  return {
    holders,
    disputing,
    contending,
    standing,
    pool: entry.record?.pool ?? entry.reservations[0]?.what ?? entry.formerPool,
    keys: keys.size === 0 ? NOBODY : [...keys],
  };
}

/**
 * Who has the address. A record decides, then reservations. A status counts where there is no record, where its Service may
 * share with those on record, or where the address is kept for it; where a status alone speaks against the record, that is
 * a dispute. Of several Services that show an unrecorded address, the oldest has it, and those that may share with it, as many
 * as a record can name.
 */
function tenancyOf(entry: Entry, termsOf: (service: ServiceKey) => Terms | undefined): Tenancy {
  const { record, reservations, told } = entry;
  const recorded = record?.services ?? NOBODY;
  const unrecorded = [...reservations, ...told].some(({ by }) => !recorded.includes(by));
  if (!unrecorded) return { holders: recorded, disputing: NOBODY, contending: NOBODY };
  const holders = [...recorded];
  for (const { by } of reservations) if (!holders.includes(by)) holders.push(by);
  const shown = told.some(({ by }) => holders.includes(by));
  const disputing: ServiceKey[] = [];
  const contending: ServiceKey[] = [];
  for (const service of bySeniority(told)) {
    if (holders.includes(service)) continue;
    const terms = termsOf(service);
    const joins = holders.every(
      (holder) => clashOf(terms, holder, termsOf(holder), "AcrossNamespaces") === undefined,
    );
    const kept = record !== undefined && recorded.length === 0 && record.claim !== service;
    if (joins && !kept && holders.length < MOST_HOLDERS) holders.push(service);
    else if (record !== undefined && !shown && reservations.length === 0) disputing.push(service);
    else contending.push(service);
  }
  return { holders, disputing: orNobody(disputing), contending: orNobody(contending) };
}

function orNobody(services: readonly ServiceKey[]): readonly ServiceKey[] {
  return services.length === 0 ? NOBODY : services;
}

/** How a Service that has, or disputes, the address comes to it. */
export function holdOf({ record, reservations, filing }: Entry, service: ServiceKey): Hold {
  if (record?.services.includes(service)) return "Recorded";
  if (isStatedBy(reservations, service)) return "Reserved";
  return filing.disputing.includes(service) ? "Disputed" : "Told";
}

/** Under which terms the Service for which the address is kept shared it. */
export function keptTerms({ claim, sharing }: LedgerRecord): Terms | undefined {
  const sharer = claim === undefined ? undefined : sharing.find(({ service }) => service === claim);
  return sharer && recordedTerms(sharer);
}

/** Who stands in the way of the address being handed out. */
function standingOf(
  { record, outside }: Entry,
  holders: readonly ServiceKey[],
  disputing: readonly ServiceKey[],
): Standing {
  if (holders.length > 0) return { kind: "Held", holders };
  if (disputing.length > 0) return { kind: "Held", holders: disputing };
  if (record?.foreign !== undefined && record.claim === undefined)
    return { kind: "Quarantined", foreign: record.foreign };
  if (record !== undefined) {
    const terms = keptTerms(record);
    const released = record.releasedAtMs !== undefined;
    return { kind: "Kept", claim: record.claim, released, ...(terms && { terms }) };
  }
  const what = outside[0]?.what;
  return what === undefined ? FREE : { kind: "Network", what };
}

function bySeniority(told: Statements): readonly ServiceKey[] {
  return [...told]
    .sort((a, b) => (a.what !== b.what ? (a.what < b.what ? -1 : 1) : a.by < b.by ? -1 : 1))
    .map(({ by }) => by);
}
