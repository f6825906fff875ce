import type { IpAddress } from "@fairlead/net/address.ts";

// Keys are signed 32-bit integers: V8 keeps those unboxed, so that a lookup on the packet path allocates nothing.

/** The key of an IPv4 address. */
export function key4(address: IpAddress): number {
  return Number(BigInt.asIntN(32, address.value));
}

/** The 32-bit word that starts at `offset`, in network order, as a key. The caller has checked the length. */
export function word(bytes: Uint8Array, offset: number): number {
  return (
    ((bytes[offset] ?? 0) << 24) |
    ((bytes[offset + 1] ?? 0) << 16) |
    ((bytes[offset + 2] ?? 0) << 8) |
    (bytes[offset + 3] ?? 0)
  );
}

/** The four words of an IPv6 address, most significant first. */
export function words6(address: IpAddress): readonly [number, number, number, number] {
  const at = (shift: bigint): number => Number(BigInt.asIntN(32, address.value >> shift));
  return [at(96n), at(64n), at(32n), at(0n)];
}
