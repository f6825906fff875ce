import { BROADCAST_MAC } from "../ethernet.ts";
import { REQUEST, writeArp } from "./packet.ts";

const NO_MAC = new Uint8Array(6);
const NO_ADDRESS = new Uint8Array(4);

/**
 * Writes the broadcast that asks who has an address.
 *
 * @param sender an own address; undefined: 0.0.0.0, a probe (RFC 5227 2.1.1), which changes nobody's cache but makes a host
 *   that is just taking the address give it up (RFC 5227 2.1.1: another's probe for it is a conflict)
 */
export function writeProbe(
  frame: Uint8Array,
  mac: Uint8Array,
  sender: Uint8Array | undefined,
  target: Uint8Array,
): void {
  writeArp(frame, {
    destination: BROADCAST_MAC,
    source: mac,
    operation: REQUEST,
    senderMac: mac,
    senderAddress: sender ?? NO_ADDRESS,
    targetMac: NO_MAC,
    targetAddress: target,
  });
}
