import { copyBytes, DESTINATION, ETHER_TYPE, ETHER_TYPE_ARP, SOURCE, u16 } from "../ethernet.ts";

/**
 * ARP for IPv4 over Ethernet (RFC 826), offsets from the start of the frame:
 *
 * ```
 *  14          16          18     19     20          22
 *  +-----------+-----------+------+------+-----------+
 *  | hardware  | protocol  | hlen | plen | operation |
 *  | 1         | 0x0800    | 6    | 4    | 1, 2      |
 *  +-----------+-----------+------+------+-----------+
 *  22                      28                  32
 *  +-----------------------+-------------------+
 *  | sender hardware       | sender protocol   |
 *  +-----------------------+-------------------+
 *  32                      38                  42
 *  +-----------------------+-------------------+
 *  | target hardware       | target protocol   |
 *  +-----------------------+-------------------+
 * ```
 */
export const OPERATION = 20;
export const SENDER_MAC = 22;
export const SENDER_ADDRESS = 28;
export const TARGET_MAC = 32;
export const TARGET_ADDRESS = 38;
/** Length of the frame without padding. */
export const ARP_FRAME_BYTES = 42;

export const REQUEST = 1;
export const REPLY = 2;

const HARDWARE = 14;
const PROTOCOL = 16;
const HARDWARE_LENGTH = 18;
const PROTOCOL_LENGTH = 19;

/** What an ARP frame says. MACs have 6 bytes, protocol addresses 4. */
export interface ArpFields {
  readonly destination: Uint8Array;
  readonly source: Uint8Array;
  readonly operation: number;
  readonly senderMac: Uint8Array;
  readonly senderAddress: Uint8Array;
  readonly targetMac: Uint8Array;
  readonly targetAddress: Uint8Array;
}

/** Whether the header is that of ARP for IPv4 over Ethernet. The caller has checked the length. */
export function isArpHeader(frame: Uint8Array): boolean {
  return (
    u16(frame, HARDWARE) === 1 &&
    u16(frame, PROTOCOL) === 0x0800 &&
    frame[HARDWARE_LENGTH] === 6 &&
    frame[PROTOCOL_LENGTH] === 4
  );
}

/** Writes a whole frame into the first {@link ARP_FRAME_BYTES} bytes. */
export function writeArp(frame: Uint8Array, fields: ArpFields): void {
  copyBytes(fields.destination, 0, frame, DESTINATION, 6);
  copyBytes(fields.source, 0, frame, SOURCE, 6);
  writeU16(frame, ETHER_TYPE, ETHER_TYPE_ARP);
  writeU16(frame, HARDWARE, 1);
  writeU16(frame, PROTOCOL, 0x0800);
  frame[HARDWARE_LENGTH] = 6;
  frame[PROTOCOL_LENGTH] = 4;
  writeU16(frame, OPERATION, fields.operation);
  copyBytes(fields.senderMac, 0, frame, SENDER_MAC, 6);
  copyBytes(fields.senderAddress, 0, frame, SENDER_ADDRESS, 4);
  copyBytes(fields.targetMac, 0, frame, TARGET_MAC, 6);
  copyBytes(fields.targetAddress, 0, frame, TARGET_ADDRESS, 4);
}

/** Reads the fields of a frame that is long enough and has an ARP header; copies. */
export function readArp(frame: Uint8Array): ArpFields {
  const at = (offset: number, length: number): Uint8Array => frame.slice(offset, offset + length);
  return {
    destination: at(DESTINATION, 6),
    source: at(SOURCE, 6),
    operation: u16(frame, OPERATION),
    senderMac: at(SENDER_MAC, 6),
    senderAddress: at(SENDER_ADDRESS, 4),
    targetMac: at(TARGET_MAC, 6),
    targetAddress: at(TARGET_ADDRESS, 4),
  };
}

function writeU16(frame: Uint8Array, offset: number, value: number): void {
  frame[offset] = value >>> 8;
  frame[offset + 1] = value & 0xff;
}
