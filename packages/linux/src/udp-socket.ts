import { addressOf, type Family, type IpAddress } from "@fairlead/net/address.ts";
import { err, ok, type Result } from "@fairlead/net/result.ts";
import { type Addon, loadAddon, READABLE } from "./addon.ts";
import { controlInt } from "./control-message.ts";
import { EAGAIN, ECONNREFUSED, ENODEV, SystemError } from "./errno.ts";
import {
  inetAddress,
  interfaceNameOption,
  intOption,
  MEMINFO_DROPS,
  MEMINFO_NUMBERS,
  MSG_TRUNC,
  SO_BINDTODEVICE,
  SO_MEMINFO,
  SOCK_DGRAM,
  SOL_SOCKET,
} from "./sockaddr.ts";
import { MOST_HOPS, UDP_PROTOCOLS, type UdpOption, type UdpProtocol } from "./udp-protocol.ts";

/** Datagrams taken in one go before other work of the thread has its turn. */
const DATAGRAMS_PER_WAKE_UP = 64;

/** Longer datagrams are dropped; what speakers have to say is at most 1,400 bytes. */
const DATAGRAM_BYTES = 2048;

/** Room for the one control message that is asked for, and some more. */
const CONTROL_BYTES = 64;

/**
 * Why a datagram was not handed over: `OffLink`, its TTL or hop limit is below 255 or was not told; `Truncated`, it is
 * longer than the buffer.
 */
export type UdpDropReason = "OffLink" | "Truncated";

/** What every UDP socket is made with. The callbacks may close it. */
interface CommonUdpOptions {
  /** Both its own, and that of every destination. */
  readonly port: number;
  /**
   * Called for each datagram: its bytes are `buffer[0]` to `buffer[length - 1]`, valid only during the call. The same `buffer`
   * is handed in each time, so that a datagram costs no allocation.
   */
  readonly onDatagram: (buffer: Uint8Array, length: number) => void;
  /** Called for each datagram that was not handed over. */
  readonly onDrop: (reason: UdpDropReason) => void;
  /**
   * Receiving failed; the socket stays open. That the interface is down, or a peer's port closed, is no failure to receive.
   */
  readonly onError: (errno: number) => void;
  /** @default the addon that {@link loadAddon} finds */
  readonly addon?: Addon;
}

/** A socket on one interface, on all addresses of the family, for neighbors only. */
export interface NeighborUdpOptions extends CommonUdpOptions {
  readonly family: Family;
  /** The interface to receive on and send from, whatever the routes say. */
  readonly interfaceName: string;
  /** Its index: the scope of link-local destinations. */
  readonly interfaceIndex: number;
}

/** A socket on one of this machine's addresses, on whatever interface the routes lead to it; for everybody who is routed here. */
export interface RoutedUdpOptions extends CommonUdpOptions {
  /** No link-local one. */
  readonly address: IpAddress;
}

export type UdpSocketOptions = NeighborUdpOptions | RoutedUdpOptions;

/** What the two kinds of socket differ in. */
interface Side {
  readonly own: IpAddress;
  /** The interface that a socket for neighbors is on. */
  readonly device: string | undefined;
  /** Index of the interface that link-local destinations are on; 0: of none. */
  readonly scope: number;
}

/**
 * A UDP socket. One on an interface is for neighbors only: it sends with TTL or hop limit 255 and takes nothing else (RFC 5082), and no other
 * socket can have its port there. Nothing is fragmented.
 */
export class UdpSocket {
  readonly #addon: Addon;
  readonly #options: UdpSocketOptions;
  readonly #side: Side;
  readonly #protocol: UdpProtocol;
  readonly #datagram = new Uint8Array(DATAGRAM_BYTES);
  readonly #from = new Uint8Array(0);
  readonly #control = new Uint8Array(CONTROL_BYTES);
  readonly #controlView = new DataView(this.#control.buffer);
  readonly #info = new Int32Array(3);
  #fd: number;
  #kernelDrops = 0;

  private constructor(addon: Addon, fd: number, options: UdpSocketOptions, side: Side) {
    this.#addon = addon;
    this.#fd = fd;
    this.#options = options;
    this.#side = side;
    this.#protocol = UDP_PROTOCOLS[side.own.family];
  }

  /**
   * Opens the socket and starts receiving. One on an interface needs CAP_NET_RAW on kernels before 5.7. The error says which step failed: a bind
   * with EADDRINUSE if another socket has the port on this interface, or on all; with EADDRNOTAVAIL if the address is not this machine's.
   */
  static open(options: UdpSocketOptions): Result<UdpSocket, SystemError> {
    const addon = options.addon ?? loadAddon();
    const side = sideOf(options);
    const fd = addon.socket(UDP_PROTOCOLS[side.own.family].addressFamily, SOCK_DGRAM, 0);
    if (fd < 0) return err(new SystemError("socket", -fd));
    const socket = new UdpSocket(addon, fd, options, side);
    const failure = socket.#setUp();
    if (failure === undefined) return ok(socket);
    socket.close();
    return err(failure);
  }

