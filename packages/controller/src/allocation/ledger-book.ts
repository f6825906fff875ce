import type { ForeignClaim } from "@fairlead/api/virtual-ip.ts";
import { compareAddresses, FAMILIES, type Family, type IpAddress } from "@fairlead/net/address.ts";
import type { AddressRange } from "@fairlead/net/range.ts";
import type {
  Former,
  Holding,
  LedgerRecord,
  LedgerView,
  Quarantined,
  ServiceKey,
  ShownOfOthers,
  Standing,
  Use,
} from "./holdings.ts";
import { type Entry, emptyEntry, type Filing, filingOf, holdOf } from "./ledger-entry.ts";
import { LedgerIndex } from "./ledger-index.ts";
import type { Pool } from "./pool.ts";
import type { Sharing, Terms } from "./sharing.ts";
import { isStatedBy } from "./statements.ts";

/**
 * Called with each address of which it has changed who has it or of which pool, with who stands in the way of its being handed
 * out now, and how it was before.
 */
export type LedgerListener = (address: IpAddress, standing: Standing, former: Former) => void;

/** What is known of each address, and what may be asked. All operations take O(log n) comparisons of held addresses. */
export class LedgerBook implements LedgerView {
  protected readonly entries = new Map<string, Entry>();
  protected readonly index = new LedgerIndex();
  readonly #terms = new Map<ServiceKey, Terms>();
  /** By pool and family: what this process handed out last, and what the pool's status says of others. */
  readonly #lastHandedOut = new Map<string, bigint>();
  readonly #lastTold = new Map<string, bigint>();
  readonly #onChange: LedgerListener;
  #held = 0;

  constructor(onChange: LedgerListener = () => {}) {
    this.#onChange = onChange;
  }

  /** Number of addresses that Services hold. */
  get size(): number {
    return this.#held;
  }

  /** Services that hold, or show, an address. */
  services(): IterableIterator<ServiceKey> {
    return this.index.services();
  }

