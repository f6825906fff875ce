import { type Clock, systemClock, type Timer } from "@fairlead/runtime/clock.ts";
import { type Addon, loadAddon, READABLE } from "./addon.ts";
import { EAGAIN, ENOBUFS, EPROTO, SystemError } from "./errno.ts";
import { ALL_ADDRESSES, RTM_GETADDR } from "./netlink/address.ts";
import { InterfaceTable, type NetInterface, sameInterfaces } from "./netlink/interface-table.ts";
import { ALL_LINKS, RTM_GETLINK } from "./netlink/link.ts";
import {
  dumpRequest,
  type NetlinkMessage,
  NLM_F_DUMP_INTR,
  NLMSG_DONE,
  NLMSG_ERROR,
  readErrno,
  readMessages,
} from "./netlink/message.ts";
import {
  AF_NETLINK,
  intOption,
  netlinkAddress,
  netlinkPortId,
  SO_RCVBUF,
  SOCK_RAW,
  SOCKADDR_NL_BYTES,
  SOL_SOCKET,
} from "./sockaddr.ts";

export type { InterfaceAddress, NetInterface } from "./netlink/interface-table.ts";

const NETLINK_ROUTE = 0;
/** RTNLGRP_LINK (1), RTNLGRP_IPV4_IFADDR (5) and RTNLGRP_IPV6_IFADDR (9) as a bit set. */
const GROUPS = (1 << 0) | (1 << 4) | (1 << 8);
const DATAGRAMS_PER_WAKE_UP = 64;
const DATAGRAM_BYTES = 65_536;
const SOCKET_BUFFER_BYTES = 1 << 20;
/** How long a change may wait for those that belong to it. */
const COALESCE_MS = 10;
const REOPEN_MS = 1000;
const MSG_TRUNC = 0x20;

/** What an {@link InterfaceWatch} is made with. */
export interface InterfaceWatchOptions {
  /** Called with all interfaces: once they are known, then after each change of anything that {@link NetInterface} tells. */
  readonly onChange: (interfaces: readonly NetInterface[]) => void;
  /** Netlink failed. The watch tries again by itself, once a second; what was reported last stands until then. */
  readonly onError: (error: SystemError) => void;
  /** @default the machine's clock */
  readonly clock?: Clock;
  /** @default the addon that {@link loadAddon} finds */
  readonly addon?: Addon;
}

/**
 * Watches the interfaces of this network namespace and their addresses: reads all of them, then follows the kernel's
 * notifications, and reads all of them again when some were lost.
 */
export class InterfaceWatch {
  readonly #options: InterfaceWatchOptions;
  readonly #addon: Addon;
  readonly #clock: Clock;
  readonly #table = new InterfaceTable();
  readonly #datagram = new Uint8Array(DATAGRAM_BYTES);
  readonly #from = new Uint8Array(SOCKADDR_NL_BYTES);
  readonly #control = new Uint8Array(0);
  readonly #info = new Int32Array(3);
  #fd = -1;
  #state: "stopped" | "links" | "addresses" | "following" = "stopped";
  #sequence = 0;
  /** The running dump is incomplete or inconsistent. */
  #interrupted = false;
  #overruns = 0;
  #reported: readonly NetInterface[] | undefined;
  #report: Timer | undefined;
  #reopen: Timer | undefined;

  /** @throws Error if there is no addon. */
  constructor(options: InterfaceWatchOptions) {
    this.#options = options;
    this.#addon = options.addon ?? loadAddon();
    this.#clock = options.clock ?? systemClock;
  }

