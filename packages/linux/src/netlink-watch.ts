import { type Clock, systemClock, type Timer } from "@fairlead/runtime/clock.ts";
import { type Addon, loadAddon } from "./addon.ts";
import { ENOENT, SystemError } from "./errno.ts";
import {
  dumpRequest,
  type NetlinkMessage,
  NLM_F_DUMP_INTR,
  NLMSG_DONE,
  NLMSG_ERROR,
  readErrno,
} from "./netlink/message.ts";
import { NetlinkSocket, type NetlinkSocketOptions } from "./netlink-socket.ts";

const REOPEN_MS = 1000;

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
export interface NetlinkWatchOptions extends Pick<NetlinkSocketOptions, "groups" | "filter"> {
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
  #socket: NetlinkSocket | undefined;
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
    if (this.#socket === undefined && this.#reopen === undefined) this.#open();
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
    if (this.#socket === undefined || this.#due !== undefined) return;
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
    const { groups, filter, follower } = this.#options;
    const opened = NetlinkSocket.open({
      groups,
      ...(filter && { filter }),
      onMessage: (message) => this.#take(message),
      onLost: () => {
        this.#overruns++;
        this.readAgain();
      },
      onSettled: () => follower.settled(),
      onError: (error) => this.#fail(error),
      addon: this.#addon,
    });
    if (!opened.ok) {
      this.#fail(opened.error);
      return;
    }
    this.#socket = opened.value;
    // It is in its groups by now: a change before the dump is told of rather than missed.
    this.#beginDump();
  }

  #close(): void {
    this.#socket?.close();
    this.#socket = undefined;
    this.#dump = undefined;
    this.#due?.cancel();
    this.#due = undefined;
  }

  #fail(error: SystemError): void {
    this.#close();
    this.#reopen = this.#clock.after(REOPEN_MS, () => {
      this.#reopen = undefined;
      this.#open();
    });
    this.#options.follower.failed(error);
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
    const failure = this.#socket?.send(dumpRequest(wanted.type, ++this.#sequence, wanted.body));
    if (failure !== undefined) this.#fail(failure);
  }

  #endDump(): void {
    this.#dump = undefined;
    if (this.#interrupted) this.readAgain();
    else this.#options.follower.endDump();
  }

  #take(message: NetlinkMessage): void {
    const answer = message.sequence === this.#sequence;
    if (answer && (message.flags & NLM_F_DUMP_INTR) !== 0) this.#interrupted = true;
    if (message.type !== NLMSG_DONE && message.type !== NLMSG_ERROR)
      this.#options.follower.take(message, answer);
    else if (answer && this.#dump !== undefined) this.#dumped(this.#dump, message);
  }

  #dumped(index: number, end: NetlinkMessage): void {
    const read = readErrno(end);
    const errno = read.ok ? read.value : 0;
    const missing = errno === ENOENT && this.#options.dumps[index]?.mayBeMissing === true;
    if (errno !== 0 && !missing) this.#fail(new SystemError("netlink dump", errno));
    else this.#request(index + 1);
  }
}
