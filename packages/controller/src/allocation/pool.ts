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
  /** What is left of its ranges without `exclude`, in the order in which it is handed out, without overlaps. */
  readonly offered: readonly AddressRange[];
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
    offered: offeredOf(value),
    gone,
    problems: problems.map(problemText),
    notes: notes.map(problemText),
  };
}

/** Whether the address is among those of the pool, whoever holds it and whether or not it may be handed out. */
export function poolContains(pool: Pool, address: IpAddress): boolean {
  return pool.cover.some((range) => rangeContains(range, address));
}

/** By which of its fields the pool leaves this one of its addresses out, if it does. */
export function leftOutBy(pool: Pool, address: IpAddress): "exclude" | "avoidBuggyIPs" | undefined {
  if (pool.exclude.some((range) => rangeContains(range, address))) return "exclude";
  const buggy = pool.avoidBuggyIPs && address.family === "IPv4" && isBuggy(address.value);
  return buggy ? "avoidBuggyIPs" : undefined;
}

/** Whether the pool has any address of the family. */
export function poolHasFamily(pool: Pool, family: Family): boolean {
  return pool.cover.some((range) => range.family === family);
}

/** Number of addresses that the pool has. */
export function poolCapacity(pool: Pool, family: Family): bigint {
  return sizeOf(pool.cover, family, false);
}

/** Number of addresses that the pool can hand out, those held included. */
export function poolOffers(pool: Pool, family: Family): bigint {
  return sizeOf(pool.offered, family, pool.avoidBuggyIPs);
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

/** What is left of a range without others. @param others merged */
export function subtractRanges(
  range: AddressRange,
  others: readonly AddressRange[],
): readonly AddressRange[] {
  const left: AddressRange[] = [];
  let { first } = range;
  for (const other of others) {
    if (other.family !== range.family || other.last < first || other.first > range.last) continue;
    if (other.first > first) left.push({ ...range, first, last: other.first - 1n });
    first = other.last + 1n;
  }
  if (first <= range.last) left.push({ ...range, first });
  return left;
}

function offeredOf({ ranges, exclude }: ReadPool): readonly AddressRange[] {
  const excluded = mergeRanges(exclude);
  const offered: AddressRange[] = [];
  for (const range of ranges) {
    const already = mergeRanges([...excluded, ...offered]);
    offered.push(...subtractRanges(range, already));
  }
  return offered;
}

function sizeOf(ranges: readonly AddressRange[], family: Family, avoidBuggyIPs: boolean): bigint {
  let size = 0n;
  for (const range of ranges) {
    if (range.family !== family) continue;
    if (!avoidBuggyIPs || family === "IPv6") size += rangeSize(range);
    else {
      const usable = usableOrdinals(range);
      if (usable !== undefined) size += usable.last - usable.first + 1n;
    }
  }
  return size;
}
