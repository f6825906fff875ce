import { ALL_NODES, ALL_NODES_MAC, OVERRIDE, writeAdvertisement } from "./packet.ts";

/** Writes the advertisement to all nodes that tells them the MAC of an address (RFC 4861 7.2.6). */
export function writeUnsolicited(frame: Uint8Array, mac: Uint8Array, address: Uint8Array): void {
  writeAdvertisement(frame, {
    destination: ALL_NODES_MAC,
    source: mac,
    sourceAddress: address,
    destinationAddress: ALL_NODES,
    flags: OVERRIDE,
    target: address,
    targetMac: mac,
  });
}
