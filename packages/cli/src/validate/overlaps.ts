import type { Pool } from "@fairlead/controller/allocation/pool.ts";
import { formatCover } from "@fairlead/controller/allocation/pools.ts";
import { type AddressRange, compareRanges, intersectRanges, parseAddressEntry } from "@fairlead/net/range.ts";
import type { Finding } from "../finding.ts";
import type { LocatedObject } from "../source/located-object.ts";
import type { Path } from "../source/path.ts";
import type { Position } from "../source/position.ts";

/** A pool of the files. */
export interface FilePool {
  readonly object: LocatedObject;
  readonly pool: Pool;
  /** Where the object begins. */
  readonly position: Position;
}

/** A part of two pools that both have. */
interface Shared {
  readonly one: FilePool;
  readonly other: FilePool;
  readonly range: AddressRange;
}

/** How many shared ranges are looked at: pools that all have the same would have too many to be told. */
const MOST_SHARED = 5_000;

/** Addresses that pools of the files share, told on each of them. */
export function overlaps(pools: readonly FilePool[]): readonly Finding[] {
  const both = sharedRanges(pools).flatMap(({ one, other, range }) => [
    { one, other, range },
    { one: other, other: one, range },
  ]);
  const byPool = [...Map.groupBy(both, ({ one }) => one).values()];
  return byPool.flatMap((those) =>
    [...Map.groupBy(those, ({ other }) => other).values()].flatMap((parts) => findingOf(parts)),
  );
}

function findingOf(parts: readonly Shared[]): readonly Finding[] {
  const [first] = parts;
  if (first === undefined) return [];
  const { one, other, range } = first;
  const ranges = formatCover(parts.map((part) => part.range));
  const message = `${ranges} is in IPAddressPool ${JSON.stringify(other.pool.name)} (${placeOf(other.object)}) too; both can be used and no address is given twice, but write it in one of them`;
  return [one.object.finding("note", entryOf(one.object, range), message)];
}

/** What two pools share, one range after the other. Pools of one name are the same pool, of two kinds or written twice. */
function sharedRanges(pools: readonly FilePool[]): readonly Shared[] {
  const found: Shared[] = [];
  const all = pools
    .flatMap((one) => one.pool.cover.map((range) => ({ one, range })))
    .sort((a, b) => compareRanges(a.range, b.range));
  for (const [i, { one, range }] of all.entries()) {
    for (let j = i + 1; j < all.length; j++) {
      const next = all[j];
      const shared = next && intersectRanges(range, next.range);
      if (next === undefined || shared === undefined) break;
      if (found.length >= MOST_SHARED) return found;
      if (next.one.pool.name !== one.pool.name) found.push({ one, other: next.one, range: shared });
    }
  }
  return found;
}

/** The entry of a pool's list that has the addresses. */
function entryOf(object: LocatedObject, range: AddressRange): Path {
  const path = ["spec", "addresses"];
  const entries = object.at(path);
  if (!Array.isArray(entries)) return path;
  const i = entries.findIndex((entry) => {
    const read = typeof entry === "string" ? parseAddressEntry(entry) : undefined;
    return read?.ok && intersectRanges(read.value.range, range) !== undefined;
  });
  return i < 0 ? path : [...path, i];
}

/** Where an object of the files stands, for messages about another. */
export function placeOf(object: LocatedObject): string {
  return `${object.file}:${object.position(["metadata", "name"]).line}`;
}
