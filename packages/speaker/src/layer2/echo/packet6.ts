import { ETHERNET_BYTES } from "../ethernet.ts";
import { DESTINATION_ADDRESS, HOP_LIMIT, ICMP, SOURCE_ADDRESS, writeChecksum } from "../ndp/packet.ts";

/**
 * An echo request or reply (RFC 4443 4.1, 4.2) right behind the IPv6 header, which is drawn in `ndp/packet.ts`:
 *
 * ```
 *  54         55     56         58           60         62
 *  +----------+------+----------+------------+----------+------
 *  | type     | code | checksum | identifier | sequence | data
 *  | 128, 129 | 0    |          |            |          |
 *  +----------+------+----------+------------+----------+------
 * ```
 */
export const IDENTIFIER = 58;
/** Length of the ICMPv6 part without data. */
export const SHORTEST_PAYLOAD = 8;

export const ECHO_REQUEST = 128;
export const ECHO_REPLY = 129;

const OUR_HOP_LIMIT = 64;

/** Turns the packet of a request into that of its reply: source and destination change places, traffic class and data stay. */
export function turnIntoReply(frame: Uint8Array, payloadLength: number): void {
  // The flow label is of the other direction's flow; 0 is of none (RFC 6437 3).
  frame[ETHERNET_BYTES + 1] = (frame[ETHERNET_BYTES + 1] ?? 0) & 0xf0;
  frame[ETHERNET_BYTES + 2] = 0;
  frame[ETHERNET_BYTES + 3] = 0;
  frame[HOP_LIMIT] = OUR_HOP_LIMIT;
  for (let i = 0; i < 16; i++) {
    const source = frame[SOURCE_ADDRESS + i] ?? 0;
    frame[SOURCE_ADDRESS + i] = frame[DESTINATION_ADDRESS + i] ?? 0;
    frame[DESTINATION_ADDRESS + i] = source;
  }
  frame[ICMP] = ECHO_REPLY;
  writeChecksum(frame, payloadLength);
}
