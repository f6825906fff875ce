import { addressToBytes, type IpAddress } from "@fairlead/net/address.ts";

/**
 * The byte layouts of socket addresses and option values, as the kernel wants them. Pure. Fields are in the machine's byte
 * order (little-endian on both machines that Fairlead runs on) unless drawn as network order.
 */

/** Address families, socket types and option numbers of <sys/socket.h>, <netinet/in.h>, <linux/if_packet.h> and <linux/netlink.h>. */
export const AF_INET = 2;
export const AF_INET6 = 10;
export const AF_NETLINK = 16;
export const AF_PACKET = 17;
export const SOCK_STREAM = 1;
export const SOCK_DGRAM = 2;
export const SOCK_RAW = 3;
export const SOL_SOCKET = 1;
export const SO_RCVBUF = 8;
export const SO_BINDTODEVICE = 25;
/** An array of 32-bit numbers, see {@link MEMINFO_DROPS}. */
export const SO_MEMINFO = 55;
export const IPPROTO_IP = 0;
export const IP_TTL = 2;
export const IP_MTU_DISCOVER = 10;
export const IP_RECVERR = 11;
export const IP_RECVTTL = 12;
export const IPPROTO_IPV6 = 41;
export const IPV6_UNICAST_HOPS = 16;
export const IPV6_MTU_DISCOVER = 23;
export const IPV6_RECVERR = 25;
export const IPV6_V6ONLY = 26;
export const IPV6_RECVHOPLIMIT = 51;
/** The control message that {@link IPV6_RECVHOPLIMIT} asks for; that of {@link IP_RECVTTL} is `IP_TTL`. */
export const IPV6_HOPLIMIT = 52;
/** Of both families: never fragment, and go by the interface's MTU alone, not by what ICMP says of the path. */
export const PMTUDISC_PROBE = 3;
export const SOL_PACKET = 263;
export const SOL_NETLINK = 270;
export const PACKET_ADD_MEMBERSHIP = 1;
export const PACKET_DROP_MEMBERSHIP = 2;
export const PACKET_STATISTICS = 6;
export const PACKET_IGNORE_OUTGOING = 23;
/** The kernel refuses what it does not understand of a request, and heeds what it does: a dump's filters. */
export const NETLINK_GET_STRICT_CHK = 12;

/** Where in the array of {@link SO_MEMINFO} the number of datagrams is that the socket lost, and how many numbers it has. */
export const MEMINFO_DROPS = 8;
export const MEMINFO_NUMBERS = 9;

/** A flag of a received datagram: it was longer than the buffer. */
export const MSG_TRUNC = 0x20;

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
 * `struct sockaddr_in` or `struct sockaddr_in6`, by the address's family:
 *
 * ```
 *  0        2                 4                 8                16
 *  +--------+-----------------+-----------------+----------------+
 *  | family | port            | address         | zero           |
 *  | 2      | (network order) | (4 bytes)       |                |
 *  +--------+-----------------+-----------------+----------------+
 *
 *  0        2                 4                 8                24               28
 *  +--------+-----------------+-----------------+----------------+----------------+
 *  | family | port            | flow info, zero | address        | scope id       |
 *  | 10     | (network order) |                 | (16 bytes)     |                |
 *  +--------+-----------------+-----------------+----------------+----------------+
 * ```
 *
 * @param scopeId the index of the interface that a link-local IPv6 address is on; of other addresses it says nothing
 */
export function inetAddress(ip: IpAddress, port: number, scopeId: number): Uint8Array {
  const v4 = ip.family === "IPv4";
  const bytes = new Uint8Array(v4 ? 16 : 28);
  const view = new DataView(bytes.buffer);
  view.setUint16(0, v4 ? AF_INET : AF_INET6, true);
  view.setUint16(2, port, false);
  bytes.set(addressToBytes(ip), v4 ? 4 : 8);
  if (!v4) view.setUint32(24, scopeId, true);
  return bytes;
}

/**
 * The option value of {@link SO_BINDTODEVICE}. Undefined if no interface can have this name: the kernel takes an empty one
 * for "any interface" and cuts a longer one than 15 bytes to that of another interface.
 */
export function interfaceNameOption(name: string): Uint8Array | undefined {
  const bytes = new TextEncoder().encode(name);
  return bytes.length >= 1 && bytes.length <= 15 && !bytes.includes(0) ? bytes : undefined;
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
