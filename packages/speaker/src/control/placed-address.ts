import type { VirtualIP } from "@fairlead/api/virtual-ip.ts";
import { virtualIPName } from "@fairlead/api/virtual-ip-name.ts";
import { parseAddress } from "@fairlead/net/address.ts";
import { err, ok, type Result } from "@fairlead/net/result.ts";
import type { PlacedAddress } from "../announcements/snapshot.ts";

/**
 * What a VirtualIP means for the wire: undefined if nobody may answer on a segment.
 *
 * @returns a sentence for people if the object says nothing that could be carried out
 */
export function placedAddress(virtualIP: VirtualIP): Result<PlacedAddress | undefined, string> {
  const { placement, address: text } = virtualIP.spec;
  if (placement === undefined || placement.nodes.length === 0 || !placement.protocols.includes("Layer2"))
    return ok(undefined);
  const address = parseAddress(text);
  if (!address.ok) return err(`spec.address ${address.error}`);
  // The name makes an address unique in the cluster; under another name two objects could hold one address.
  if (virtualIP.metadata.name !== virtualIPName(address.value)) {
    return err(
      `spec.address ${text} does not belong to an object of this name; delete it and create ${virtualIPName(address.value)}`,
    );
  }
  const { epoch, nodes, interfaces = [] } = placement;
  const { announcers = [] } = virtualIP.status ?? {};
  return ok({
    address: address.value,
    epoch,
    nodes,
    interfaces: interfaces.length === 0 ? undefined : interfaces,
    first: announcers.length === 0,
    nowhereElse: announcers.every(({ node }) => node === nodes[0]),
  });
}