  /**
   * Sends one datagram to the port at this address. One that the kernel has no room for (EAGAIN, ENOBUFS) is lost; one that
   * is longer than the interface's MTU is refused (EMSGSIZE).
   *
   * @returns 0 or a positive errno.
   */
  send(to: IpAddress, data: Uint8Array): number {
    const address = inetAddress(to, this.#options.port, this.#side.scope);
    const sent = this.#addon.send(this.#fd, data, data.length, address);
    return sent < 0 ? -sent : 0;
  }

  /** Closes the socket; no callback comes after it. Idempotent. */
  close(): void {
    if (this.#fd < 0) return;
    this.#takeDrops();
    this.#addon.close(this.#fd);
    this.#fd = -1;
  }

  /** Datagrams that arrived here and were lost because the socket's buffer was full, or their checksum wrong. */
  get kernelDrops(): number {
    this.#takeDrops();
    return this.#kernelDrops;
  }

  #takeDrops(): void {
    const numbers = new Uint32Array(MEMINFO_NUMBERS);
    const bytes = new Uint8Array(numbers.buffer);
    if (this.#addon.getsockopt(this.#fd, SOL_SOCKET, SO_MEMINFO, bytes) === bytes.length)
      this.#kernelDrops = numbers[MEMINFO_DROPS] ?? 0;
  }

  #setUp(): SystemError | undefined {
    const addon = this.#addon;
    const fd = this.#fd;
    const { own, device } = this.#side;
    // The interface and the options come before the port, so that nothing from elsewhere slips in.
    const steps: readonly Step[] = [
      ...(device === undefined ? [] : this.#neighborSteps(device)),
      ...this.#optionSteps(this.#protocol.options),
      ["bind", () => addon.bind(fd, inetAddress(own, this.#options.port, 0))],
      ["poll", () => addon.poll(fd, READABLE, (events) => this.#ready(events))],
    ];
    for (const [operation, step] of steps) {
      const result = step();
      if (result < 0) return new SystemError(operation, -result);
    }
    return undefined;
  }

  #neighborSteps(interfaceName: string): readonly Step[] {
    const device = interfaceNameOption(interfaceName);
    const bind = (): number =>
      device === undefined ? -ENODEV : this.#addon.setsockopt(this.#fd, SOL_SOCKET, SO_BINDTODEVICE, device);
    return [["SO_BINDTODEVICE", bind], ...this.#optionSteps(this.#protocol.neighborOptions)];
  }

  #optionSteps(options: readonly UdpOption[]): readonly Step[] {
    const { level } = this.#protocol;
    return options.map(([name, option, value]) => [
      name,
      () => this.#addon.setsockopt(this.#fd, level, option, intOption(value)),
    ]);
  }

  #ready(events: number): void {
    if (events < 0 && events !== -ECONNREFUSED) {
      this.#options.onError(-events);
      return;
    }
    for (let i = 0; i < DATAGRAMS_PER_WAKE_UP && this.#fd >= 0; i++) {
      const length = this.#addon.recvmsg(this.#fd, this.#datagram, this.#from, this.#control, this.#info);
      if (length === -EAGAIN) return;
      // An ICMP answer to something sent before: it says nothing about this socket.
      if (length === -ECONNREFUSED) continue;
      if (length < 0) {
        this.#options.onError(-length);
        return;
      }
      this.#take(length);
    }
  }

  #take(length: number): void {
    if (this.#side.device !== undefined && this.#hops() !== MOST_HOPS) this.#options.onDrop("OffLink");
    else if (((this.#info[2] ?? 0) & MSG_TRUNC) !== 0) this.#options.onDrop("Truncated");
    else this.#options.onDatagram(this.#datagram, length);
  }

  #hops(): number | undefined {
    const { level, hopsMessage } = this.#protocol;
    return controlInt(this.#controlView, this.#info[1] ?? 0, level, hopsMessage);
  }
}

/** What is done in setting a socket up, and how: its result is a negative errno if it failed. */
type Step = readonly [string, () => number];

function sideOf(options: UdpSocketOptions): Side {
  if ("address" in options) return { own: options.address, device: undefined, scope: 0 };
  const { family, interfaceName, interfaceIndex } = options;
  return { own: addressOf(family, 0n), device: interfaceName, scope: interfaceIndex };
}
