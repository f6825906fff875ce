import type { IpAddress } from "@fairlead/net/address.ts";
import type { LedgerRecord, ServiceKey } from "./holdings.ts";
import { LedgerBook } from "./ledger-book.ts";
import { type Entry, keptTerms } from "./ledger-entry.ts";
import { clashOf, isOfGroup } from "./sharing.ts";
import { isStatedBy, NO_STATEMENTS, stated, withdrawn } from "./statements.ts";

export type { LedgerListener } from "./ledger-book.ts";

/** Releases that are remembered until the watch confirms them; older ones have long been confirmed. */
const REMEMBERED_DELETIONS = 20_000;

/** Source of what nodes and routers use. */
const NETWORK = "network";

/**
 * Who holds which address: the VirtualIPs as read, what this process has just written and the watch has not brought back yet,
 * and what Services show in their status.
 */
export class Ledger extends LedgerBook {
  readonly #outside = new Map<string, readonly IpAddress[]>();
  /** UIDs of VirtualIPs that are known to be deleted and that the watch may still show. */
  readonly #deleted = new Set<string>();

  /** A VirtualIP was read or written. One that is known to be deleted is not believed again. */
  record(record: LedgerRecord): void {
    if (this.#deleted.has(record.uid)) return;
    this.change(record.address, (entry) => {
      entry.record = record;
      entry.formerPool = record.pool ?? entry.formerPool;
      for (const { by } of entry.reservations) {
        if (record.services.includes(by) || !this.#mayHold(entry, by))
          entry.reservations = withdrawn(entry.reservations, by);
      }
    });
  }

  /** A VirtualIP was deleted by somebody. The Service that shows the address keeps it, so that the record is made again. */
  recordGone(address: IpAddress, uid: string): void {
    if (this.#deleted.delete(uid)) return;
    this.change(address, (entry) => {
      if (entry.record?.uid === uid) entry.record = undefined;
    });
  }

  /** This process deleted the VirtualIP: the address is free at once, whatever the watch still shows. */
  deleted(address: IpAddress, uid: string): void {
    this.#remember(uid);
    this.change(address, (entry) => {
      if (entry.record?.uid !== uid) return;
      for (const service of entry.record.services) entry.told = withdrawn(entry.told, service);
      entry.record = undefined;
    });
  }

  /** A VirtualIP turned out to have been deleted by somebody, whatever the watch still shows. See {@link recordGone}. */
  lost(address: IpAddress, uid: string): void {
    if (this.recordOf(address)?.uid !== uid) return;
    this.#remember(uid);
    this.change(address, (entry) => {
      entry.record = undefined;
    });
  }

  /** The Service has let the address go, whatever its status still shows. */
  letGo(address: IpAddress, service: ServiceKey): void {
    this.change(address, (entry) => {
      entry.reservations = withdrawn(entry.reservations, service);
      entry.told = withdrawn(entry.told, service);
    });
  }

  /** Holds an address for a Service until its VirtualIP says so. @throws if others hold it with whom it may not be shared */
  reserve(address: IpAddress, pool: string, service: ServiceKey): void {
    const standing = this.standing(address);
    const known = this.entries.get(address.text);
    const holds = known?.filing.holders.includes(service) === true;
    const hindered = known !== undefined && !holds && !this.#mayHold(known, service);
    if (standing.kind === "Network" || hindered) throw new Error(`${address.text} is held already`);
    if (standing.kind === "Free") this.handedOut(pool, address);
    this.change(address, (entry) => {
      entry.reservations = stated(entry.reservations, service, pool);
    });
  }

  /** Gives a reservation up. */
  cancel(address: IpAddress, service: ServiceKey): void {
    this.change(address, (entry) => {
      entry.reservations = withdrawn(entry.reservations, service);
    });
  }

  /** Gives all reservations up. */
  cancelAll(): void {
    this.handOutNoMore();
    for (const entry of [...this.entries.values()]) {
      if (entry.reservations.length === 0) continue;
      this.change(entry.address, () => {
        entry.reservations = NO_STATEMENTS;
      });
    }
  }

  /** The Service's status shows these addresses, and no others any more. @param since when the Service was created */
  tell(service: ServiceKey, addresses: readonly IpAddress[], since: string): void {
    const before = this.#toldBy(service);
    for (const address of addresses) {
      this.change(address, (entry) => {
        entry.told = stated(entry.told, service, since);
      });
    }
    for (const address of before) {
      if (addresses.some(({ text }) => text === address.text)) continue;
      this.change(address, (entry) => {
        entry.told = withdrawn(entry.told, service);
      });
    }
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
      this.change(address, (entry) => {
        entry.outside = stated(entry.outside, source, what);
      });
    }
    const kept = new Set(addresses.map(({ address }) => address.text));
    for (const address of before) {
      if (kept.has(address.text)) continue;
      this.change(address, (entry) => {
        entry.outside = withdrawn(entry.outside, source);
      });
    }
  }

  /** The same for one address. @param what undefined: it is used no more */
  setNetworkUse(address: IpAddress, what: string | undefined): void {
    this.change(address, (entry) => {
      const { outside } = entry;
      entry.outside = what === undefined ? withdrawn(outside, NETWORK) : stated(outside, NETWORK, what);
    });
  }

  #remember(uid: string): void {
    this.#deleted.add(uid);
    for (const oldest of this.#deleted) {
      if (this.#deleted.size <= REMEMBERED_DELETIONS) break;
      this.#deleted.delete(oldest);
    }
  }

  #toldBy(service: ServiceKey): readonly IpAddress[] {
    const entries = this.index.of(service).filter(({ told }) => isStatedBy(told, service));
    return entries.map(({ address }) => address);
  }

  /** Whether nothing that is known of the address stands against the Service holding it. */
  #mayHold(entry: Entry, service: ServiceKey): boolean {
    const { record } = entry;
    const keptForAnother = record !== undefined && record.services.length === 0 && record.claim !== service;
    const isReserved = keptForAnother && record.releasedAtMs === undefined;
    if (isReserved && !isOfGroup(this.termsOf(service), keptTerms(record))) return false;
    const holders = record?.services ?? [];
    const reserving = entry.reservations.map(({ by }) => by);
    const others = new Set([...holders, ...reserving].filter((one) => one !== service));
    return [...others].every(
      (other) => clashOf(this.termsOf(service), other, this.termsOf(other), "AcrossNamespaces") === undefined,
    );
  }
}
