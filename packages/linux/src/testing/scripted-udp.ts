import type { Addon } from "../addon.ts";
import { EAGAIN, EBADF, ENOBUFS } from "../errno.ts";

/** One thing to be received: a datagram with its control messages and MSG_ flags, or a failure. */
export type Arrival =
  | { readonly data: readonly number[]; readonly control: readonly number[]; readonly flags: number }
  | { readonly errno: number };

/** An addon with one UDP socket whose other end is the test. */
export class ScriptedUdp implements Addon {
  /** What was asked for, in words. */
  readonly calls: string[] = [];
  /** A call that begins with this fails with `failure`. */
  failing: string | undefined;
  failure = ENOBUFS;
  /** What SO_MEMINFO says was lost. */
  drops = 0;
  closed = 0;
  #open = false;
  #callback: ((events: number) => void) | undefined;
  readonly #arrivals: Arrival[] = [];

  /** How many things wait to be received. */
  get waiting(): number {
    return this.#arrivals.length;
  }

  queue(arrivals: readonly Arrival[]): void {
    this.#arrivals.push(...arrivals);
  }

  /** Queues them and wakes the reader up. */
  arrive(arrivals: readonly Arrival[]): void {
    this.queue(arrivals);
    this.wakeUp(1);
  }

  wakeUp(events: number): void {
    this.#callback?.(events);
  }

  socket(family: number, type: number): number {
    const result = this.#did(`socket ${family} ${type}`);
    this.#open = result === 0;
    return result;
  }
  setsockopt(_fd: number, level: number, option: number, value: Uint8Array): number {
    return this.#did(`setsockopt ${level} ${option} = ${value}`);
  }
  /** SO_MEMINFO is the only one that is known. */
  getsockopt(_fd: number, _level: number, _option: number, value: Uint8Array): number {
    if (!this.#open) return -EBADF;
    new DataView(value.buffer).setUint32(32, this.drops, true);
    return 36;
  }
  bind(_fd: number, address: Uint8Array): number {
    return this.#did(`bind ${address}`);
  }
  poll(_fd: number, _events: number, callback: (events: number) => void): number {
    this.#callback = callback;
    return this.#did("poll");
  }
  recvmsg(_fd: number, data: Uint8Array, _from: Uint8Array, control: Uint8Array, info: Int32Array): number {
    const arrival = this.#open ? this.#arrivals.shift() : { errno: EBADF };
    if (arrival === undefined) return -EAGAIN;
    if ("errno" in arrival) return -arrival.errno;
    data.set(arrival.data);
    // What the last datagram left there is for the reader to pass over, as `info` tells.
    control.set(arrival.control);
    info.set([0, arrival.control.length, arrival.flags]);
    return arrival.data.length;
  }
  send(_fd: number, data: Uint8Array, length: number, to?: Uint8Array): number {
    const result = this.#did(`send ${data.subarray(0, length)} to ${to}`);
    return result < 0 ? result : length;
  }
  close(): number {
    this.#open = false;
    this.closed++;
    return 0;
  }
  connect(): number {
    return -EBADF;
  }
  listen(): number {
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

  #did(call: string): number {
    if (this.failing !== undefined && call.startsWith(this.failing)) return -this.failure;
    this.calls.push(call);
    return 0;
  }
}
