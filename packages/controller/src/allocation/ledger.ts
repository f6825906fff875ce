import { compareAddresses, type IpAddress } from "@fairlead/net/address.ts";
import type { AddressRange } from "@fairlead/net/range.ts";
import type { Holding, LedgerRecord, LedgerView, ServiceKey } from "./holdings.ts";
import { SortedValues } from "./sorted-values.ts";
import { isBuggy, ordinalOf, usableOrdinals, valueOfOrdinal } from "./usable.ts";

interface Entry {
  readonly address: IpAddress;
  record: LedgerRecord | undefined;
  reservation: { readonly service: ServiceKey; readonly pool: string } | undefined;
  /** Services whose status shows the address, and since when they exist (RFC 3339). */
  readonly told: Map<ServiceKey, string>;
  formerPool: string | undefined;
}

interface Told {
  readonly addresses: readonly IpAddress[];
}

/** Releases that are remembered until the watch confirms them; older ones have long been confirmed. */
const REMEMBERED_RELEASES = 20_000;

/**
 * Who holds which address: the VirtualIPs as read, what this process has just written and the watch has not brought back yet,
 * and what Services show in their status. All operations take O(log n) comparisons of held addresses.
 */
export class Ledger implements LedgerView {
  readonly #entries = new Map<string, Entry>();
  readonly #services = new Map<ServiceKey, Map<string, Entry>>();
  readonly #told = new Map<ServiceKey, Told>();
  readonly #held = { IPv4: new SortedValues(), IPv6: new SortedValues() };
  readonly #usableHeld = new SortedValues();
  /** UIDs of VirtualIPs that this process deleted and that the watch may still show. */
  readonly #released = new Set<string>();
  readonly #onChange: (address: IpAddress, held: boolean) => void;

  /** @param onChange called with each address that was free and is held, or the other way round */
  constructor(onChange: (address: IpAddress, held: boolean) => void = () => {}) {
    this.#onChange = onChange;
  }

  /** Number of addresses that are held. */
  get size(): number {
    return this.#entries.size;
  }

  /** Services that hold, or show, an address. */
  services(): IterableIterator<ServiceKey> {
    return this.#services.keys();
  }

