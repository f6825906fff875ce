import { addressToBytes, type IpAddress } from "@fairlead/net/address.ts";
import { macToBytes } from "@fairlead/net/mac.ts";
import { writeSolicitation } from "./packet.ts";
import { groupMac, solicitedNodeGroup } from "./solicited-node.ts";

/**
 * Writes the solicitation to the target's group that asks who has an address.
 *
 * @param linkLocal the own link-local address; undefined: from the unspecified address as duplicate address detection does
 *   (RFC 4862 5.4.2), which makes a host that is just taking the address give it up (5.4.3)
 * @returns the length of the frame
 */
export function writeProbe(
  frame: Uint8Array,
  mac: Uint8Array,
  linkLocal: Uint8Array | undefined,
  target: IpAddress,
): number {
  const group = solicitedNodeGroup(target);
  return writeSolicitation(frame, {
    destination: macToBytes(groupMac(group)),
    source: mac,
    sourceAddress: linkLocal,
    destinationAddress: addressToBytes(group),
    target: addressToBytes(target),
  });
}
