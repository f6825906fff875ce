import { type Claim, type NodeId, sameClaim } from "../claims/claim.ts";
import { type Entry, itemOf } from "../core/ledger.ts";
import { fingerprint } from "../messages/digest.ts";
import type { Heartbeat, Page } from "../messages/message.ts";
import { SAMPLES } from "../timing.ts";

/** One address that a stand-in would take over from a holder. */
export interface Duty {
  readonly entry: Entry;
  /** The holder's, as it said itself. */
  readonly claim: Claim;
  readonly list: readonly NodeId[];
}

interface Collected {
  readonly revision: number;
  readonly of: number;
  readonly pages: Set<number>;
  readonly addresses: Set<string>;
}

/** The most addresses that are asked for one by one. */
const MOST_UNCONFIRMED = 64;
/** So many lists, besides two for each address, are kept though no duty has them any more. */
const MOST_OLD_LISTS = 32;

/** What a stand-in stands in for towards one holder: only what the holder itself said, never what the API says. */
export class Duties {
  readonly #duties = new Map<string, Duty>();
  readonly #lists = new Map<string, readonly NodeId[]>();
  #digest = 0n;
  #confirmed = false;
  #collected: Collected | undefined;

  get size(): number {
    return this.#duties.size;
  }

  has(entry: Entry): boolean {
    return this.#duties.has(entry.address.text);
  }

  get(entry: Entry): Duty | undefined {
    return this.#duties.get(entry.address.text);
  }

  /** The lists that there are, or were, by their text. Equal lists are one and the same in all duties. */
  get lists(): ReadonlyMap<string, readonly NodeId[]> {
    return this.#lists;
  }

  all(): IterableIterator<Duty> {
    return this.#duties.values();
  }

  set({ entry, claim, list }: Duty): void {
    const before = this.get(entry)?.claim;
    const duty = { entry, claim, list: this.#shared(list) };
    if (sameClaim(claim, before)) {
      this.#duties.set(entry.address.text, duty);
      return;
    }
    this.delete(entry);
    this.#duties.set(entry.address.text, duty);
    this.#digest ^= fingerprint(itemOf(entry, claim));
  }

  /** @returns whether it was there */
  delete(entry: Entry): boolean {
    const duty = this.get(entry);
    if (duty === undefined) return false;
    this.#duties.delete(entry.address.text);
    this.#digest ^= fingerprint(itemOf(entry, duty.claim));
    return true;
  }

  /** Compares with what the holder counts. @returns whether both have the same set */
  confirm(beat: Heartbeat): boolean {
    this.#confirmed = beat.addresses === this.size && beat.digest === this.#digest;
    return this.#confirmed;
  }

  /**
   * Takes note of one page of the holder's whole set, whose addresses have been set before. @returns what is not in the
   * set any more, once all of its pages have come
   */
  page(page: Page, addresses: readonly string[]): readonly Duty[] {
    if (this.#collected?.revision !== page.revision || this.#collected.of !== page.of)
      this.#collected = { revision: page.revision, of: page.of, pages: new Set(), addresses: new Set() };
    const collected = this.#collected;
    collected.pages.add(page.number);
    for (const address of addresses) collected.addresses.add(address);
    if (collected.pages.size < page.of) return [];
    this.#collected = undefined;
    return [...this.#duties].filter(([address]) => !collected.addresses.has(address)).map(([, duty]) => duty);
  }

  /** Those that a round asks the wire for: a few stand for all, unless it is not sure that the holder has them all. */
  samples(): readonly Duty[] {
    return [...this.#duties.values()].slice(0, this.#confirmed ? SAMPLES : MOST_UNCONFIRMED);
  }

  #shared(list: readonly NodeId[]): readonly NodeId[] {
    if (this.size === 0) this.#lists.clear();
    const key = list.join();
    const known = this.#lists.get(key);
    if (known !== undefined) return known;
    if (this.#lists.size >= 2 * this.size + MOST_OLD_LISTS) this.#forgetOldLists();
    this.#lists.set(key, list);
    return list;
  }

  #forgetOldLists(): void {
    const used = new Set([...this.#duties.values()].map(({ list }) => list));
    for (const [key, list] of this.#lists) if (!used.has(list)) this.#lists.delete(key);
  }
}
