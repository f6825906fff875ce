import { addressOf, type IpAddress } from "@fairlead/net/address.ts";
import { type AddressRange, compareRanges, formatRange, intersectRanges } from "@fairlead/net/range.ts";
import { type Pool, poolContains } from "./pool.ts";

/** A part of two pools that both cover. */
export interface Overlap {
  readonly with: string;
  readonly range: AddressRange;
}

/** All pools, in the order in which they are tried: those with a priority, then the other pinned ones, then the rest; ties by name. */
export class Pools {
  readonly ordered: readonly Pool[];
  readonly #byName: ReadonlyMap<string, Pool>;

  constructor(pools: Iterable<Pool>) {
    this.ordered = [...pools].sort(compareForTrying);
    this.#byName = new Map(this.ordered.map((pool) => [pool.name, pool]));
  }

  get(name: string): Pool | undefined {
    return this.#byName.get(name);
  }

  /** The pools that have the address, in the order in which they are tried. One that is gone has only what was taken from it. */
  containing(address: IpAddress): readonly Pool[] {
    return this.ordered.filter((pool) => !pool.gone && poolContains(pool, address));
  }

  /** The pool that a held address belongs to: the one on record while that has it, else the first that has it. */
  ownerOf(address: IpAddress, recorded: string | undefined): Pool | undefined {
    const known = recorded === undefined ? undefined : this.get(recorded);
    return known !== undefined && poolContains(known, address) ? known : this.containing(address)[0];
  }

  /** What each pool shares with others, by pool and in order of name and address. Pools without an overlap are left out. */
  overlaps(): ReadonlyMap<string, readonly Overlap[]> {
    const all = this.ordered
      .filter((pool) => !pool.gone)
      .flatMap((pool) => pool.cover.map((range) => ({ pool: pool.name, range })))
      .sort((a, b) => compareRanges(a.range, b.range));
    const found = new Map<string, Overlap[]>();
    const note = (pool: string, overlap: Overlap): void => {
      const list = found.get(pool);
      if (list === undefined) found.set(pool, [overlap]);
      else list.push(overlap);
    };
    all.forEach((a, i) => {
      for (let j = i + 1; j < all.length; j++) {
        const b = all[j];
        if (b === undefined || b.range.family !== a.range.family || b.range.first > a.range.last) break;
        const range = intersectRanges(a.range, b.range);
        if (range === undefined || a.pool === b.pool) continue;
        note(a.pool, { with: b.pool, range });
        note(b.pool, { with: a.pool, range });
      }
    });
    for (const list of found.values()) {
      list.sort((a, b) => (a.with < b.with ? -1 : a.with > b.with ? 1 : compareRanges(a.range, b.range)));
    }
    return found;
  }
}

/** The ranges of a pool as text, for messages. */
export function formatCover(ranges: readonly AddressRange[]): string {
  const shown = ranges.slice(0, 5).map(formatRange).join(", ");
  return ranges.length > 5 ? `${shown} and ${ranges.length - 5} more` : shown;
}

/** The first address of a range. */
export function firstOf(range: AddressRange): IpAddress {
  return addressOf(range.family, range.first);
}

function compareForTrying(a: Pool, b: Pool): number {
  return rank(a) - rank(b) || (a.name < b.name ? -1 : a.name > b.name ? 1 : 0);
}

/** A lower positive priority comes first; pinned pools without one come after those, unpinned pools last. */
function rank(pool: Pool): number {
  if (pool.serviceAllocation === undefined) return Number.MAX_SAFE_INTEGER;
  const priority = pool.serviceAllocation.priority ?? 0;
  return priority > 0 ? priority : Number.MAX_SAFE_INTEGER - 1;
}
