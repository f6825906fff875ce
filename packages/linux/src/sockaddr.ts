/**
 * The byte layouts of socket addresses and option values, as the kernel wants them. Pure. Fields are in the machine's byte
 * order (little-endian on both machines that Fairlead runs on) unless drawn as network order.
 */

/** Address families, socket types and option numbers of <sys/socket.h>, <linux/if_packet.h> and <linux/netlink.h>. */
export const AF_INET = 2;
export const AF_INET6 = 10;
export const AF_NETLINK = 16;
export const AF_PACKET = 17;
export const SOCK_STREAM = 1;
export const SOCK_DGRAM = 2;
export const SOCK_RAW = 3;
export const SOL_SOCKET = 1;
export const SO_RCVBUF = 8;
export const SOL_PACKET = 263;
export const SOL_NETLINK = 270;
export const PACKET_ADD_MEMBERSHIP = 1;
export const PACKET_DROP_MEMBERSHIP = 2;
export const PACKET_STATISTICS = 6;
export const PACKET_IGNORE_OUTGOING = 23;
/** The kernel refuses what it does not understand of a request, and heeds what it does: a dump's filters. */
export const NETLINK_GET_STRICT_CHK = 12;

/** `ETH_P_ALL`: frames of every type. */
export const ETH_P_ALL = 0x0003;

/** `sll_pkttype`: whom a received frame was addressed to. */
export const PacketType = {
  /** To this interface's own MAC. */
  host: 0,
  broadcast: 1,
  multicast: 2,
  /** To somebody else (promiscuous), or with a VLAN tag that no VLAN interface takes. */
  otherHost: 3,
  /** Sent by this machine. */
  outgoing: 4,
} as const;

const PACKET_MR_MULTICAST = 0;

/** Length of a `sockaddr_ll`. */
export const SOCKADDR_LL_BYTES = 20;

/**
 * `struct sockaddr_ll`, to bind a packet socket:
 *
 * ```
 *  0        2                  4                 8         10       11      12              20
 *  +--------+------------------+-----------------+---------+--------+-------+---------------+
 *  | family | protocol         | interface index | hatype  | pkt    | addr  | address       |
 *  | 17     | (network order)  |                 |         | type   | len   | (8 bytes)     |
 *  +--------+------------------+-----------------+---------+--------+-------+---------------+
 * ```
 *
 * @param etherType in host order, for example 0x0806
 */
export function linkAddress(etherType: number, interfaceIndex: number): Uint8Array {
  const bytes = new Uint8Array(SOCKADDR_LL_BYTES);
  const view = new DataView(bytes.buffer);
  view.setUint16(0, AF_PACKET, true);
  view.setUint16(2, etherType, false);
  view.setInt32(4, interfaceIndex, true);
  return bytes;
}

/** Where `sll_pkttype` is in a received `sockaddr_ll`. */
export const PACKET_TYPE_OFFSET = 10;

/** Length of a `sockaddr_nl`. */
export const SOCKADDR_NL_BYTES = 12;

/**
 * `struct sockaddr_nl`, to bind a netlink socket:
 *
 * ```
 *  0        2      4                8                12
 *  +--------+------+----------------+----------------+
 *  | family | zero | port id        | groups         |
 *  | 16     |      | (0: kernel's   | (bit n-1 is    |
 *  |        |      |  choice)       |  group n)      |
 *  +--------+------+----------------+----------------+
 * ```
 */
export function netlinkAddress(groups: number): Uint8Array {
  const bytes = new Uint8Array(SOCKADDR_NL_BYTES);
  const view = new DataView(bytes.buffer);
  view.setUint16(0, AF_NETLINK, true);
  view.setUint32(8, groups, true);
  return bytes;
}

/** The port id of a received `sockaddr_nl`: 0 is the kernel. */
export function netlinkPortId(address: Uint8Array): number {
  return new DataView(address.buffer, address.byteOffset, address.byteLength).getUint32(4, true);
}

/**
 * `struct packet_mreq`, to let a multicast MAC through to the packet socket:
 *
 * ```
 *  0                 4        6        8                16
 *  +-----------------+--------+--------+----------------+
 *  | interface index | type   | length | address, padded|
 *  |                 | 0      | 6      | to 8 bytes     |
 *  +-----------------+--------+--------+----------------+
 * ```
 *
 * @throws RangeError if `mac` is not 6 bytes.
 */
export function multicastRequest(interfaceIndex: number, mac: Uint8Array): Uint8Array {
  if (mac.length !== 6) throw new RangeError(`a MAC has 6 bytes, not ${mac.length}`);
  const bytes = new Uint8Array(16);
  const view = new DataView(bytes.buffer);
  view.setInt32(0, interfaceIndex, true);
  view.setUint16(4, PACKET_MR_MULTICAST, true);
  view.setUint16(6, 6, true);
  bytes.set(mac, 8);
  return bytes;
}

/** An `int` option value. */
export function intOption(value: number): Uint8Array {
  const bytes = new Uint8Array(4);
  new DataView(bytes.buffer).setInt32(0, value, true);
  return bytes;
}
