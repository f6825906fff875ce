import { type Addon, loadAddon } from "@fairlead/linux/addon.ts";
import { errnoName } from "@fairlead/linux/errno.ts";
import { AF_INET6, SOCK_DGRAM } from "@fairlead/linux/sockaddr.ts";
import { addressToBytes, type IpAddress } from "@fairlead/net/address.ts";

const IPPROTO_IPV6 = 41;
const IPV6_JOIN_GROUP = 20;
const IPV6_LEAVE_GROUP = 21;
/** The kernel bounds what one socket may join (net.core.optmem_max). */
const GROUPS_PER_SOCKET = 200;

/** Multicast groups of one interface that the kernel reports to snooping switches (MLD, RFC 3810). */
export interface Memberships {
  /** @returns the name of the errno if it could not be joined */
  join(group: IpAddress): string | undefined;
  leave(group: IpAddress): void;
  close(): void;
}

/**
 * Joins groups on datagram sockets that are never bound: they only hold the memberships. Without the kernel's report a
 * switch that snoops MLD would keep solicitations from us.
 */
export class SocketMemberships implements Memberships {
  readonly #addon: Addon;
  readonly #interfaceIndex: number;
  readonly #sockets = new Map<number, Set<string>>();

  constructor(interfaceIndex: number, addon: Addon = loadAddon()) {
    this.#interfaceIndex = interfaceIndex;
    this.#addon = addon;
  }

  join(group: IpAddress): string | undefined {
    const fd = this.#roomySocket();
    if (fd < 0) return errnoName(-fd);
    const result = this.#addon.setsockopt(fd, IPPROTO_IPV6, IPV6_JOIN_GROUP, this.#request(group));
    if (result < 0) return errnoName(-result);
    this.#sockets.get(fd)?.add(group.text);
    return undefined;
  }

  leave(group: IpAddress): void {
    for (const [fd, groups] of this.#sockets) {
      if (!groups.delete(group.text)) continue;
      this.#addon.setsockopt(fd, IPPROTO_IPV6, IPV6_LEAVE_GROUP, this.#request(group));
    }
  }

  close(): void {
    for (const fd of this.#sockets.keys()) this.#addon.close(fd);
    this.#sockets.clear();
  }

  #roomySocket(): number {
    for (const [fd, groups] of this.#sockets) if (groups.size < GROUPS_PER_SOCKET) return fd;
    const fd = this.#addon.socket(AF_INET6, SOCK_DGRAM, 0);
    if (fd >= 0) this.#sockets.set(fd, new Set());
    return fd;
  }

  /**
   * `struct ipv6_mreq`, the index in the machine's byte order:
   *
   * ```
   *  0                  16                20
   *  +------------------+-----------------+
   *  | group            | interface index |
   *  +------------------+-----------------+
   * ```
   */
  #request(group: IpAddress): Uint8Array {
    const request = new Uint8Array(20);
    request.set(addressToBytes(group));
    new DataView(request.buffer).setUint32(16, this.#interfaceIndex, true);
    return request;
  }
}
