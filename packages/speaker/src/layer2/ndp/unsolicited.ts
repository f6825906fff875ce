import { ALL_NODES, ALL_NODES_MAC, OVERRIDE, writeAdvertisement } from "./packet.ts";

/**
 * Writes the advertisement to all nodes that tells them the MAC of an address (RFC 4861 7.2.6).
 *
 * @param to the MAC of the only station that is to take it (RFC 6085)
 */
export function writeUnsolicited(
  frame: Uint8Array,
  mac: Uint8Array,
  address: Uint8Array,
  to: Uint8Array = ALL_NODES_MAC,
): void {
  writeAdvertisement(frame, {
    destination: to,
    source: mac,
    sourceAddress: address,
    destinationAddress: ALL_NODES,
    flags: OVERRIDE,
    target: address,
    targetMac: mac,
  });
}
