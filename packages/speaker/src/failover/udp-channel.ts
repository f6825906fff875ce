import { ENETDOWN, errnoName, type SystemError } from "@fairlead/linux/errno.ts";
import type { UdpDropReason, UdpSocket, UdpSocketOptions } from "@fairlead/linux/udp-socket.ts";
import type { IpAddress } from "@fairlead/net/address.ts";
import type { Result } from "@fairlead/net/result.ts";
import { type BackoffBounds, backoffMs } from "@fairlead/runtime/backoff.ts";
import type { Clock, Timer } from "@fairlead/runtime/clock.ts";
import type { Log, LogFields } from "@fairlead/runtime/log.ts";
import type { Random } from "@fairlead/runtime/random.ts";

const RETRY: BackoffBounds = { firstMs: 100, mostMs: 5_000 };

/** What a socket hands over to its channel. */
export type UdpCallbacks = Pick<UdpSocketOptions, "onDatagram" | "onDrop" | "onError">;

export type OpenUdp = (options: UdpSocketOptions) => Result<Pick<UdpSocket, "send" | "close">, SystemError>;

/** What all channels of a process have in common. */
export interface UdpChannelSurroundings {
  readonly open: OpenUdp;
  readonly onDrop: (reason: UdpDropReason | "SendFailed") => void;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Log;
}

export interface UdpChannelOptions extends UdpChannelSurroundings {
  /** What the socket is made with. */
  readonly socket: (callbacks: UdpCallbacks) => UdpSocketOptions;
  readonly onDatagram: (datagram: Uint8Array) => void;
  /** What the log says of it. */
  readonly fields: LogFields;
  /** What is lost while it does not work, for the log. */
  readonly without: string;
}

/** One socket that is opened again with back-off when it cannot be opened, or fails; until then its datagrams are lost, as on a bad cable. */
export class UdpChannel {
  readonly #options: UdpChannelOptions;
  #socket: Pick<UdpSocket, "send" | "close"> | undefined;
  #failures = 0;
  #openedMs = 0;
  #retrying: Timer | undefined;

  constructor(options: UdpChannelOptions) {
    this.#options = options;
    this.#open();
  }

  send(to: IpAddress, datagram: Uint8Array): void {
    const errno = this.#socket?.send(to, datagram);
    if (errno !== 0) this.#options.onDrop("SendFailed");
  }

  close(): void {
    this.#retrying?.cancel();
    this.#socket?.close();
    this.#socket = undefined;
  }

  #open(): void {
    const { open, socket, onDatagram, onDrop, clock, log, fields } = this.#options;
    const opened = open(
      socket({
        onDatagram: (buffer, length) => onDatagram(buffer.slice(0, length)),
        onDrop,
        onError: (errno) => this.#failed(errno),
      }),
    );
    if (!opened.ok) {
      this.#retry(opened.error.message);
      return;
    }
    this.#socket = opened.value;
    this.#openedMs = clock.nowMs();
    if (this.#failures > 0) log.info("takeover socket opened again", fields);
  }

  /** A socket whose interface is down works again when that comes up. */
  #failed(errno: number): void {
    if (errno === ENETDOWN) return;
    // One that fails as soon as it is open is no success, and is waited for longer each time.
    if (this.#options.clock.nowMs() - this.#openedMs > RETRY.mostMs) this.#failures = 0;
    this.#socket?.close();
    this.#socket = undefined;
    this.#retry(`receiving failed: ${errnoName(errno)}`);
  }

  #retry(error: string): void {
    const { clock, random, log, fields, without } = this.#options;
    this.#failures++;
    if (this.#failures === 1) log.warn(`takeover socket failed; ${without}`, { ...fields, error });
    this.#retrying?.cancel();
    this.#retrying = clock.after(backoffMs(this.#failures, RETRY, random), () => this.#open());
  }
}
