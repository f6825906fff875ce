import type { Family, IpAddress } from "@fairlead/net/address.ts";
import { addressOf } from "@fairlead/net/address.ts";
import type { AddressRange } from "@fairlead/net/range.ts";
import { CountedAddresses } from "./counted-addresses.ts";
import { EntriesBy } from "./entries-by.ts";
import { namespaceOf, type ServiceKey, type Standing, type Use } from "./holdings.ts";
import type { Entry } from "./ledger-entry.ts";
import { SortedValues } from "./sorted-values.ts";
import { TakenAddresses } from "./taken-addresses.ts";

/** Finds entries by Service, claim, sharing key, pool and range. */
export class LedgerIndex {
  readonly taken = new TakenAddresses();
  /** Of the taken ones, those that are not held: few, so that the held ones are counted as what is left. */
  readonly #unheld = {
    reserved: new CountedAddresses(),
    released: new CountedAddresses(),
    quarantined: new CountedAddresses(),
    network: new CountedAddresses(),
  };
  /** Entries in quarantine by MAC address. */
  readonly #byMac = new EntriesBy();
  readonly #byService = new EntriesBy();
  readonly #byClaim = new EntriesBy();
  readonly #byKey = new EntriesBy();
  /** For each pool and family, addresses that wait for their former Service, ordered by time of release. */
  readonly #released = new Map<string, SortedValues>();
  readonly #heldBy = new Map<string, number>();
  /** For each pool, the held addresses that were taken from it. */
  readonly #heldOf = new Map<string, CountedAddresses>();

  services(): IterableIterator<ServiceKey> {
    return this.#byService.keys();
  }

  /** Entries that the Service holds, disputes or shows. */
  of(service: ServiceKey): readonly Entry[] {
    return this.#byService.get(service);
  }

  /** Entries that nobody holds and that are kept for the Service. */
  keptFor(service: ServiceKey): readonly Entry[] {
    return this.#byClaim.get(service);
  }

  /** Entries that are held under the key, or kept for one who shared them under it. */
  sharedUnder(key: string): readonly Entry[] {
    return this.#byKey.get(key);
  }

  *releasedOf(pool: string, family: Family): IterableIterator<IpAddress> {
    for (const code of this.#released.get(`${pool} ${family}`) ?? [])
      yield addressOf(family, code & ADDRESS_BITS);
  }

  heldBy(namespace: string, pool: string, family: Family): number {
    return this.#heldBy.get(quotaKey(namespace, pool, family)) ?? 0;
  }

  count(ranges: readonly AddressRange[], family: Family, use: Use): number {
    const count = (set: CountedAddresses): number => set.count(ranges, family, false);
    if (use !== "held") return count(this.#unheld[use]);
    const { reserved, released, quarantined, network } = this.#unheld;
    const unheld = [reserved, released, quarantined, network];
    return unheld.reduce((rest, set) => rest - count(set), count(this.taken));
  }

  /** Entries in quarantine. @param mac only those that this one answers for */
  quarantined(mac?: string): readonly Entry[] {
    if (mac !== undefined) return this.#byMac.get(mac);
    return [...this.#byMac.keys()].flatMap((one) => this.#byMac.get(one));
  }

  /** Held addresses that were taken from the pool, wherever they lie now. */
  heldOf(pool: string): CountedAddresses | undefined {
    return this.#heldOf.get(pool);
  }

  /** Files an entry that is not free under what its filing says. */
  add(entry: Entry): void {
    const { address, filing } = entry;
    const { standing, pool, keys } = filing;
    for (const service of members(entry)) this.#byService.add(service, entry);
    for (const key of keys) this.#byKey.add(key, entry);
    this.taken.add(address);
    this.#unheldOf(standing)?.add(address);
    if (standing.kind === "Quarantined") this.#byMac.add(standing.foreign.mac, entry);
    if (standing.kind === "Kept") {
      if (standing.claim !== undefined) this.#byClaim.add(standing.claim, entry);
      if (standing.released && pool !== undefined) this.#releasedIn(pool, address.family).add(codeOf(entry));
    }
    this.#countHolders(entry, 1);
  }

  /** Takes an entry out, while it and its filing are as they were when it was added. */
  remove(entry: Entry): void {
    const { address, filing } = entry;
    const { standing, pool, keys } = filing;
    for (const service of members(entry)) this.#byService.delete(service, entry);
    for (const key of keys) this.#byKey.delete(key, entry);
    this.taken.delete(address);
    this.#unheldOf(standing)?.delete(address);
    if (standing.kind === "Quarantined") this.#byMac.delete(standing.foreign.mac, entry);
    if (standing.kind === "Kept") {
      if (standing.claim !== undefined) this.#byClaim.delete(standing.claim, entry);
      if (standing.released && pool !== undefined)
        this.#releasedIn(pool, address.family).delete(codeOf(entry));
    }
    this.#countHolders(entry, -1);
  }

  #unheldOf(standing: Standing): CountedAddresses | undefined {
    if (standing.kind === "Network") return this.#unheld.network;
    if (standing.kind === "Quarantined") return this.#unheld.quarantined;
    if (standing.kind !== "Kept") return undefined;
    return standing.released ? this.#unheld.released : this.#unheld.reserved;
  }

  #releasedIn(pool: string, family: Family): SortedValues {
    const key = `${pool} ${family}`;
    const known = this.#released.get(key);
    if (known !== undefined) return known;
    const made = new SortedValues();
    this.#released.set(key, made);
    return made;
  }

  #countHolders({ address, filing: { holders, pool } }: Entry, by: 1 | -1): void {
    if (pool === undefined || holders.length === 0) return;
    const held = this.#heldOf.get(pool) ?? new CountedAddresses();
    this.#heldOf.set(pool, held);
    if (by === 1) held.add(address);
    else held.delete(address);
    for (const namespace of new Set(holders.map(namespaceOf))) {
      const key = quotaKey(namespace, pool, address.family);
      const count = (this.#heldBy.get(key) ?? 0) + by;
      if (count === 0) this.#heldBy.delete(key);
      else this.#heldBy.set(key, count);
    }
  }
}

/** Those that have the address, or show it. */
function members({ filing: { holders, disputing }, told }: Entry): readonly ServiceKey[] {
  const others = told.filter(({ by }) => !holders.includes(by));
  if (others.length === 0 && disputing.length === 0) return holders;
  return [...new Set([...holders, ...disputing, ...others.map(({ by }) => by)])];
}

function quotaKey(namespace: string, pool: string, family: Family): string {
  return `${namespace}/${pool}/${family}`;
}

/** Time of release and address in one number, so that order of numbers is order of time. */
function codeOf({ address, record }: Entry): bigint {
  return (BigInt(record?.releasedAtMs ?? 0) << 128n) | address.value;
}

const ADDRESS_BITS = (1n << 128n) - 1n;
