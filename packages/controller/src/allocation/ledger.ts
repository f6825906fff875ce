import { compareAddresses, FAMILIES, type Family, type IpAddress } from "@fairlead/net/address.ts";
import type { AddressRange } from "@fairlead/net/range.ts";
import type {
  Holding,
  LedgerRecord,
  LedgerView,
  ServiceKey,
  ShownOfOthers,
  Standing,
  Use,
} from "./holdings.ts";
import { type Entry, emptyEntry, holdOf, poolOf, standingOf, tenancyOf } from "./ledger-entry.ts";
import { type Filing, filingOf, LedgerIndex } from "./ledger-index.ts";
import type { Pool } from "./pool.ts";
import { clashOf, type Sharing, type Terms } from "./sharing.ts";

/** Releases that are remembered until the watch confirms them; older ones have long been confirmed. */
const REMEMBERED_DELETIONS = 20_000;

/** Source of what nodes and routers use. */
const NETWORK = "network";

/** Called with each address of which it has changed who has it, and who stands in the way of its being handed out now. */
export type LedgerListener = (address: IpAddress, standing: Standing) => void;

/**
 * Who holds which address: the VirtualIPs as read, what this process has just written and the watch has not brought back yet,
 * and what Services show in their status. All operations take O(log n) comparisons of held addresses.
 */
