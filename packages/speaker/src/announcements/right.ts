import type { PlacedAddress } from "./snapshot.ts";

/** Whether this node may answer for the address: exactly when the controller placed it here. */
export function mayAnnounce(placed: PlacedAddress, node: string): boolean {
  return placed.nodes[0] === node;
}
