import type { Family } from "@fairlead/net/address.ts";
import {
  AF_INET,
  AF_INET6,
  IP_MTU_DISCOVER,
  IP_RECVERR,
  IP_RECVTTL,
  IP_TTL,
  IPPROTO_IP,
  IPPROTO_IPV6,
  IPV6_HOPLIMIT,
  IPV6_MTU_DISCOVER,
  IPV6_RECVERR,
  IPV6_RECVHOPLIMIT,
  IPV6_UNICAST_HOPS,
  IPV6_V6ONLY,
  PMTUDISC_PROBE,
} from "./sockaddr.ts";

/** RFC 5082 (GTSM) 3: a router takes one off, so only what was sent on this link arrives with it. */
export const MOST_HOPS = 255;

/** Name, number and value. */
export type UdpOption = readonly [string, number, number];

/** How a UDP socket of one family is made. */
export interface UdpProtocol {
  readonly addressFamily: number;
  /** The level of its options and control messages. */
  readonly level: number;
  /** The control message that tells the TTL or hop limit. */
  readonly hopsMessage: number;
  /** Of every socket. */
  readonly options: readonly UdpOption[];
  /** Of one that hears only neighbors. */
  readonly neighborOptions: readonly UdpOption[];
}

/**
 * By family. What ICMP says is not asked for (RECVERR) and does not lower the size of what is sent (PROBE): anybody can make
 * it up.
 */
export const UDP_PROTOCOLS: Readonly<Record<Family, UdpProtocol>> = {
  IPv4: {
    addressFamily: AF_INET,
    level: IPPROTO_IP,
    hopsMessage: IP_TTL,
    neighborOptions: [
      ["IP_TTL", IP_TTL, MOST_HOPS],
      ["IP_RECVTTL", IP_RECVTTL, 1],
    ],
    options: [
      ["IP_MTU_DISCOVER", IP_MTU_DISCOVER, PMTUDISC_PROBE],
      ["IP_RECVERR", IP_RECVERR, 0],
    ],
  },
  IPv6: {
    addressFamily: AF_INET6,
    level: IPPROTO_IPV6,
    hopsMessage: IPV6_HOPLIMIT,
    neighborOptions: [
      ["IPV6_UNICAST_HOPS", IPV6_UNICAST_HOPS, MOST_HOPS],
      ["IPV6_RECVHOPLIMIT", IPV6_RECVHOPLIMIT, 1],
    ],
    options: [
      ["IPV6_V6ONLY", IPV6_V6ONLY, 1],
      ["IPV6_MTU_DISCOVER", IPV6_MTU_DISCOVER, PMTUDISC_PROBE],
      ["IPV6_RECVERR", IPV6_RECVERR, 0],
    ],
  },
};
