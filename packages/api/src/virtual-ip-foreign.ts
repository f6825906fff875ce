import type { ForeignClaim, VirtualIP } from "./virtual-ip.ts";
import { ANNOUNCED } from "./virtual-ip-status.ts";

/** Reason of the condition {@link ANNOUNCED} of an address that somebody else on the LAN answers for. */
export const ADDRESS_IN_USE = "AddressInUse";
/** Type of the condition that is there only while somebody else on the LAN claims an address that is announced. */
export const CONTESTED = "Contested";
/**
 * Whether somebody answered for the address for those who hold it, as far as is known: that one is never taken from them. Of a record
 * that does not say since when they hold it, as one of an earlier version or one that was lost and made again, it is taken for granted.
 */
export function hasBeenAnnounced({ spec, status }: VirtualIP): boolean {
  if (spec.heldSince === undefined) return true;
  return status?.firstAnnounced !== undefined || (status?.announcers ?? []).length > 0;
}

/** Who has an address instead of the Services that were given it and never served with it; undefined: nobody. */
export function foreignUseOf(virtualIP: VirtualIP): ForeignClaim | undefined {
  const { spec, status } = virtualIP;
  if ((spec.services ?? []).length === 0) return spec.quarantine;
  const isRefused = status?.conditions?.some(
    (one) => one.type === ANNOUNCED && one.status === "False" && one.reason === ADDRESS_IN_USE,
  );
  return isRefused && !hasBeenAnnounced(virtualIP) ? status?.foreign : undefined;
}

/**
 * Who answers, as a clause: `02:00:00:00:00:09 (interface eth1 of node b) answers for it on interface eth0 of node a`.
 *
 * @param what he answers for
 */
export function usedBy(
  { mac, machine, node, interface: name }: Pick<ForeignClaim, "mac" | "machine" | "node" | "interface">,
  what = "it",
): string {
  const known = machine === undefined ? "" : ` (${machine})`;
  return `${mac}${known} answers for ${what} on interface ${name} of node ${node}`;
}
