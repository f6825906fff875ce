import type { Family, IpAddress } from "@fairlead/net/address.ts";
import type { AddressRange } from "@fairlead/net/range.ts";
import { SortedValues } from "./sorted-values.ts";
import { isBuggy, ordinalOf, usableOrdinals, valueOfOrdinal } from "./usable.ts";

/** A set of addresses that knows its gaps; every operation takes O(log n) comparisons. */
export class TakenAddresses {
  readonly #values = { IPv4: new SortedValues(), IPv6: new SortedValues() };
  /** Those that `avoidBuggyIPs` does not leave out, by ordinal. */
  readonly #usable = new SortedValues();

  /** Number of members. */
  get size(): number {
    return this.#values.IPv4.size + this.#values.IPv6.size;
  }

  add({ family, value }: IpAddress): void {
    this.#values[family].add(value);
    if (family === "IPv4" && !isBuggy(value)) this.#usable.add(ordinalOf(value));
  }

  delete({ family, value }: IpAddress): void {
    this.#values[family].delete(value);
    if (family === "IPv4" && !isBuggy(value)) this.#usable.delete(ordinalOf(value));
  }

  /** The lowest address of the range that is not in the set. */
  firstGap(range: AddressRange, avoidBuggyIPs: boolean): bigint | undefined {
    const { first } = range;
    if (avoidBuggyIPs && range.family === "IPv4") {
      const usable = usableOrdinals(range);
      if (usable === undefined) return undefined;
      const ordinal = this.#usable.firstGap(usable.first);
      return ordinal > usable.last ? undefined : valueOfOrdinal(ordinal);
    }
    const value = this.#values[range.family].firstGap(first);
    return value > range.last ? undefined : value;
  }

  /** How many members lie in these ranges, which must not overlap. */
  count(ranges: readonly AddressRange[], family: Family, avoidBuggyIPs: boolean): number {
    let sum = 0;
    for (const range of ranges) {
      if (range.family !== family) continue;
      if (!avoidBuggyIPs || family === "IPv6")
        sum += countBetween(this.#values[family], range.first, range.last);
      else {
        const usable = usableOrdinals(range);
        if (usable !== undefined) sum += countBetween(this.#usable, usable.first, usable.last);
      }
    }
    return sum;
  }
}

function countBetween(values: SortedValues, first: bigint, last: bigint): number {
  return values.countBelow(last + 1n) - values.countBelow(first);
}