  /** Begins to watch. Idempotent. */
  start(): void {
    if (this.#fd < 0 && this.#reopen === undefined) this.#open();
  }

  /** Ends the watch; no callback comes after it. Idempotent. */
  stop(): void {
    this.#close();
    this.#report?.cancel();
    this.#report = undefined;
    this.#reopen?.cancel();
    this.#reopen = undefined;
  }

  /** How often notifications were lost, so that everything was read again. */
  get overruns(): number {
    return this.#overruns;
  }

  #open(): void {
    const addon = this.#addon;
    const fd = addon.socket(AF_NETLINK, SOCK_RAW, NETLINK_ROUTE);
    if (fd < 0) {
      this.#fail("netlink socket", -fd);
      return;
    }
    this.#fd = fd;
    // A larger buffer only makes overruns rarer.
    addon.setsockopt(fd, SOL_SOCKET, SO_RCVBUF, intOption(SOCKET_BUFFER_BYTES));
    // Groups first, then the dump: a change in between is told of rather than missed.
    const bound = addon.bind(fd, netlinkAddress(GROUPS));
    if (bound < 0) {
      this.#fail("netlink bind", -bound);
      return;
    }
    const polled = addon.poll(fd, READABLE, (events) => this.#ready(events));
    if (polled < 0) {
      this.#fail("netlink poll", -polled);
      return;
    }
    this.#beginDump();
  }

  #close(): void {
    if (this.#fd >= 0) this.#addon.close(this.#fd);
    this.#fd = -1;
    this.#state = "stopped";
  }

  #fail(operation: string, errno: number): void {
    this.#close();
    this.#reopen = this.#clock.after(REOPEN_MS, () => {
      this.#reopen = undefined;
      this.#open();
    });
    this.#options.onError(new SystemError(operation, errno));
  }

  #beginDump(): void {
    this.#interrupted = false;
    this.#table.beginDump();
    this.#state = "links";
    this.#request(RTM_GETLINK, ALL_LINKS);
  }

  #request(type: number, body: Uint8Array): void {
    const request = dumpRequest(type, ++this.#sequence, body);
    const sent = this.#addon.send(this.#fd, request, request.length);
    if (sent < 0) this.#fail("netlink send", -sent);
  }

  #ready(events: number): void {
    if (events < 0 && events !== -ENOBUFS) {
      this.#fail("netlink poll", -events);
      return;
    }
    if (events < 0) this.#lost();
    for (let i = 0; i < DATAGRAMS_PER_WAKE_UP && this.#fd >= 0; i++) {
      const length = this.#addon.recvmsg(this.#fd, this.#datagram, this.#from, this.#control, this.#info);
      if (length === -EAGAIN) break;
      if (length === -ENOBUFS) this.#lost();
      else if (length < 0) {
        this.#fail("netlink recv", -length);
        return;
      }
      // Only the kernel (port 0) is believed: any process may send to our port.
      else if (netlinkPortId(this.#from) === 0) this.#take(this.#datagram.subarray(0, length));
    }
    this.#reportSoon();
  }

  #take(datagram: Uint8Array): void {
    const { messages, malformed } = readMessages(datagram);
    if (malformed !== undefined || ((this.#info[2] ?? 0) & MSG_TRUNC) !== 0) {
      this.#fail("netlink read", EPROTO);
      return;
    }
    for (const message of messages) {
      if (this.#fd < 0) return;
      const answer = message.sequence === this.#sequence;
      if (answer && (message.flags & NLM_F_DUMP_INTR) !== 0) this.#interrupted = true;
      if (message.type !== NLMSG_DONE && message.type !== NLMSG_ERROR) this.#table.apply(message);
      else if (answer) this.#endOfDump(message);
    }
  }

  #endOfDump(message: NetlinkMessage): void {
    const errno = readErrno(message);
    if (errno.ok && errno.value !== 0) {
      this.#fail("netlink dump", errno.value);
      return;
    }
    if (this.#state === "links") {
      this.#state = "addresses";
      this.#request(RTM_GETADDR, ALL_ADDRESSES);
      return;
    }
    if (this.#state !== "addresses") return;
    if (this.#interrupted) {
      this.#beginDump();
      return;
    }
    this.#table.endDump();
    this.#state = "following";
  }

  /** Notifications were lost. The kernel refuses a second dump beside a running one, so that one is read to its end. */
  #lost(): void {
    this.#overruns++;
    if (this.#state === "following") this.#beginDump();
    else this.#interrupted = true;
  }

  #reportSoon(): void {
    if (this.#report !== undefined || this.#fd < 0) return;
    if (this.#reported !== undefined)
      this.#report = this.#clock.after(COALESCE_MS, () => this.#reportChange());
    else if (this.#state === "following") this.#reportChange();
  }

  #reportChange(): void {
    this.#report = undefined;
    const interfaces = this.#table.interfaces();
    if (this.#reported !== undefined && sameInterfaces(interfaces, this.#reported)) return;
    this.#reported = interfaces;
    this.#options.onChange(interfaces);
  }
}
