import { type Pool, poolCapacity, poolOffers } from "@fairlead/controller/allocation/pool.ts";
import { FAMILIES, type Family } from "@fairlead/net/address.ts";
import { formatRange } from "@fairlead/net/range.ts";

/** What the address list of a pool comes to, for one family. */
export interface FamilyCoverage {
  readonly family: Family;
  /** Number of addresses. */
  readonly capacity: bigint;
  /** Number of those that can be handed out: without what `exclude` and `avoidBuggyIPs` leave out. */
  readonly offered: bigint;
  /** The addresses in order, without overlaps, as `first-last`. */
  readonly ranges: readonly string[];
}

/** What a pool has, by family; a family without addresses is left out. */
export function coverageOf(pool: Pool): readonly FamilyCoverage[] {
  return FAMILIES.flatMap((family) => {
    const ranges = pool.cover.filter((range) => range.family === family).map(formatRange);
    if (ranges.length === 0) return [];
    return [{ family, capacity: poolCapacity(pool, family), offered: poolOffers(pool, family), ranges }];
  });
}
