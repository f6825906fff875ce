import type { Addon } from "../addon.ts";
import { EAGAIN, EBADF } from "../errno.ts";

/** One thing to be received: a datagram and the port it comes from, or a failure. */
type Arrival = { readonly datagram: readonly number[]; readonly from: number } | { readonly errno: number };

/** An addon with one netlink socket whose other end is the test. */
export class ScriptedKernel implements Addon {
  /** Types of the dumps that were asked for and their sequence numbers. */
  readonly requests: { readonly type: number; readonly sequence: number }[] = [];
  /** How many sockets were opened so far. */
  sockets = 0;
  /** What the next bind returns. */
  bindResult = 0;
  #callback: ((events: number) => void) | undefined;
  #arrivals: Arrival[] = [];

  get open(): boolean {
    return this.#callback !== undefined;
  }

  /** Lets these arrive and wakes the socket up. */
  deliver(...arrivals: readonly Arrival[]): void {
    this.#arrivals.push(...arrivals);
    this.#callback?.(1);
  }

  /** Wakes the socket up with an error of the poll. */
  failPoll(errno: number): void {
    this.#callback?.(-errno);
  }

  socket(): number {
    return 100 + this.sockets++;
  }
  bind(): number {
    return this.bindResult;
  }
  setsockopt(): number {
    return 0;
  }
  send(_fd: number, data: Uint8Array): number {
    const view = new DataView(data.buffer, data.byteOffset);
    this.requests.push({ type: view.getUint16(4, true), sequence: view.getUint32(8, true) });
    return data.length;
  }
  poll(_fd: number, _events: number, callback: (events: number) => void): number {
    this.#callback = callback;
    return 0;
  }
  recvmsg(_fd: number, data: Uint8Array, from: Uint8Array, _control: Uint8Array, info?: Int32Array): number {
    const next = this.#arrivals.shift();
    if (next === undefined) return -EAGAIN;
    if ("errno" in next) return -next.errno;
    data.set(next.datagram);
    new DataView(from.buffer).setUint32(4, next.from, true);
    info?.fill(0);
    return next.datagram.length;
  }
  close(): number {
    this.#callback = undefined;
    this.#arrivals = [];
    return 0;
  }
  connect(): number {
    return -EBADF;
  }
  listen(): number {
    return -EBADF;
  }
  getsockopt(): number {
    return -EBADF;
  }
  attachFilter(): number {
    return -EBADF;
  }
  recv(): number {
    return -EBADF;
  }
  release(): number {
    return -EBADF;
  }
  unpoll(): number {
    return -EBADF;
  }
}
