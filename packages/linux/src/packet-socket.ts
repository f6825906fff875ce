import { type Mac, macToBytes } from "@fairlead/net/mac.ts";
import { err, ok, type Result } from "@fairlead/net/result.ts";
import { type Addon, loadAddon, READABLE } from "./addon.ts";
import { type BpfInstruction, programBytes } from "./bpf.ts";
import { EAGAIN, SystemError } from "./errno.ts";
import {
  AF_PACKET,
  intOption,
  linkAddress,
  multicastRequest,
  PACKET_ADD_MEMBERSHIP,
  PACKET_DROP_MEMBERSHIP,
  PACKET_IGNORE_OUTGOING,
  PACKET_STATISTICS,
  PACKET_TYPE_OFFSET,
  PacketType,
  SOCK_RAW,
  SOCKADDR_LL_BYTES,
  SOL_PACKET,
} from "./sockaddr.ts";

/** Frames taken in one go before other work of the thread has its turn. */
const FRAMES_PER_WAKE_UP = 64;

/** Longer frames are cut to this; what ARP and NDP have to say is far shorter. */
const FRAME_BYTES = 2048;

/** What a packet socket is made with. */
export interface PacketSocketOptions {
  /** The interface to receive on and send from. */
  readonly interfaceIndex: number;
  /** One EtherType (host order, for example 0x0806), or `ETH_P_ALL`. */
  readonly protocol: number;
  /** Attached before the first frame can arrive. */
  readonly filter: readonly BpfInstruction[];
  /**
   * Called for each frame: its bytes are `buffer[0]` to `buffer[length - 1]`, valid only during the call. `packetType` is a
   * `PacketType` of sockaddr.ts. The same `buffer` is handed in each time, so that a frame costs no allocation.
   */
  readonly onFrame: (buffer: Uint8Array, length: number, packetType: number) => void;
  /**
   * Receiving failed. With ENETDOWN the interface is down, or was already at the opening: the socket stays open and receives
   * again once it is up. After the interface was removed it never does: close the socket.
   */
  readonly onError: (errno: number) => void;
  /** @default the addon that {@link loadAddon} finds */
  readonly addon?: Addon;
}

/** An AF_PACKET socket on one interface: whole Ethernet frames in and out. Frames sent by this machine are not received. */
export class PacketSocket {
  readonly #addon: Addon;
  readonly #interfaceIndex: number;
  readonly #onFrame: (buffer: Uint8Array, length: number, packetType: number) => void;
  readonly #onError: (errno: number) => void;
  readonly #frame = new Uint8Array(FRAME_BYTES);
  readonly #from = new Uint8Array(SOCKADDR_LL_BYTES);
  #fd: number;
  #framesReceived = 0;
  #kernelDrops = 0;
  #lastError = 0;

  private constructor(addon: Addon, fd: number, options: PacketSocketOptions) {
    this.#addon = addon;
    this.#fd = fd;
    this.#interfaceIndex = options.interfaceIndex;
    this.#onFrame = options.onFrame;
    this.#onError = options.onError;
  }

  /** Opens the socket and starts receiving. Needs CAP_NET_RAW. The error says which step failed. */
  static open(options: PacketSocketOptions): Result<PacketSocket, SystemError> {
    const addon = options.addon ?? loadAddon();
    // Protocol 0 receives nothing, so that no frame slips in before the filter is attached and the interface is bound.
    const fd = addon.socket(AF_PACKET, SOCK_RAW, 0);
    if (fd < 0) return err(new SystemError("socket", -fd));
    const socket = new PacketSocket(addon, fd, options);
    const failure = socket.#setUp(options);
    if (failure === undefined) return ok(socket);
    socket.close();
    return err(failure);
  }

  /** Sends one frame, the first `length` bytes of it. @returns 0 or a positive errno. */
  send(frame: Uint8Array, length: number = frame.length): number {
    return errnoOf(this.#addon.send(this.#fd, frame, length));
  }

  /** Replaces the filter in one step. @returns 0 or a positive errno. */
  setFilter(filter: readonly BpfInstruction[]): number {
    return errnoOf(this.#addon.attachFilter(this.#fd, programBytes(filter)));
  }

  /** Lets frames to this multicast MAC through the interface; joins are counted. @returns 0 or a positive errno. */
  joinMulticast(mac: Mac): number {
    return this.#membership(PACKET_ADD_MEMBERSHIP, mac);
  }

  /** Undoes one {@link joinMulticast}. @returns 0 or a positive errno. */
  leaveMulticast(mac: Mac): number {
    return this.#membership(PACKET_DROP_MEMBERSHIP, mac);
  }

  /** Closes the socket; no callback comes after it. Idempotent. */
  close(): void {
    if (this.#fd < 0) return;
    this.#takeStatistics();
    this.#addon.close(this.#fd);
    this.#fd = -1;
  }

  /** Frames handed to `onFrame` so far. */
  get framesReceived(): number {
    return this.#framesReceived;
  }

  /** Frames that passed the filter and were lost because the socket's buffer was full. */
  get kernelDrops(): number {
    this.#takeStatistics();
    return this.#kernelDrops;
  }

  /** The errno of the last failure to receive, 0 if there was none. */
  get lastError(): number {
    return this.#lastError;
  }

  /** Adds the kernel's count since the last look. struct tpacket_stats is packets, drops; reading it zeroes both. */
  #takeStatistics(): void {
    const statistics = new Uint32Array(2);
    const bytes = new Uint8Array(statistics.buffer);
    if (this.#addon.getsockopt(this.#fd, SOL_PACKET, PACKET_STATISTICS, bytes) === bytes.length)
      this.#kernelDrops += statistics[1] ?? 0;
  }

  #setUp(options: PacketSocketOptions): SystemError | undefined {
    const addon = this.#addon;
    const fd = this.#fd;
    const steps: readonly (readonly [string, () => number])[] = [
      ["attachFilter", () => addon.attachFilter(fd, programBytes(options.filter))],
      ["bind", () => addon.bind(fd, linkAddress(options.protocol, options.interfaceIndex))],
      ["poll", () => addon.poll(fd, READABLE, (events) => this.#ready(events))],
    ];
    // Spares the wake-ups; kernels before 4.20 do not know it and have their copies dropped in #ready.
    addon.setsockopt(fd, SOL_PACKET, PACKET_IGNORE_OUTGOING, intOption(1));
    for (const [operation, step] of steps) {
      const result = step();
      if (result < 0) return new SystemError(operation, -result);
    }
    return undefined;
  }

  #ready(events: number): void {
    if (events < 0) {
      this.#failed(-events);
      return;
    }
    for (let i = 0; i < FRAMES_PER_WAKE_UP && this.#fd >= 0; i++) {
      const length = this.#addon.recv(this.#fd, this.#frame, this.#from);
      if (length === -EAGAIN) return;
      if (length < 0) {
        this.#failed(-length);
        return;
      }
      const packetType = this.#from[PACKET_TYPE_OFFSET] ?? 0;
      if (packetType === PacketType.outgoing) continue;
      this.#framesReceived++;
      this.#onFrame(this.#frame, length, packetType);
    }
  }

  #failed(errno: number): void {
    this.#lastError = errno;
    this.#onError(errno);
  }

  #membership(option: number, mac: Mac): number {
    const request = multicastRequest(this.#interfaceIndex, macToBytes(mac));
    return errnoOf(this.#addon.setsockopt(this.#fd, SOL_PACKET, option, request));
  }
}

/** 0 for a success, else the positive errno. */
function errnoOf(result: number): number {
  return result < 0 ? -result : 0;
}