  /** A VirtualIP was read or written. One that was deleted here is not believed again. */
  record(record: LedgerRecord): void {
    if (this.#released.has(record.uid)) return;
    this.#change(record.address, (entry) => {
      entry.record = record;
      entry.formerPool = record.pool;
      const reservation = entry.reservation;
      if (reservation !== undefined && record.services.includes(reservation.service))
        entry.reservation = undefined;
    });
  }

  /** A VirtualIP was deleted by somebody. The Service that shows the address keeps it, so that the record is made again. */
  recordGone(address: IpAddress, uid: string): void {
    if (this.#released.delete(uid)) return;
    this.#change(address, (entry) => {
      if (entry.record?.uid === uid) entry.record = undefined;
    });
  }

  /** This process deleted the VirtualIP: the address is free at once, whatever the watch still shows. */
  released(address: IpAddress, uid: string): void {
    this.#released.add(uid);
    for (const oldest of this.#released) {
      if (this.#released.size <= REMEMBERED_RELEASES) break;
      this.#released.delete(oldest);
    }
    this.#change(address, (entry) => {
      if (entry.record?.uid !== uid) return;
      for (const service of entry.record.services) entry.told.delete(service);
      entry.record = undefined;
    });
  }

  /** Holds a free address for a Service until its VirtualIP is recorded. @throws if somebody else holds it */
  reserve(address: IpAddress, pool: string, service: ServiceKey): void {
    const holders = this.holders(address);
    if (holders === undefined || holders.some((holder) => holder !== service)) {
      throw new Error(`${address.text} is held already`);
    }
    this.#change(address, (entry) => {
      entry.reservation = { service, pool };
    });
  }

  /** Gives a reservation up. */
  cancel(address: IpAddress, service: ServiceKey): void {
    this.#change(address, (entry) => {
      if (entry.reservation?.service === service) entry.reservation = undefined;
    });
  }

  /** Gives all reservations up. */
  cancelAll(): void {
    for (const entry of [...this.#entries.values()]) {
      if (entry.reservation !== undefined) this.cancel(entry.address, entry.reservation.service);
    }
  }

  /** The Service's status shows these addresses, and no others any more. @param since when the Service was created */
  tell(service: ServiceKey, addresses: readonly IpAddress[], since: string): void {
    const before = this.#told.get(service)?.addresses ?? [];
    if (addresses.length === 0) this.#told.delete(service);
    else this.#told.set(service, { addresses });
    for (const address of addresses) {
      this.#change(address, (entry) => entry.told.set(service, since));
    }
    const kept = new Set(addresses.map(({ text }) => text));
    for (const address of before) {
      if (!kept.has(address.text)) this.#change(address, (entry) => entry.told.delete(service));
    }
  }

  holdings(service: ServiceKey): readonly Holding[] {
    const entries = [...(this.#services.get(service)?.values() ?? [])];
    entries.sort((a, b) => compareAddresses(a.address, b.address));
    return entries.map((entry) => ({
      address: entry.address,
      hold: entry.record !== undefined ? "Recorded" : entry.reservation !== undefined ? "Reserved" : "Told",
      pool: entry.record?.pool ?? entry.reservation?.pool ?? entry.formerPool,
      told: entry.told.has(service),
    }));
  }

  /** The VirtualIP of the address. */
  recordOf(address: IpAddress): LedgerRecord | undefined {
    return this.#entries.get(address.text)?.record;
  }

  holders(address: IpAddress): readonly ServiceKey[] | undefined {
    const entry = this.#entries.get(address.text);
    if (entry === undefined) return [];
    const holders = holdersOf(entry);
    return holders.length === 0 ? undefined : holders;
  }

  isFree(address: IpAddress): boolean {
    return !this.#entries.has(address.text);
  }

  firstFree(range: AddressRange, avoidBuggyIPs: boolean): bigint | undefined {
    if (avoidBuggyIPs && range.family === "IPv4") {
      const usable = usableOrdinals(range);
      if (usable === undefined) return undefined;
      const ordinal = this.#usableHeld.firstGap(usable.first);
      return ordinal > usable.last ? undefined : valueOfOrdinal(ordinal);
    }
    const value = this.#held[range.family].firstGap(range.first);
    return value > range.last ? undefined : value;
  }

  heldIn(range: AddressRange, avoidBuggyIPs: boolean): number {
    if (avoidBuggyIPs && range.family === "IPv4") {
      const usable = usableOrdinals(range);
      return usable === undefined ? 0 : countBetween(this.#usableHeld, usable.first, usable.last);
    }
    return countBetween(this.#held[range.family], range.first, range.last);
  }

  #change(address: IpAddress, edit: (entry: Entry) => void): void {
    const known = this.#entries.get(address.text);
    const entry = known ?? {
      address,
      record: undefined,
      reservation: undefined,
      told: new Map(),
      formerPool: undefined,
    };
    const before = holdersOf(entry);
    edit(entry);
    for (const service of before) this.#unlink(service, entry);
    for (const service of holdersOf(entry)) this.#link(service, entry);
    const held = entry.record !== undefined || entry.reservation !== undefined || entry.told.size > 0;
    if (held && known === undefined) this.#add(entry);
    if (!held && known !== undefined) this.#remove(entry);
  }

  #add(entry: Entry): void {
    this.#entries.set(entry.address.text, entry);
    const { family, value } = entry.address;
    this.#held[family].add(value);
    if (family === "IPv4" && !isBuggy(value)) this.#usableHeld.add(ordinalOf(value));
    this.#onChange(entry.address, true);
  }

  #remove(entry: Entry): void {
    this.#entries.delete(entry.address.text);
    const { family, value } = entry.address;
    this.#held[family].delete(value);
    if (family === "IPv4" && !isBuggy(value)) this.#usableHeld.delete(ordinalOf(value));
    this.#onChange(entry.address, false);
  }

  #link(service: ServiceKey, entry: Entry): void {
    const entries = this.#services.get(service) ?? new Map<string, Entry>();
    this.#services.set(service, entries.set(entry.address.text, entry));
  }

  #unlink(service: ServiceKey, entry: Entry): void {
    const entries = this.#services.get(service);
    entries?.delete(entry.address.text);
    if (entries?.size === 0) this.#services.delete(service);
  }
}

/** A record decides, then a reservation; of several Services that show an unrecorded address, the oldest has it. */
function holdersOf(entry: Entry): readonly ServiceKey[] {
  if (entry.record !== undefined) return entry.record.services;
  if (entry.reservation !== undefined) return [entry.reservation.service];
  let oldest: [ServiceKey, string] | undefined;
  for (const [service, since] of entry.told) {
    if (oldest === undefined || since < oldest[1] || (since === oldest[1] && service < oldest[0])) {
      oldest = [service, since];
    }
  }
  return oldest === undefined ? [] : [oldest[0]];
}

function countBetween(values: SortedValues, first: bigint, last: bigint): number {
  return values.countBelow(last + 1n) - values.countBelow(first);
}