export class Ledger implements LedgerView {
  readonly #entries = new Map<string, { readonly entry: Entry; filing: Filing }>();
  readonly #index = new LedgerIndex();
  readonly #told = new Map<ServiceKey, readonly IpAddress[]>();
  readonly #terms = new Map<ServiceKey, Terms>();
  readonly #outside = new Map<string, readonly IpAddress[]>();
  readonly #lastHandedOut = new Map<string, bigint>();
  /** UIDs of VirtualIPs that this process deleted and that the watch may still show. */
  readonly #deleted = new Set<string>();
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
    return this.#index.services();
  }

  /** A VirtualIP was read or written. One that was deleted here is not believed again. */
  record(record: LedgerRecord): void {
    if (this.#deleted.has(record.uid)) return;
    this.#change(record.address, (entry) => {
      entry.record = record;
      entry.formerPool = record.pool ?? entry.formerPool;
      for (const service of [...entry.reservations.keys()]) {
        if (record.services.includes(service) || !this.#mayHold(entry, service))
          entry.reservations.delete(service);
      }
    });
  }

  /** A VirtualIP was deleted by somebody. The Service that shows the address keeps it, so that the record is made again. */
  recordGone(address: IpAddress, uid: string): void {
    if (this.#deleted.delete(uid)) return;
    this.#change(address, (entry) => {
      if (entry.record?.uid === uid) entry.record = undefined;
    });
  }

  /** This process deleted the VirtualIP: the address is free at once, whatever the watch still shows. */
  deleted(address: IpAddress, uid: string): void {
    this.#deleted.add(uid);
    for (const oldest of this.#deleted) {
      if (this.#deleted.size <= REMEMBERED_DELETIONS) break;
      this.#deleted.delete(oldest);
    }
    this.#change(address, (entry) => {
      if (entry.record?.uid !== uid) return;
      for (const service of entry.record.services) entry.told.delete(service);
      entry.record = undefined;
    });
  }

  /** The Service has let the address go, whatever its status still shows. */
  letGo(address: IpAddress, service: ServiceKey): void {
    this.#change(address, (entry) => {
      entry.reservations.delete(service);
      entry.told.delete(service);
    });
  }

  /** Holds an address for a Service until its VirtualIP says so. @throws if others hold it with whom it may not be shared */
  reserve(address: IpAddress, pool: string, service: ServiceKey): void {
    const standing = this.standing(address);
    const known = this.#entries.get(address.text);
    const holds = known?.filing.tenancy.holders.includes(service) === true;
    const hindered = known !== undefined && !holds && !this.#mayHold(known.entry, service);
    if (standing.kind === "Network" || hindered) throw new Error(`${address.text} is held already`);
    if (standing.kind === "Free") this.#lastHandedOut.set(`${pool} ${address.family}`, address.value);
    this.#change(address, (entry) => entry.reservations.set(service, pool));
  }

  /** Gives a reservation up. */
  cancel(address: IpAddress, service: ServiceKey): void {
    this.#change(address, (entry) => entry.reservations.delete(service));
  }

  /** Gives all reservations up. */
  cancelAll(): void {
    for (const { entry } of [...this.#entries.values()]) {
      if (entry.reservations.size > 0) this.#change(entry.address, () => entry.reservations.clear());
    }
  }

  /** The Service's status shows these addresses, and no others any more. @param since when the Service was created */
  tell(service: ServiceKey, addresses: readonly IpAddress[], since: string): void {
    const before = this.#told.get(service) ?? [];
    if (addresses.length === 0) this.#told.delete(service);
    else this.#told.set(service, addresses);
    for (const address of addresses) this.#change(address, (entry) => entry.told.set(service, since));
    const kept = new Set(addresses.map(({ text }) => text));
    for (const address of before) {
      if (!kept.has(address.text)) this.#change(address, (entry) => entry.told.delete(service));
    }
  }

  /** Under which terms the Service shares now. @param terms undefined: it has no sharing key */
  setTerms(service: ServiceKey, terms: Terms | undefined): void {
    if (JSON.stringify(terms) === JSON.stringify(this.#terms.get(service))) return;
    const set = (): void => {
      if (terms === undefined) this.#terms.delete(service);
      else this.#terms.set(service, terms);
    };
    const concerned = new Map(this.#index.of(service).map((entry) => [entry.address.text, entry]));
    for (const { text } of this.#told.get(service) ?? []) {
      const known = this.#entries.get(text);
      if (known !== undefined) concerned.set(text, known.entry);
    }
    set();
    for (const { address } of concerned.values()) this.#change(address, () => {}, true);
  }

  /** Addresses that somebody outside of the ledger uses: they are not handed out. @param source replaces what it said before */
  setOutside(
    source: string,
    addresses: readonly { readonly address: IpAddress; readonly what: string }[],
  ): void {
    const before = this.#outside.get(source) ?? [];
    if (addresses.length === 0) this.#outside.delete(source);
    else
      this.#outside.set(
        source,
        addresses.map(({ address }) => address),
      );
    for (const { address, what } of addresses) {
      this.#change(address, (entry) => entry.outside.set(source, what));
    }
    const kept = new Set(addresses.map(({ address }) => address.text));
    for (const address of before) {
      if (!kept.has(address.text)) this.#change(address, (entry) => entry.outside.delete(source));
    }
  }

  /** The same for one address. @param what undefined: it is used no more */
  setNetworkUse(address: IpAddress, what: string | undefined): void {
    this.#change(address, (entry) => {
      if (what === undefined) entry.outside.delete(NETWORK);
      else entry.outside.set(NETWORK, what);
    });
  }

  /** Where the pool was, as far as nothing newer is known. */
  continueFrom(pool: string, { family, value }: IpAddress): void {
    const key = `${pool} ${family}`;
    if (!this.#lastHandedOut.has(key)) this.#lastHandedOut.set(key, value);
  }

  holdings(service: ServiceKey): readonly Holding[] {
    const entries = [...this.#index.of(service)];
    entries.sort((a, b) => compareAddresses(a.address, b.address));
    return entries.map((entry) => ({
      address: entry.address,
      hold: holdOf(entry, this.#filingOf(entry.address)?.tenancy ?? { holders: [], disputing: [] }, service),
      pool: poolOf(entry),
      told: entry.told.has(service),
      claimed: entry.record?.claim === service && entry.record.releasedAtMs === undefined,
    }));
  }

  shownOfOthers(service: ServiceKey): readonly ShownOfOthers[] {
    return (this.#told.get(service) ?? []).flatMap((address) => {
      const { holders = [], disputing = [] } = this.#filingOf(address)?.tenancy ?? {};
      const has = holders.includes(service) || disputing.includes(service);
      return has ? [] : [{ address, holders }];
    });
  }

  poolOf(address: IpAddress): string | undefined {
    return this.#filingOf(address)?.pool;
  }

  networkUse(address: IpAddress): string | undefined {
    const [what] = this.#entries.get(address.text)?.entry.outside.values() ?? [];
    return what;
  }

  disputing(address: IpAddress): readonly ServiceKey[] {
    return this.#filingOf(address)?.tenancy.disputing ?? [];
  }

  /** The VirtualIP of the address. */
  recordOf(address: IpAddress): LedgerRecord | undefined {
    return this.#entries.get(address.text)?.entry.record;
  }

  standing(address: IpAddress): Standing {
    return this.#filingOf(address)?.standing ?? { kind: "Free" };
  }

  sharing(address: IpAddress): readonly Sharing[] {
    const known = this.#entries.get(address.text);
    if (known === undefined) return [];
    const { record, told } = known.entry;
    const sharers = new Map(record?.sharing.map((sharer) => [sharer.service, sharer]));
    return known.filing.tenancy.holders.map((service) => ({
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
    return [...this.#index.keptFor(service)]
      .sort((a, b) => compareNumbers(rank(a), rank(b)) || compareAddresses(a.address, b.address))
      .map(({ address }) => address);
  }

  sharedUnder(key: string): readonly IpAddress[] {
    return this.#index
      .sharedUnder(key)
      .map(({ address }) => address)
      .sort(compareAddresses);
  }

  firstFree(range: AddressRange, avoidBuggyIPs: boolean): bigint | undefined {
    return this.#index.taken.firstGap(range, avoidBuggyIPs);
  }

  releasedOf(pool: string): Iterable<IpAddress> {
    return this.#index.releasedOf(pool);
  }

  lastHandedOut(pool: string, family: Family): bigint | undefined {
    return this.#lastHandedOut.get(`${pool} ${family}`);
  }

  heldBy(namespace: string, pool: string, family: Family): number {
    return this.#index.heldBy(namespace, pool, family);
  }

  count(ranges: readonly AddressRange[], family: Family, use: Use): number {
    return this.#index.count(ranges, family, use);
  }

  /** How many held addresses were taken from the pool and are not among those that it offers any more. */
  strayOf({ name, offered, avoidBuggyIPs }: Pick<Pool, "name" | "offered" | "avoidBuggyIPs">): number {
    const held = this.#index.heldOf(name);
    if (held === undefined) return 0;
    return FAMILIES.reduce((rest, family) => rest - held.count(offered, family, avoidBuggyIPs), held.size);
  }

  taken(ranges: readonly AddressRange[], family: Family, avoidBuggyIPs: boolean): number {
    return this.#index.taken.count(ranges, family, avoidBuggyIPs);
  }

  /** Whether nothing that is known of the address stands against the Service holding it. */
  #mayHold(entry: Entry, service: ServiceKey): boolean {
    const { record } = entry;
    const keptForAnother = record !== undefined && record.services.length === 0 && record.claim !== service;
    if (keptForAnother && record.releasedAtMs === undefined) return false;
    const holders = record?.services ?? [];
    const others = new Set([...holders, ...entry.reservations.keys()].filter((one) => one !== service));
    return [...others].every(
      (other) =>
        clashOf(this.#terms.get(service), other, this.#terms.get(other), "AcrossNamespaces") === undefined,
    );
  }

  #filingOf(address: IpAddress): Filing | undefined {
    return this.#entries.get(address.text)?.filing;
  }

  /** @param always whether the listener is told even if the holders are the same */
  #change(address: IpAddress, edit: (entry: Entry) => void, always = false): void {
    const known = this.#entries.get(address.text);
    const entry = known?.entry ?? emptyEntry(address);
    if (known !== undefined) this.#index.remove(entry, known.filing);
    edit(entry);
    const filing = this.#fileAnew(entry);
    const { standing } = filing;
    const before = known?.filing.standing ?? { kind: "Free" };
    this.#held += Number(standing.kind === "Held") - Number(before.kind === "Held");
    if (standing.kind === "Free") this.#entries.delete(address.text);
    else {
      if (known === undefined) this.#entries.set(address.text, { entry, filing });
      else known.filing = filing;
      this.#index.add(entry, filing);
    }
    if (always || !sameStanding(before, standing)) this.#onChange(address, standing);
  }

  #fileAnew(entry: Entry): Filing {
    const tenancy = tenancyOf(entry, (service) => this.#terms.get(service));
    const keys = new Set(tenancy.holders.flatMap((service) => this.#terms.get(service)?.key ?? []));
    return filingOf(entry, tenancy, standingOf(entry, tenancy), [...keys]);
  }
}

function compareNumbers(a: number, b: number): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

function sameStanding(a: Standing, b: Standing): boolean {
  if (a.kind !== b.kind) return false;
  if (a.kind === "Held" && b.kind === "Held") return a.holders.join() === b.holders.join();
  if (a.kind === "Kept" && b.kind === "Kept") return a.claim === b.claim && a.released === b.released;
  return true;
}
