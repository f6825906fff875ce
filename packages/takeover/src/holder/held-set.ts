import { type Claim, type NodeId, sameClaim } from "../claims/claim.ts";
import { type Entry, itemOf, listOf } from "../core/ledger.ts";
import { fingerprint } from "../messages/digest.ts";

interface Group {
  readonly list: readonly NodeId[];
  readonly entries: Map<string, { readonly entry: Entry; readonly claim: Claim; readonly print: bigint }>;
  digest: bigint;
}

/** What this node announces, in groups of equal lists, so that 10,000 addresses cost a heartbeat no more than one. */
export class HeldSet {
  readonly #groups = new Map<string, Group>();
  readonly #keys = new Map<string, string>();
  readonly #listKeys = new WeakMap<readonly NodeId[], string>();
  #revision = 0;

  /** Changes with each change. */
  get revision(): number {
    return this.#revision;
  }

  get size(): number {
    return this.#keys.size;
  }

  /** Takes over what the entry says now: its claim, its list, or that it is not announced any more. */
  update(entry: Entry): void {
    const { text } = entry.address;
    const list = listOf(entry);
    const before = this.#groups.get(this.#keys.get(text) ?? "");
    const held = before?.entries.get(text);
    if (before !== undefined && held !== undefined) {
      if (
        entry.mine !== undefined &&
        sameClaim(entry.mine, held.claim) &&
        this.#keyOf(list) === this.#keyOf(before.list)
      )
        return;
      before.entries.delete(text);
      before.digest ^= held.print;
      if (before.entries.size === 0) this.#groups.delete(this.#keyOf(before.list));
      this.#keys.delete(text);
    }
    if (entry.mine !== undefined) this.#add(entry, entry.mine, list);
    this.#revision++;
  }

  all(): Entry[] {
    return [...this.#groups.values()].flatMap(({ entries }) =>
      [...entries.values()].map((held) => held.entry),
    );
  }

  /** At most so many of each list. */
  samples(most: number): Entry[] {
    return [...this.#groups.values()].flatMap(({ entries }) =>
      [...entries.values()].slice(0, most).map((held) => held.entry),
    );
  }

  /** The different lists of what is held. */
  lists(): readonly (readonly NodeId[])[] {
    return [...this.#groups.values()].map(({ list }) => list);
  }

  /** What a member stands in for. */
  of(member: NodeId): readonly Entry[] {
    return this.#groupsOf(member).flatMap(({ entries }) => [...entries.values()].map((held) => held.entry));
  }

  /** The same, counted, as heartbeats say it. */
  summaryOf(member: NodeId): { readonly addresses: number; readonly digest: bigint } {
    let addresses = 0;
    let digest = 0n;
    for (const group of this.#groupsOf(member)) {
      addresses += group.entries.size;
      digest ^= group.digest;
    }
    return { addresses, digest };
  }

  #groupsOf(member: NodeId): readonly Group[] {
    return [...this.#groups.values()].filter(({ list }) => list.includes(member));
  }

  /** Thousands of entries have a few lists between them. */
  #keyOf(list: readonly NodeId[]): string {
    const key = this.#listKeys.get(list) ?? list.join();
    this.#listKeys.set(list, key);
    return key;
  }

  #add(entry: Entry, claim: Claim, list: readonly NodeId[]): void {
    const key = this.#keyOf(list);
    const group = this.#groups.get(key) ?? { list, entries: new Map(), digest: 0n };
    this.#groups.set(key, group);
    this.#keys.set(entry.address.text, key);
    const print = fingerprint(itemOf(entry, claim));
    group.entries.set(entry.address.text, { entry, claim, print });
    group.digest ^= print;
  }
}
