import {
  copyBytes,
  DESTINATION,
  ETHER_TYPE,
  ETHER_TYPE_IPV6,
  ETHERNET_BYTES,
  SOURCE,
  u16,
} from "../ethernet.ts";

/**
 * Neighbor solicitation and advertisement (RFC 4861 4.3, 4.4) over Ethernet, offsets from the start of the frame:
 *
 * ```
 *  14        18               20            21          22                38                54
 *  +---------+----------------+-------------+-----------+-----------------+-----------------+
 *  | version | payload length | next header | hop limit | source          | destination     |
 *  | 6, ...  |                | 58          | 255       |                 |                 |
 *  +---------+----------------+-------------+-----------+-----------------+-----------------+
 *  54         55     56         58                 62                78
 *  +----------+------+----------+------------------+-----------------+----------
 *  | type     | code | checksum | R S O, reserved  | target          | options
 *  | 135, 136 | 0    |          | (135: reserved)  |                 |
 *  +----------+------+----------+------------------+-----------------+----------
 *
 *  an option of a link-layer address:
 *  0      1        2                     8
 *  +------+--------+---------------------+
 *  | type | length | MAC                 |
 *  | 1, 2 | 1      |                     |
 *  +------+--------+---------------------+
 * ```
 */
export const PAYLOAD_LENGTH = 18;
export const NEXT_HEADER = 20;
export const HOP_LIMIT = 21;
export const SOURCE_ADDRESS = 22;
export const DESTINATION_ADDRESS = 38;
export const ICMP = 54;
export const CODE = 55;
export const CHECKSUM = 56;
export const FLAGS = 58;
export const TARGET = 62;
export const OPTIONS = 78;
const VERSION = 14;

export const ICMPV6 = 58;
export const SOLICITATION = 135;
export const ADVERTISEMENT = 136;
export const SOURCE_LINK_LAYER = 1;
export const TARGET_LINK_LAYER = 2;

export const SOLICITED = 0x40;
export const OVERRIDE = 0x20;

/** Length of an advertisement with one link-layer address. */
export const ADVERTISEMENT_BYTES = 86;
/** Length of a solicitation with one link-layer address. */
export const SOLICITATION_BYTES = 86;
/** Length of the ICMPv6 part without options. */
export const SHORTEST_PAYLOAD = 24;

/** ff02::1 */
export const ALL_NODES: Uint8Array = Uint8Array.of(0xff, 2, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1);
/** RFC 2464 7: 33:33 and the last four bytes of the group. */
export const ALL_NODES_MAC: Uint8Array = Uint8Array.of(0x33, 0x33, 0, 0, 0, 1);

/** What a neighbor advertisement says. MACs have 6 bytes, addresses 16. */
export interface AdvertisementFields {
  readonly destination: Uint8Array;
  readonly source: Uint8Array;
  readonly sourceAddress: Uint8Array;
  readonly destinationAddress: Uint8Array;
  /** {@link SOLICITED} and {@link OVERRIDE}, or'ed. */
  readonly flags: number;
  readonly target: Uint8Array;
  readonly targetMac: Uint8Array;
}

/** What a neighbor solicitation says. MACs have 6 bytes, addresses 16. */
export interface SolicitationFields {
  readonly destination: Uint8Array;
  /** Also the link-layer address that the option tells. */
  readonly source: Uint8Array;
  /** Undefined: the unspecified address, and no option (RFC 4861 4.3). */
  readonly sourceAddress: Uint8Array | undefined;
  readonly destinationAddress: Uint8Array;
  readonly target: Uint8Array;
}

/** Writes a whole frame, its checksum included, into the first {@link ADVERTISEMENT_BYTES} bytes. */
export function writeAdvertisement(frame: Uint8Array, fields: AdvertisementFields): void {
  writeHeaders(frame, fields, fields.sourceAddress, ADVERTISEMENT_BYTES);
  frame[ICMP] = ADVERTISEMENT;
  frame[FLAGS] = fields.flags;
  copyBytes(fields.target, 0, frame, TARGET, 16);
  frame[OPTIONS] = TARGET_LINK_LAYER;
  frame[OPTIONS + 1] = 1;
  copyBytes(fields.targetMac, 0, frame, OPTIONS + 2, 6);
  writeChecksum(frame, ADVERTISEMENT_BYTES - ICMP);
}

