import { err, ok, type Result } from "@fairlead/net/result.ts";
import { type Addon, READABLE } from "./addon.ts";
import { type BpfInstruction, programBytes } from "./bpf.ts";
import { EAGAIN, ENOBUFS, EPROTO, SystemError } from "./errno.ts";
import { type NetlinkMessage, readMessages } from "./netlink/message.ts";
import {
  AF_NETLINK,
  intOption,
  MSG_TRUNC,
  NETLINK_GET_STRICT_CHK,
  netlinkAddress,
  netlinkPortId,
  SO_RCVBUF,
  SOCK_RAW,
  SOCKADDR_NL_BYTES,
  SOL_NETLINK,
  SOL_SOCKET,
} from "./sockaddr.ts";

const NETLINK_ROUTE = 0;
/** Of 32 KiB each, as long as much is to be told: some 8,000 routes, or a few milliseconds. */
const DATAGRAMS_PER_WAKE_UP = 16;
const DATAGRAM_BYTES = 65_536;
const SOCKET_BUFFER_BYTES = 1 << 20;

/** What a {@link NetlinkSocket} is made with. The callbacks may close it. */
export interface NetlinkSocketOptions {
  /** Multicast groups as a bit set: bit n-1 is group n. */
  readonly groups: number;
  /** What wakes us up; everything without it. */
  readonly filter?: readonly BpfInstruction[];
  readonly onMessage: (message: NetlinkMessage) => void;
  /** The kernel had to drop messages. */
  readonly onLost: () => void;
  /** All that came in one wake-up has been told. */
  readonly onSettled: () => void;
  /** Receiving failed, and the socket is closed. */
  readonly onError: (error: SystemError) => void;
  readonly addon: Addon;
}

/** An rtnetlink socket: whole messages of the kernel in, requests out. */
export class NetlinkSocket {
  readonly #options: NetlinkSocketOptions;
  readonly #datagram = new Uint8Array(DATAGRAM_BYTES);
  readonly #from = new Uint8Array(SOCKADDR_NL_BYTES);
  readonly #control = new Uint8Array(0);
  readonly #info = new Int32Array(3);
  #fd: number;

  private constructor(fd: number, options: NetlinkSocketOptions) {
    this.#fd = fd;
    this.#options = options;
  }

  /** Opens the socket and begins to receive. Needs no capability. The error says which step failed. */
  static open(options: NetlinkSocketOptions): Result<NetlinkSocket, SystemError> {
    const fd = options.addon.socket(AF_NETLINK, SOCK_RAW, NETLINK_ROUTE);
    if (fd < 0) return err(new SystemError("netlink socket", -fd));
    const socket = new NetlinkSocket(fd, options);
    const failure = socket.#setUp();
    if (failure === undefined) return ok(socket);
    socket.close();
    return err(failure);
  }

  /** No callback comes after it. Idempotent. */
  close(): void {
    if (this.#fd >= 0) this.#options.addon.close(this.#fd);
    this.#fd = -1;
  }

  /** Sends a request. @returns why it failed, or undefined. */
  send(request: Uint8Array): SystemError | undefined {
    const sent = this.#options.addon.send(this.#fd, request, request.length);
    return sent < 0 ? new SystemError("netlink send", -sent) : undefined;
  }

  #setUp(): SystemError | undefined {
    const { addon, groups, filter } = this.#options;
    const fd = this.#fd;
    // Neither is needed: a larger buffer makes overruns rarer, and kernels before 4.20 dump what was not asked for.
    addon.setsockopt(fd, SOL_SOCKET, SO_RCVBUF, intOption(SOCKET_BUFFER_BYTES));
    addon.setsockopt(fd, SOL_NETLINK, NETLINK_GET_STRICT_CHK, intOption(1));
    const filtered = filter === undefined ? 0 : addon.attachFilter(fd, programBytes(filter));
    if (filtered < 0) return new SystemError("netlink filter", -filtered);
    const bound = addon.bind(fd, netlinkAddress(groups));
    if (bound < 0) return new SystemError("netlink bind", -bound);
    const polled = addon.poll(fd, READABLE, (events) => this.#ready(events));
    return polled < 0 ? new SystemError("netlink poll", -polled) : undefined;
  }

  #fail(operation: string, errno: number): void {
    this.close();
    this.#options.onError(new SystemError(operation, errno));
  }

  #ready(events: number): void {
    const { addon, onLost, onSettled } = this.#options;
    if (events < 0 && events !== -ENOBUFS) {
      this.#fail("netlink poll", -events);
      return;
    }
    if (events < 0) onLost();
    for (let i = 0; i < DATAGRAMS_PER_WAKE_UP && this.#fd >= 0; i++) {
      const length = addon.recvmsg(this.#fd, this.#datagram, this.#from, this.#control, this.#info);
      if (length === -EAGAIN) break;
      if (length === -ENOBUFS) onLost();
      else if (length < 0) {
        this.#fail("netlink recv", -length);
        return;
      }
      // Only the kernel (port 0) is believed: any process may send to our port.
      else if (netlinkPortId(this.#from) === 0) this.#take(this.#datagram.subarray(0, length));
    }
    if (this.#fd >= 0) onSettled();
  }

  #take(datagram: Uint8Array): void {
    const { messages, malformed } = readMessages(datagram);
    if (malformed !== undefined || ((this.#info[2] ?? 0) & MSG_TRUNC) !== 0) {
      this.#fail("netlink read", EPROTO);
      return;
    }
    for (const message of messages) {
      if (this.#fd < 0) return;
      this.#options.onMessage(message);
    }
  }
}
