/**
 * Datagrams between speakers as they are on the wire, in IPv4 over Ethernet without options, read and changed apart from the product's own codec:
 *
 *      0 Ethernet   14 IPv4 (22 TTL, 24 checksum)   34 UDP (38 length, 40 checksum)   42 datagram
 *     the datagram: 0 magic   2 version   3 type   4 key id   6 length   8 sender   24 receiver incarnation   32 sequence
 *                  40 segment   ... tag, the last 16 bytes
 */
const SOURCE = 6;
const IP = 14;
const TOTAL_LENGTH = 16;
const TTL = 22;
const IP_CHECKSUM = 24;
const UDP = 34;
const UDP_LENGTH = 38;
const UDP_CHECKSUM = 40;
const DATAGRAM = 42;

/** Offsets in a datagram. */
export const MAGIC = 0;
export const VERSION = 2;
export const KEY_ID = 4;
export const LENGTH = 6;
export const RECEIVER_INCARNATION = 24;
export const SEQUENCE = 32;
export const SEGMENT = 40;

const HEARTBEAT = 1;

/** Whether a captured frame has a heartbeat in it that names the receiver's process. */
export function isHeartbeat(frame: Uint8Array): boolean {
  const datagram = frame.subarray(DATAGRAM);
  if (frame[IP] !== 0x45 || datagram.length < 64 || datagram[3] !== HEARTBEAT) return false;
  return datagram.subarray(RECEIVER_INCARNATION, RECEIVER_INCARNATION + 8).some((byte) => byte !== 0);
}

/** The frame as another station would send it with the same IP addresses. */
export function forged(
  frame: Uint8Array,
  from: {
    /** Its MAC: with another's the switch would learn where that one is not. */
    readonly mac: readonly number[];
    /** @default 255 */
    readonly ttl?: number;
    /** Bytes of the datagram that are written over, by their offset. */
    readonly changes?: Readonly<Record<number, readonly number[]>>;
    /** Length of the datagram; undefined: as it was. */
    readonly cut?: number;
  },
): Uint8Array {
  const copy = frame.slice(0, from.cut === undefined ? frame.length : DATAGRAM + from.cut);
  const view = new DataView(copy.buffer);
  copy.set(from.mac, SOURCE);
  for (const [at, bytes] of Object.entries(from.changes ?? {})) copy.set(bytes, DATAGRAM + Number(at));
  copy[TTL] = from.ttl ?? 255;
  view.setUint16(TOTAL_LENGTH, copy.length - IP);
  view.setUint16(UDP_LENGTH, copy.length - UDP);
  // None: IPv4 allows it.
  view.setUint16(UDP_CHECKSUM, 0);
  view.setUint16(IP_CHECKSUM, 0);
  let sum = 0;
  for (let at = IP; at < UDP; at += 2) sum += view.getUint16(at);
  view.setUint16(IP_CHECKSUM, 0xffff - (sum % 0xffff));
  return copy;
}
