/**
 * Internet checksums (RFC 1071), written apart from the product's own: the 16-bit words from `start` to `end`, and `extra`, are summed
 * and taken modulo 65,535 at the end. Of its two zeros the sum of anything but zeros is the negative one.
 */
export function wordSum(bytes: Uint8Array, start: number, end: number, extra = 0): number {
  let total = extra;
  for (let i = start; i < end; i++) total += (bytes[i] ?? 0) * ((i - start) % 2 === 0 ? 256 : 1);
  return total > 0 && total % 0xffff === 0 ? 0xffff : total % 0xffff;
}

/** Whether words that include their checksum are in order. */
export function isRight(sum: number): boolean {
  return sum === 0xffff;
}

/** The sum of an ICMPv6 packet in an Ethernet frame and its pseudo-header (RFC 8200 8.1). */
export function icmp6Sum(frame: Uint8Array, payload: number): number {
  return wordSum(frame, 22, 54 + payload, payload + 58);
}

/** Writes the checksum of the ICMPv6 packet into the frame. */
export function sealIcmp6(frame: Uint8Array, payload: number): void {
  put(frame, 56, 0);
  put(frame, 56, 0xffff - icmp6Sum(frame, payload));
}

/** Writes both checksums of an ICMP packet in IPv4 without options. */
export function sealIcmp4(frame: Uint8Array, end: number): void {
  put(frame, 24, 0);
  put(frame, 24, 0xffff - wordSum(frame, 14, 34));
  put(frame, 36, 0);
  put(frame, 36, 0xffff - wordSum(frame, 34, end));
}

/** The 16-bit word at an offset. */
export function word(bytes: Uint8Array, at: number): number {
  return (bytes[at] ?? 0) * 256 + (bytes[at + 1] ?? 0);
}

export function put(bytes: Uint8Array, at: number, value: number): void {
  bytes[at] = value >>> 8;
  bytes[at + 1] = value & 0xff;
}
