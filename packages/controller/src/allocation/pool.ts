import type { IPAddressPool } from "@fairlead/api/ip-address-pool.ts";
import type { Labels } from "@fairlead/api/selector-matches.ts";
import { type ReadPool, readIPAddressPool } from "@fairlead/api/validation/ip-address-pool.ts";
import { problemText } from "@fairlead/api/validation/problem.ts";
import type { Family, IpAddress } from "@fairlead/net/address.ts";
import { type AddressRange, compareRanges, rangeContains, rangeSize } from "@fairlead/net/range.ts";
import { isBuggy, usableOrdinals } from "./usable.ts";

/** An IPAddressPool as allocation sees it. */
export interface Pool extends ReadPool {
  readonly labels: Labels;
  /** What its ranges cover, in order of address and without overlaps. */
  readonly cover: readonly AddressRange[];
  /** Deleted a moment ago, perhaps to come back: nothing new is taken from it. */
  readonly gone: boolean;
  /** What is wrong with fields that are left out, each with its field and the cure. */
  readonly problems: readonly string[];
  /** What is accepted but probably not meant. */
  readonly notes: readonly string[];
}

/** Reads a pool. What is wrong in it is left out and told; the rest works. */
export function readPool(object: IPAddressPool, gone = false): Pool {
  const { value, problems, notes } = readIPAddressPool(object);
  return {
    ...value,
    labels: object.metadata.labels,
    cover: mergeRanges(value.ranges),
    gone,
    problems: problems.map(problemText),
    notes: notes.map(problemText),
  };
}

/** Whether the address is among those of the pool, whoever holds it and whether or not it may be handed out. */
export function poolContains(pool: Pool, address: IpAddress): boolean {
  return pool.cover.some((range) => rangeContains(range, address));
}

/** Whether the pool leaves this one of its addresses out. */
export function poolExcludes(pool: Pool, address: IpAddress): boolean {
  return pool.avoidBuggyIPs && address.family === "IPv4" && isBuggy(address.value);
}

/** Whether the pool has any address of the family. */
export function poolHasFamily(pool: Pool, family: Family): boolean {
  return pool.cover.some((range) => range.family === family);
}

/** Number of addresses that the pool can hand out, those held included. */
export function poolCapacity(pool: Pool, family: Family): bigint {
  let capacity = 0n;
  for (const range of pool.cover) {
    if (range.family !== family) continue;
    if (!pool.avoidBuggyIPs || family === "IPv6") capacity += rangeSize(range);
    else {
      const usable = usableOrdinals(range);
      if (usable !== undefined) capacity += usable.last - usable.first + 1n;
    }
  }
  return capacity;
}

/** The same addresses in order, without overlaps, and with neighbors joined. */
export function mergeRanges(ranges: readonly AddressRange[]): readonly AddressRange[] {
  const merged: AddressRange[] = [];
  for (const range of [...ranges].sort(compareRanges)) {
    const before = merged.at(-1);
    if (before === undefined || before.family !== range.family || range.first > before.last + 1n)
      merged.push(range);
    else if (range.last > before.last) merged[merged.length - 1] = { ...before, last: range.last };
  }
  return merged;
}