/** Writes a whole frame, its checksum included, of at most {@link SOLICITATION_BYTES} bytes. @returns its length */
export function writeSolicitation(frame: Uint8Array, fields: SolicitationFields): number {
  const { source, sourceAddress } = fields;
  const length = sourceAddress === undefined ? OPTIONS : SOLICITATION_BYTES;
  writeHeaders(frame, fields, sourceAddress, length);
  frame[ICMP] = SOLICITATION;
  copyBytes(fields.target, 0, frame, TARGET, 16);
  if (sourceAddress !== undefined) {
    frame[OPTIONS] = SOURCE_LINK_LAYER;
    frame[OPTIONS + 1] = 1;
    copyBytes(source, 0, frame, OPTIONS + 2, 6);
  }
  writeChecksum(frame, length - ICMP);
  return length;
}

/** Writes the Ethernet and IPv6 headers; all behind them is zero. */
function writeHeaders(
  frame: Uint8Array,
  fields: Pick<SolicitationFields, "destination" | "source" | "destinationAddress">,
  sourceAddress: Uint8Array | undefined,
  length: number,
): void {
  frame.fill(0, ETHERNET_BYTES, length);
  copyBytes(fields.destination, 0, frame, DESTINATION, 6);
  copyBytes(fields.source, 0, frame, SOURCE, 6);
  writeU16(frame, ETHER_TYPE, ETHER_TYPE_IPV6);
  frame[VERSION] = 6 << 4;
  writeU16(frame, PAYLOAD_LENGTH, length - ICMP);
  frame[NEXT_HEADER] = ICMPV6;
  frame[HOP_LIMIT] = 255;
  if (sourceAddress !== undefined) copyBytes(sourceAddress, 0, frame, SOURCE_ADDRESS, 16);
  copyBytes(fields.destinationAddress, 0, frame, DESTINATION_ADDRESS, 16);
}

/** Fills in the checksum of the ICMPv6 part, which is `payloadLength` bytes long. */
export function writeChecksum(frame: Uint8Array, payloadLength: number): void {
  writeU16(frame, CHECKSUM, 0);
  writeU16(frame, CHECKSUM, ~sum(frame, payloadLength) & 0xffff);
}

/** Whether the checksum of the ICMPv6 part, which is `payloadLength` bytes long, is right. */
export function isChecksumRight(frame: Uint8Array, payloadLength: number): boolean {
  return sum(frame, payloadLength) === 0xffff;
}

/** Whether the version is 6 and the next header ICMPv6. Extension headers have no place in neighbor discovery here (RFC 6980). */
export function isIcmp6(frame: Uint8Array): boolean {
  return (frame[VERSION] ?? 0) >>> 4 === 6 && frame[NEXT_HEADER] === ICMPV6;
}

/** RFC 8200 8.1: the ones' complement sum over the pseudo-header (addresses, length, next header) and the payload. */
function sum(frame: Uint8Array, payloadLength: number): number {
  let total = payloadLength + ICMPV6;
  for (let at = SOURCE_ADDRESS; at < ICMP; at += 2) total += u16(frame, at);
  const end = ICMP + payloadLength;
  for (let at = ICMP; at < end - 1; at += 2) total += u16(frame, at);
  if (payloadLength % 2 === 1) total += (frame[end - 1] ?? 0) << 8;
  while (total > 0xffff) total = (total & 0xffff) + (total >>> 16);
  return total;
}

/** Writes a 16-bit word. */
export function writeU16(frame: Uint8Array, offset: number, value: number): void {
  frame[offset] = value >>> 8;
  frame[offset + 1] = value & 0xff;
}
