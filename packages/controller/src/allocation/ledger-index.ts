import type { Family, IpAddress } from "@fairlead/net/address.ts";
import { addressOf } from "@fairlead/net/address.ts";
import type { AddressRange } from "@fairlead/net/range.ts";
import { namespaceOf, type ServiceKey, type Standing, type Use } from "./holdings.ts";
import { type Entry, poolOf, type Tenancy } from "./ledger-entry.ts";
import { SortedValues } from "./sorted-values.ts";
import { TakenAddresses } from "./taken-addresses.ts";

/** What an entry is filed under. */
export interface Filing {
  readonly tenancy: Tenancy;
  readonly standing: Standing;
  readonly pool: string | undefined;
  /** Sharing keys of its holders. */
  readonly keys: readonly string[];
}

/** Finds entries by Service, claim, sharing key, pool and range. */
export class LedgerIndex {
  readonly taken = new TakenAddresses();
  readonly #used: Record<Use, TakenAddresses> = {
    held: new TakenAddresses(),
    reserved: new TakenAddresses(),
    released: new TakenAddresses(),
  };
  readonly #byService = new Map<ServiceKey, Map<string, Entry>>();
  readonly #byClaim = new Map<ServiceKey, Map<string, Entry>>();
  readonly #byKey = new Map<string, Map<string, Entry>>();
  /** For each pool, addresses that wait for their former Service, ordered by time of release. */
  readonly #released = new Map<string, SortedValues>();
  readonly #heldBy = new Map<string, number>();
  /** For each pool, the held addresses that were taken from it. */
  readonly #heldOf = new Map<string, TakenAddresses>();

  services(): IterableIterator<ServiceKey> {
    return this.#byService.keys();
  }

  /** Entries that the Service holds or disputes. */
  of(service: ServiceKey): readonly Entry[] {
    return [...(this.#byService.get(service)?.values() ?? [])];
  }

  /** Entries that nobody holds and that are kept for the Service. */
  keptFor(service: ServiceKey): readonly Entry[] {
    return [...(this.#byClaim.get(service)?.values() ?? [])];
  }

  sharedUnder(key: string): readonly Entry[] {
    return [...(this.#byKey.get(key)?.values() ?? [])];
  }

  *releasedOf(pool: string): IterableIterator<IpAddress> {
    for (const code of this.#released.get(pool) ?? []) yield addressOfCode(code);
  }

  heldBy(namespace: string, pool: string, family: Family): number {
    return this.#heldBy.get(quotaKey(namespace, pool, family)) ?? 0;
  }

  count(ranges: readonly AddressRange[], family: Family, use: Use): number {
    return this.#used[use].count(ranges, family, false);
  }

  /** Held addresses that were taken from the pool, wherever they lie now. */
  heldOf(pool: string): TakenAddresses | undefined {
    return this.#heldOf.get(pool);
  }

  add(entry: Entry, filing: Filing): void {
    const { address } = entry;
    const { standing, pool, keys } = filing;
    for (const service of members(filing)) file(this.#byService, service, entry);
    for (const key of keys) file(this.#byKey, key, entry);
    if (standing.kind !== "Free") this.taken.add(address);
    const use = useOf(standing);
    if (use !== undefined) this.#used[use].add(address);
    if (standing.kind === "Kept") {
      if (standing.claim !== undefined) file(this.#byClaim, standing.claim, entry);
      if (standing.released && pool !== undefined) this.#releasedIn(pool).add(codeOf(entry));
    }
    this.#countHolders(entry, filing, 1);
  }

  /** @param filing what it was filed under */
  remove(entry: Entry, filing: Filing): void {
    const { address } = entry;
    const { standing, pool, keys } = filing;
    for (const service of members(filing)) unfile(this.#byService, service, entry);
    for (const key of keys) unfile(this.#byKey, key, entry);
    if (standing.kind !== "Free") this.taken.delete(address);
    const use = useOf(standing);
    if (use !== undefined) this.#used[use].delete(address);
    if (standing.kind === "Kept") {
      if (standing.claim !== undefined) unfile(this.#byClaim, standing.claim, entry);
      if (standing.released && pool !== undefined) this.#releasedIn(pool).delete(codeOf(entry));
    }
    this.#countHolders(entry, filing, -1);
  }

  #releasedIn(pool: string): SortedValues {
    const known = this.#released.get(pool);
    if (known !== undefined) return known;
    const made = new SortedValues();
    this.#released.set(pool, made);
    return made;
  }

  #countHolders({ address }: Entry, { tenancy, pool }: Filing, by: 1 | -1): void {
    if (pool === undefined || tenancy.holders.length === 0) return;
    const held = this.#heldOf.get(pool) ?? new TakenAddresses();
    if (by === 1) this.#heldOf.set(pool, held);
    if (by === 1) held.add(address);
    else held.delete(address);
    for (const namespace of new Set(tenancy.holders.map(namespaceOf))) {
      const key = quotaKey(namespace, pool, address.family);
      const count = (this.#heldBy.get(key) ?? 0) + by;
      if (count === 0) this.#heldBy.delete(key);
      else this.#heldBy.set(key, count);
    }
  }
}

/** What an entry is to be filed under. */
export function filingOf(
  entry: Entry,
  tenancy: Tenancy,
  standing: Standing,
  keys: readonly string[],
): Filing {
  return { tenancy, standing, pool: poolOf(entry), keys };
}

function members({ tenancy }: Filing): readonly ServiceKey[] {
  return tenancy.disputing.length === 0 ? tenancy.holders : [...tenancy.holders, ...tenancy.disputing];
}

function useOf(standing: Standing): Use | undefined {
  if (standing.kind === "Held") return "held";
  if (standing.kind === "Kept") return standing.released ? "released" : "reserved";
  return undefined;
}

function quotaKey(namespace: string, pool: string, family: Family): string {
  return `${namespace}/${pool}/${family}`;
}

function file(map: Map<string, Map<string, Entry>>, key: string, entry: Entry): void {
  const entries = map.get(key);
  if (entries === undefined) map.set(key, new Map([[entry.address.text, entry]]));
  else entries.set(entry.address.text, entry);
}

function unfile(map: Map<string, Map<string, Entry>>, key: string, entry: Entry): void {
  const entries = map.get(key);
  entries?.delete(entry.address.text);
  if (entries?.size === 0) map.delete(key);
}

/** Time of release, family and address in one number, so that order of numbers is order of time. */
function codeOf({ address, record }: Entry): bigint {
  const family = address.family === "IPv4" ? 0n : 1n;
  return (BigInt(record?.releasedAtMs ?? 0) << 129n) | (family << 128n) | address.value;
}

function addressOfCode(code: bigint): IpAddress {
  const family = (code >> 128n) & 1n ? "IPv6" : "IPv4";
  return addressOf(family, code & ((1n << 128n) - 1n));
}
