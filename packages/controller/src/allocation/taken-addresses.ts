import type { IpAddress } from "@fairlead/net/address.ts";
import type { AddressRange } from "@fairlead/net/range.ts";
import { CountedAddresses } from "./counted-addresses.ts";
import { SortedValues } from "./sorted-values.ts";
import { isBuggy, ordinalOf, usableOrdinals, valueOfOrdinal } from "./usable.ts";

/** A set of addresses that knows its gaps; every operation takes O(log n) comparisons. */
export class TakenAddresses extends CountedAddresses {
  /** Those that `avoidBuggyIPs` does not leave out, by ordinal. */
  readonly #usable = new SortedValues();

  override add(address: IpAddress): void {
    super.add(address);
    const { family, value } = address;
    if (family === "IPv4" && !isBuggy(value)) this.#usable.add(ordinalOf(value));
  }

  override delete(address: IpAddress): void {
    super.delete(address);
    const { family, value } = address;
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
    const value = this.values[range.family].firstGap(first);
    return value > range.last ? undefined : value;
  }
}
