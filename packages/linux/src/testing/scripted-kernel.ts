import type { Addon } from "../addon.ts";
import { EAGAIN, EBADF } from "../errno.ts";

/** One thing to be received: a datagram and the port it comes from, or a failure. */
export type Arrival =
  | { readonly datagram: readonly number[]; readonly from: number }
  | { readonly errno: number };

/** An addon with netlink sockets whose other end is the test. */
export class ScriptedKernel implements Addon {
  /** All that were opened, in order, the closed ones included. */
  readonly sockets: ScriptedSocket[] = [];
  /** What the next bind returns. */
  bindResult = 0;

  /** The socket that was opened last. @throws Error if there is none */
  get last(): ScriptedSocket {
    return this.of(this.sockets.length - 1);
  }

  /** The newest socket that is bound to these groups. @throws Error if there is none */
  boundTo(groups: number): ScriptedSocket {
    const found = this.sockets.findLast((socket) => socket.groups === groups);
    if (found === undefined) throw new Error(`no socket is bound to the groups ${groups}`);
    return found;
  }

  socket(): number {
    return this.sockets.push(new ScriptedSocket()) - 1;
  }
  bind(fd: number, address: Uint8Array): number {
    this.of(fd).groups = new DataView(address.buffer, address.byteOffset).getUint32(8, true);
    return this.bindResult;
  }
  setsockopt(fd: number, level: number, option: number, value: Uint8Array): number {
    this.of(fd).options.set(`${level} ${option}`, new DataView(value.buffer).getInt32(0, true));
    return 0;
  }
  attachFilter(fd: number): number {
    this.of(fd).filtered = true;
    return 0;
  }
  send(fd: number, data: Uint8Array): number {
    this.of(fd).sent(data);
    return data.length;
  }
  poll(fd: number, _events: number, callback: (events: number) => void): number {
    this.of(fd).callback = callback;
    return 0;
  }
  recvmsg(fd: number, data: Uint8Array, from: Uint8Array, _control: Uint8Array, info?: Int32Array): number {
    info?.fill(0);
    return this.of(fd).receive(data, from);
  }
  close(fd: number): number {
    this.of(fd).close();
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
  recv(): number {
    return -EBADF;
  }
  release(): number {
    return -EBADF;
  }
  unpoll(): number {
    return -EBADF;
  }

  of(fd: number): ScriptedSocket {
    const socket = this.sockets[fd];
    if (socket === undefined) throw new Error(`there is no socket ${fd}`);
    return socket;
  }
}

/** One netlink socket, seen from the kernel. */
export class ScriptedSocket {
  /** Types of the dumps that were asked for and their sequence numbers. */
  readonly requests: { readonly type: number; readonly sequence: number }[] = [];
  /** Values of the options that were set, by level and number. */
  readonly options = new Map<string, number>();
  groups = 0;
  filtered = false;
  callback: ((events: number) => void) | undefined;
  #arrivals: Arrival[] = [];

  get open(): boolean {
    return this.callback !== undefined;
  }

  /** The sequence number of the last request. */
  get sequence(): number {
    return this.requests.at(-1)?.sequence ?? 0;
  }

  /** Lets these arrive and wakes the socket up. */
  deliver(...arrivals: readonly Arrival[]): void {
    this.#arrivals.push(...arrivals);
    this.callback?.(1);
  }

  /** Wakes the socket up with an error of the poll. */
  failPoll(errno: number): void {
    this.callback?.(-errno);
  }

  sent(data: Uint8Array): void {
    const view = new DataView(data.buffer, data.byteOffset);
    this.requests.push({ type: view.getUint16(4, true), sequence: view.getUint32(8, true) });
  }

  receive(data: Uint8Array, from: Uint8Array): number {
    const next = this.#arrivals.shift();
    if (next === undefined) return -EAGAIN;
    if ("errno" in next) return -next.errno;
    data.set(next.datagram);
    new DataView(from.buffer).setUint32(4, next.from, true);
    return next.datagram.length;
  }

  close(): void {
    this.callback = undefined;
    this.#arrivals = [];
  }
}
