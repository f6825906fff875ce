import { BROADCAST_MAC } from "../ethernet.ts";
import { REPLY, REQUEST, writeArp } from "./packet.ts";

const NO_MAC = new Uint8Array(6);

/**
 * Writes the broadcast that tells everybody the MAC of an address (RFC 5227 2.3). Some stacks heed only the request form,
 * some only the reply form; Linux takes a reply as gratuitous, and so past its lock time, only if both MACs are the same.
 */
export function writeGratuitous(
  frame: Uint8Array,
  form: "request" | "reply",
  mac: Uint8Array,
  address: Uint8Array,
): void {
  writeArp(frame, {
    destination: BROADCAST_MAC,
    source: mac,
    operation: form === "request" ? REQUEST : REPLY,
    senderMac: mac,
    senderAddress: address,
    targetMac: form === "request" ? NO_MAC : mac,
    targetAddress: address,
  });
}

/** Writes an answer to one station that did not ask, which tells it the MAC of an address. @param to its MAC, and an IPv4 address of its own or the address itself */
export function writeTold(
  frame: Uint8Array,
  to: { readonly mac: Uint8Array; readonly address: Uint8Array },
  mac: Uint8Array,
  address: Uint8Array,
): void {
  writeArp(frame, {
    destination: to.mac,
    source: mac,
    operation: REPLY,
    senderMac: mac,
    senderAddress: address,
    targetMac: to.mac,
    targetAddress: to.address,
  });
}
