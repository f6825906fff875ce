import { u16 } from "../ethernet.ts";

/**
 * An echo request or reply (RFC 792) in IPv4 (RFC 791) over Ethernet, offsets from the start of the frame:
 *
 * ```
 *  14            15      16           18   20              22    23         24         26       30            34
 *  +-------------+-------+------------+----+---------------+-----+----------+----------+--------+-------------+
 *  | version 4,  | type  | total      | id | reserved, DF, | TTL | protocol | header   | source | destination |
 *  | header in   | of    | length     |    | MF, offset of |     | 1        | checksum |        |             |
 *  | words: 5    | serv. |            |    | the fragment  |     |          |          |        |             |
 *  +-------------+-------+------------+----+---------------+-----+----------+----------+--------+-------------+
 *  34       35      36         38           40         42
 *  +--------+------+----------+------------+----------+------
 *  | type   | code | checksum | identifier | sequence | data
 *  | 8, 0   | 0    |          |            |          |
 *  +--------+------+----------+------------+----------+------
 * ```
 */
export const VERSION_AND_LENGTH = 14;
export const TOTAL_LENGTH = 16;
export const ID = 18;
export const FRAGMENT = 20;
export const TIME_TO_LIVE = 22;
export const PROTOCOL = 23;
export const HEADER_CHECKSUM = 24;
export const SOURCE_ADDRESS = 26;
export const DESTINATION_ADDRESS = 30;
export const ICMP = 34;
export const CODE = 35;
export const CHECKSUM = 36;
export const IDENTIFIER = 38;
/** Length of the shortest frame: headers without options, no data. */
export const SHORTEST_BYTES = 42;

/** Version 4 and a header without options. */
export const PLAIN_HEADER = 0x45;
export const ICMP_PROTOCOL = 1;
export const ECHO_REQUEST = 8;
export const ECHO_REPLY = 0;
/** The bit MF and the offset: neither is set in what is no fragment. */
export const IS_FRAGMENT = 0x3fff;

/** As Linux has it, and RFC 1700. */
const OUR_TIME_TO_LIVE = 64;

/** Whether the checksum of a header without options is right. */
export function isHeaderChecksumRight(frame: Uint8Array): boolean {
  return sum(frame, VERSION_AND_LENGTH, ICMP) === 0xffff;
}

/** Whether the checksum of the ICMP part, which ends before `end`, is right. */
export function isChecksumRight(frame: Uint8Array, end: number): boolean {
  return sum(frame, ICMP, end) === 0xffff;
}

/**
 * Turns the packet of a request into that of its reply, RFC 1122 3.2.2.6: source and destination change places, type of service
 * and data stay. It may be fragmented on its way, so that it gets an id of its own.
 */
export function turnIntoReply(frame: Uint8Array, end: number, id: number): void {
  writeU16(frame, ID, id);
  writeU16(frame, FRAGMENT, 0);
  frame[TIME_TO_LIVE] = OUR_TIME_TO_LIVE;
  for (let i = 0; i < 4; i++) {
    const source = frame[SOURCE_ADDRESS + i] ?? 0;
    frame[SOURCE_ADDRESS + i] = frame[DESTINATION_ADDRESS + i] ?? 0;
    frame[DESTINATION_ADDRESS + i] = source;
  }
  frame[ICMP] = ECHO_REPLY;
  writeChecksums(frame, end);
}

/** Fills in both checksums. */
export function writeChecksums(frame: Uint8Array, end: number): void {
  writeU16(frame, HEADER_CHECKSUM, 0);
  writeU16(frame, HEADER_CHECKSUM, ~sum(frame, VERSION_AND_LENGTH, ICMP) & 0xffff);
  writeU16(frame, CHECKSUM, 0);
  writeU16(frame, CHECKSUM, ~sum(frame, ICMP, end) & 0xffff);
}

/** RFC 1071: the ones' complement sum of the words; an odd byte counts as if a zero followed. */
function sum(frame: Uint8Array, start: number, end: number): number {
  let total = 0;
  for (let at = start; at < end - 1; at += 2) total += u16(frame, at);
  if ((end - start) % 2 === 1) total += (frame[end - 1] ?? 0) << 8;
  while (total > 0xffff) total = (total & 0xffff) + (total >>> 16);
  return total;
}

function writeU16(frame: Uint8Array, offset: number, value: number): void {
  frame[offset] = value >>> 8;
  frame[offset + 1] = value & 0xff;
}
