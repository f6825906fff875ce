/**
 * The Ethernet header, as ARP, NDP and echo need it:
 *
 * ```
 *  0                     6                     12         14
 *  +---------------------+---------------------+----------+---------
 *  | destination         | source              | type     | payload
 *  +---------------------+---------------------+----------+---------
 * ```
 */
export const DESTINATION = 0;
export const SOURCE = 6;
export const ETHER_TYPE = 12;
export const ETHERNET_BYTES = 14;

export const ETHER_TYPE_ARP = 0x0806;
export const ETHER_TYPE_IPV4 = 0x0800;
export const ETHER_TYPE_IPV6 = 0x86dd;
const ETHER_TYPE_VLAN = 0x8100;
const ETHER_TYPE_SERVICE_VLAN = 0x88a8;

/** `sll_pkttype` of a frame to another host, seen in promiscuous mode or with a VLAN tag that no interface takes. */
export const PACKET_OTHER_HOST = 3;
/** `sll_pkttype` of a frame that this machine sent. */
export const PACKET_OUTGOING = 4;

export const BROADCAST_MAC: Uint8Array = new Uint8Array(6).fill(0xff);

/** The 16-bit word at `offset`. The caller has checked the length. */
export function u16(bytes: Uint8Array, offset: number): number {
  return ((bytes[offset] ?? 0) << 8) | (bytes[offset + 1] ?? 0);
}

/** Whether the EtherType is that of a VLAN tag: the frame is then of another network than this interface's own. */
export function isVlan(etherType: number): boolean {
  return etherType === ETHER_TYPE_VLAN || etherType === ETHER_TYPE_SERVICE_VLAN;
}

/** Whether the 6 bytes at `offset` are this MAC. */
export function isMacAt(bytes: Uint8Array, offset: number, mac: Uint8Array): boolean {
  for (let i = 0; i < 6; i++) if (bytes[offset + i] !== mac[i]) return false;
  return true;
}

/** Whether the 6 bytes at `offset` can be the MAC of one station: neither a group nor zero. */
export function isStationAt(bytes: Uint8Array, offset: number): boolean {
  if (((bytes[offset] ?? 1) & 1) === 1) return false;
  for (let i = 0; i < 6; i++) if (bytes[offset + i] !== 0) return true;
  return false;
}

/** Copies bytes without making a view of either side. */
export function copyBytes(
  from: Uint8Array,
  fromOffset: number,
  to: Uint8Array,
  toOffset: number,
  length: number,
): void {
  for (let i = 0; i < length; i++) to[toOffset + i] = from[fromOffset + i] ?? 0;
}