  /** Under which terms the Service shares now. @param terms undefined: it has no sharing key */
  setTerms(service: ServiceKey, terms: Terms | undefined): void {
    if (JSON.stringify(terms) === JSON.stringify(this.#terms.get(service))) return;
    const concerned = this.index.of(service);
    if (terms === undefined) this.#terms.delete(service);
    else this.#terms.set(service, terms);
    for (const { address } of concerned) this.change(address, () => {}, true);
  }

  /** Where the pool's status says it is; what this process handed out itself is newer. */
  continueFrom(pool: string, { family, value }: IpAddress): void {
    this.#lastTold.set(`${pool} ${family}`, value);
  }

  /** The pool has handed the address out. */
  protected handedOut(pool: string, { family, value }: IpAddress): void {
    this.#lastHandedOut.set(`${pool} ${family}`, value);
  }

  /** From now on others hand out. */
  protected handOutNoMore(): void {
    this.#lastHandedOut.clear();
  }

  holdings(service: ServiceKey): readonly Holding[] {
    const entries = this.index.of(service).filter((entry) => isTenant(entry, service));
    if (entries.length > 1) entries.sort((a, b) => compareAddresses(a.address, b.address));
    return entries.map((entry) => ({
      address: entry.address,
      hold: holdOf(entry, service),
      pool: entry.filing.pool,
      told: isStatedBy(entry.told, service),
      claimed: entry.record?.claim === service && entry.record.releasedAtMs === undefined,
    }));
  }

  shownOfOthers(service: ServiceKey): readonly ShownOfOthers[] {
    return this.index
      .of(service)
      .filter((entry) => !isTenant(entry, service))
      .map(({ address, filing }) => ({ address, holders: filing.holders }));
  }

  poolOf(address: IpAddress): string | undefined {
    return this.entries.get(address.text)?.filing.pool;
  }

  foreignUse(address: IpAddress): ForeignClaim | undefined {
    return this.entries.get(address.text)?.record?.foreign;
  }

  quarantined(mac?: string): readonly Quarantined[] {
    return this.index
      .quarantined(mac)
      .flatMap(({ address, record }) =>
        record?.foreign === undefined ? [] : [{ address, foreign: record.foreign }],
      )
      .sort((a, b) => compareAddresses(a.address, b.address));
  }

  networkUse(address: IpAddress): string | undefined {
    return this.entries.get(address.text)?.outside[0]?.what;
  }

  disputing(address: IpAddress): readonly ServiceKey[] {
    return this.entries.get(address.text)?.filing.disputing ?? [];
  }

  contending(address: IpAddress): readonly ServiceKey[] {
    return this.entries.get(address.text)?.filing.contending ?? [];
  }

  /** The VirtualIP of the address. */
  recordOf(address: IpAddress): LedgerRecord | undefined {
    return this.entries.get(address.text)?.record;
  }

  standing(address: IpAddress): Standing {
    return this.entries.get(address.text)?.filing.standing ?? { kind: "Free" };
  }

  sharing(address: IpAddress): readonly Sharing[] {
    const known = this.entries.get(address.text);
    if (known === undefined) return [];
    const { record, filing } = known;
    const sharers = new Map(record?.sharing.map((sharer) => [sharer.service, sharer]));
    const told = new Set(known.told.map(({ by }) => by));
    return filing.holders.map((service) => ({
      service,
      terms: this.#terms.get(service),
      sharer: sharers.get(service),
      told: told.has(service),
    }));
  }

  termsOf(service: ServiceKey): Terms | undefined {
    return this.#terms.get(service);
  }

  keptFor(service: ServiceKey): readonly IpAddress[] {
    const rank = ({ record }: Entry): number => -(record?.releasedAtMs ?? Number.POSITIVE_INFINITY);
    return [...this.index.keptFor(service)]
      .sort((a, b) => compareNumbers(rank(a), rank(b)) || compareAddresses(a.address, b.address))
      .map(({ address }) => address);
  }

  sharedUnder(key: string): readonly IpAddress[] {
    return this.#under(key, ({ holders }) => holders.length > 0);
  }

  keptUnder(key: string): readonly IpAddress[] {
    return this.#under(key, ({ standing }) => standing.kind === "Kept");
  }

  #under(key: string, isMeant: (filing: Filing) => boolean): readonly IpAddress[] {
    return this.index
      .sharedUnder(key)
      .flatMap(({ address, filing }) => (isMeant(filing) ? address : []))
      .sort(compareAddresses);
  }

  firstFree(range: AddressRange, avoidBuggyIPs: boolean): bigint | undefined {
    return this.index.taken.firstGap(range, avoidBuggyIPs);
  }

  releasedOf(pool: string, family: Family): Iterable<IpAddress> {
    return this.index.releasedOf(pool, family);
  }

  lastHandedOut(pool: string, family: Family): bigint | undefined {
    const key = `${pool} ${family}`;
    return this.#lastHandedOut.get(key) ?? this.#lastTold.get(key);
  }

  heldBy(namespace: string, pool: string, family: Family): number {
    return this.index.heldBy(namespace, pool, family);
  }

  count(ranges: readonly AddressRange[], family: Family, use: Use): number {
    return this.index.count(ranges, family, use);
  }

  /** How many held addresses were taken from the pool and are not among those that it offers any more. */
  strayOf({ name, offered, avoidBuggyIPs }: Pick<Pool, "name" | "offered" | "avoidBuggyIPs">): number {
    const held = this.index.heldOf(name);
    if (held === undefined) return 0;
    return FAMILIES.reduce((rest, family) => rest - held.count(offered, family, avoidBuggyIPs), held.size);
  }

  taken(ranges: readonly AddressRange[], family: Family, avoidBuggyIPs: boolean): number {
    return this.index.taken.count(ranges, family, avoidBuggyIPs);
  }

  /** Edits an entry and finds out what follows from that. @param always whether the listener is told even if the holders are the same */
  protected change(address: IpAddress, edit: (entry: Entry) => void, always = false): void {
    const known = this.entries.get(address.text);
    const entry = known ?? emptyEntry(address);
    if (known !== undefined) this.index.remove(entry);
    const { standing: before, pool: formerPool } = entry.filing;
    const wasSettled = isSettled(entry);
    const [use] = entry.outside;
    const wasForeign = entry.record?.foreign !== undefined;
    edit(entry);
    entry.filing = filingOf(entry, (service) => this.#terms.get(service));
    const { standing, pool } = entry.filing;
    // Nobody gets, or joins, an address that the network or somebody else on the LAN uses, whoever holds it or waits for it.
    const isForeign = entry.record?.foreign !== undefined;
    const otherUse = entry.outside[0]?.what !== use?.what || isForeign !== wasForeign;
    this.#held += Number(standing.kind === "Held") - Number(before.kind === "Held");
    if (standing.kind === "Free") this.entries.delete(address.text);
    else {
      if (known === undefined) this.entries.set(address.text, entry);
      this.index.add(entry);
    }
    // Nobody may join while it is not clear who has it.
    const settled = !wasSettled && isSettled(entry);
    const onlyPool = !always && !otherUse && !settled && sameStanding(before, standing);
    if (!onlyPool || pool !== formerPool)
      this.#onChange(address, standing, { standing: before, pool: formerPool, onlyPool });
  }
}

/** Whether the Service has the address, or disputes that others have it. */
function isTenant({ filing }: Entry, service: ServiceKey): boolean {
  return filing.holders.includes(service) || filing.disputing.includes(service);
}

/** Whether nobody shows the address whose it may turn out not to be. */
function isSettled({ filing: { disputing, contending } }: Entry): boolean {
  return disputing.length === 0 && contending.length === 0;
}

function compareNumbers(a: number, b: number): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

function sameMembers(a: readonly ServiceKey[], b: readonly ServiceKey[]): boolean {
  if (a.length !== b.length) return false;
  if (a.length === 1) return a[0] === b[0];
  const members = new Set(a);
  return b.every((one) => members.has(one));
}

function sameStanding(a: Standing, b: Standing): boolean {
  if (a.kind !== b.kind) return false;
  // Which of several comes first changes while each tries to secure what all of them show: that must not wake the others.
  if (a.kind === "Held" && b.kind === "Held") return sameMembers(a.holders, b.holders);
  if (a.kind !== "Kept" || b.kind !== "Kept") return true;
  const sameTerms = JSON.stringify(a.terms) === JSON.stringify(b.terms);
  return sameTerms && a.claim === b.claim && a.released === b.released;
}
