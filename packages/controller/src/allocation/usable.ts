import type { AddressRange } from "@fairlead/net/range.ts";

/**
 * IPv4 addresses that end in neither .0 nor .255, numbered without gaps: 254 to a block of 256. In these numbers a block of
 * held addresses has no holes, so that the first free one is found as fast as without `avoidBuggyIPs`.
 */
const PER_BLOCK = 254n;

/** Whether an IPv4 address is one that `avoidBuggyIPs` leaves out. */
export function isBuggy(value: bigint): boolean {
  const last = value & 0xffn;
  return last === 0n || last === 0xffn;
}

/** The number of an address that is not buggy. */
export function ordinalOf(value: bigint): bigint {
  return (value >> 8n) * PER_BLOCK + (value & 0xffn) - 1n;
}

/** The address with this number. */
export function valueOfOrdinal(ordinal: bigint): bigint {
  return ((ordinal / PER_BLOCK) << 8n) + (ordinal % PER_BLOCK) + 1n;
}

/** The numbers of the usable addresses in an IPv4 range, or undefined if it has none. */
export function usableOrdinals(
  range: AddressRange,
): { readonly first: bigint; readonly last: bigint } | undefined {
  let { first, last } = range;
  while (first <= last && isBuggy(first)) first++;
  while (last >= first && isBuggy(last)) last--;
  return first > last ? undefined : { first: ordinalOf(first), last: ordinalOf(last) };
}
