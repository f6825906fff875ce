import { type Clock, systemClock, type Timer } from "@fairlead/runtime/clock.ts";
import { type Addon, loadAddon, READABLE } from "./addon.ts";
import { type BpfInstruction, programBytes } from "./bpf.ts";
import { EAGAIN, ENOBUFS, ENOENT, EPROTO, SystemError } from "./errno.ts";
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
const DATAGRAMS_PER_WAKE_UP = 16;
const DATAGRAM_BYTES = 65_536;
const SOCKET_BUFFER_BYTES = 1 << 20;
const REOPEN_MS = 1000;
const MSG_TRUNC = 0x20;

/** What is told of the kernel's objects. */
export interface NetlinkFollower {
  /** All objects are about to be told; what is not told before {@link endDump} is gone. */
  beginDump(): void;
  /** @param answer whether it belongs to the dump; if not, it is a notification */
  take(message: NetlinkMessage, answer: boolean): void;
  /** The dump is complete and consistent. */
  endDump(): void;
  /** All that came in one wake-up has been taken. */
  settled(): void;
  /** Netlink failed. It is tried again by itself, once a second. */
  failed(error: SystemError): void;
}

/** A request for all objects of a kind. */
export interface Dump {
  readonly type: number;
  /** The kind's fixed header. */
  readonly body: Uint8Array;
  /** That what holds the objects does not exist (`ENOENT`) means that there are none. @default false */
  readonly mayBeMissing?: boolean;
}

/** What a {@link NetlinkWatch} is made with. */
export interface NetlinkWatchOptions {
  /** Multicast groups as a bit set: bit n-1 is group n. */
  readonly groups: number;
  /** What wakes us up; everything without it. */
  readonly filter?: readonly BpfInstruction[];
  /** What a complete dump consists of, in order. */
  readonly dumps: readonly Dump[];
  /** Least time from the beginning of a dump to that of the next, in ms. @default 0 */
  readonly paceMs?: number;
  /** How long to wait before all is read again, for what belongs together, in ms. @default 0 */
  readonly settleMs?: number;
  readonly follower: NetlinkFollower;
  /** @default the machine's clock */
  readonly clock?: Clock;
  /** @default the addon that {@link loadAddon} finds */
  readonly addon?: Addon;
}

/**
 * Watches objects of the kernel by rtnetlink: reads all of them, then follows the kernel's notifications, and reads all of
 * them again when some were lost.
 */
export class NetlinkWatch {
  readonly #options: NetlinkWatchOptions;
  readonly #addon: Addon;
  readonly #clock: Clock;
  readonly #datagram = new Uint8Array(DATAGRAM_BYTES);
  readonly #from = new Uint8Array(SOCKADDR_NL_BYTES);
  readonly #control = new Uint8Array(0);
  readonly #info = new Int32Array(3);
  #fd = -1;
  /** Which of the dumps is running, by its place; undefined if none is. */
  #dump: number | undefined;
  #sequence = 0;
  #begunMs = Number.NEGATIVE_INFINITY;
  /** The running dump is incomplete, inconsistent or outdated. */
  #interrupted = false;
  #overruns = 0;
  #due: Timer | undefined;
  #reopen: Timer | undefined;

  /** @throws Error if there is no addon. */
  constructor(options: NetlinkWatchOptions) {
    this.#options = options;
    this.#addon = options.addon ?? loadAddon();
    this.#clock = options.clock ?? systemClock;
  }

  /** Begins to watch. Idempotent. */
  start(): void {
    if (this.#fd < 0 && this.#reopen === undefined) this.#open();
  }

  /** Ends the watch; nothing is told after it. Idempotent. */
  stop(): void {
    this.#close();
    this.#reopen?.cancel();
    this.#reopen = undefined;
  }

  /** How often notifications were lost, so that everything was read again. */
  get overruns(): number {
    return this.#overruns;
  }

  /** Whether a dump is running, so that what has changed may or may not be in it. */
  get dumping(): boolean {
    return this.#dump !== undefined;
  }

  /** Reads everything again, as soon as the pace allows. */
  readAgain(): void {
    if (this.#fd < 0 || this.#due !== undefined) return;
    // The kernel refuses a second dump beside a running one, so that one is read to its end.
    if (this.#dump !== undefined) {
      this.#interrupted = true;
      return;
    }
    const { paceMs = 0, settleMs = 0 } = this.#options;
    const waitMs = Math.max(this.#begunMs + paceMs - this.#clock.nowMs(), settleMs);
    if (waitMs <= 0) this.#beginDump();
    else
      this.#due = this.#clock.after(waitMs, () => {
        this.#due = undefined;
        this.#beginDump();
      });
  }

  #open(): void {
    const addon = this.#addon;
    const { groups, filter } = this.#options;
    const fd = addon.socket(AF_NETLINK, SOCK_RAW, NETLINK_ROUTE);
    if (fd < 0) {
      this.#fail("netlink socket", -fd);
      return;
    }
    this.#fd = fd;
    // Neither is needed: a larger buffer makes overruns rarer, and kernels before 4.20 dump what was not asked for.
    addon.setsockopt(fd, SOL_SOCKET, SO_RCVBUF, intOption(SOCKET_BUFFER_BYTES));
    addon.setsockopt(fd, SOL_NETLINK, NETLINK_GET_STRICT_CHK, intOption(1));
    const filtered = filter === undefined ? 0 : addon.attachFilter(fd, programBytes(filter));
    if (filtered < 0) {
      this.#fail("netlink filter", -filtered);
      return;
    }
    // Groups first, then the dump: a change in between is told of rather than missed.
    const bound = addon.bind(fd, netlinkAddress(groups));
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
    this.#dump = undefined;
    this.#due?.cancel();
    this.#due = undefined;
  }

  #fail(operation: string, errno: number): void {
    this.#close();
    this.#reopen = this.#clock.after(REOPEN_MS, () => {
      this.#reopen = undefined;
      this.#open();
    });
    this.#options.follower.failed(new SystemError(operation, errno));
  }

  #beginDump(): void {
    this.#interrupted = false;
    this.#begunMs = this.#clock.nowMs();
    this.#options.follower.beginDump();
    this.#request(0);
  }

  #request(index: number): void {
    const wanted = this.#options.dumps[index];
    if (wanted === undefined) {
      this.#endDump();
      return;
    }
    this.#dump = index;
    const request = dumpRequest(wanted.type, ++this.#sequence, wanted.body);
    const sent = this.#addon.send(this.#fd, request, request.length);
    if (sent < 0) this.#fail("netlink send", -sent);
  }

  #endDump(): void {
    this.#dump = undefined;
    if (this.#interrupted) this.readAgain();
    else this.#options.follower.endDump();
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
    if (this.#fd >= 0) this.#options.follower.settled();
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
      if (message.type !== NLMSG_DONE && message.type !== NLMSG_ERROR)
        this.#options.follower.take(message, answer);
      else if (answer && this.#dump !== undefined) this.#dumped(this.#dump, message);
    }
  }

  #dumped(index: number, end: NetlinkMessage): void {
    const read = readErrno(end);
    const errno = read.ok ? read.value : 0;
    const missing = errno === ENOENT && this.#options.dumps[index]?.mayBeMissing === true;
    if (errno !== 0 && !missing) this.#fail("netlink dump", errno);
    else this.#request(index + 1);
  }

  #lost(): void {
    this.#overruns++;
    this.readAgain();
  }
}
