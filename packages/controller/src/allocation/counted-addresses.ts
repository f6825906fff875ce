import type { Family, IpAddress } from "@fairlead/net/address.ts";
import type { AddressRange } from "@fairlead/net/range.ts";
import { SortedValues } from "./sorted-values.ts";
import { isBuggy } from "./usable.ts";

/** A set of addresses that can be counted by range; every operation takes O(log n) comparisons. */
export class CountedAddresses {
  protected readonly values = { IPv4: new SortedValues(), IPv6: new SortedValues() };
  /** Those that `avoidBuggyIPs` leaves out: few. */
  readonly #buggy = new SortedValues();

  /** Number of members. */
  get size(): number {
    return this.values.IPv4.size + this.values.IPv6.size;
  }

  add({ family, value }: IpAddress): void {
    this.values[family].add(value);
    if (family === "IPv4" && isBuggy(value)) this.#buggy.add(value);
  }

  delete({ family, value }: IpAddress): void {
    this.values[family].delete(value);
    if (family === "IPv4" && isBuggy(value)) this.#buggy.delete(value);
  }

  /** How many members lie in these ranges, which must not overlap. @param avoidBuggyIPs whether those that it leaves out do not count */
  count(ranges: readonly AddressRange[], family: Family, avoidBuggyIPs: boolean): number {
    let sum = 0;
    for (const range of ranges) {
      if (range.family !== family) continue;
      sum += countBetween(this.values[family], range);
      if (avoidBuggyIPs && family === "IPv4") sum -= countBetween(this.#buggy, range);
    }
    return sum;
  }
}

function countBetween(values: SortedValues, { first, last }: AddressRange): number {
  return values.countBelow(last + 1n) - values.countBelow(first);
}
