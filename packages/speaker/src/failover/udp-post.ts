import { ENETDOWN, errnoName, type SystemError } from "@fairlead/linux/errno.ts";
import type { UdpDropReason, UdpSocket, UdpSocketOptions } from "@fairlead/linux/udp-socket.ts";
import type { Family, IpAddress } from "@fairlead/net/address.ts";
import type { Result } from "@fairlead/net/result.ts";
import { type BackoffBounds, backoffMs } from "@fairlead/runtime/backoff.ts";
import type { Clock, Timer } from "@fairlead/runtime/clock.ts";
import type { Log } from "@fairlead/runtime/log.ts";
import type { Random } from "@fairlead/runtime/random.ts";
import type { InterfaceSelf } from "../layer2/interface-self.ts";
import type { SegmentPost } from "./segment.ts";

const RETRY: BackoffBounds = { firstMs: 100, mostMs: 5_000 };

export type OpenUdp = (options: UdpSocketOptions) => Result<Pick<UdpSocket, "send" | "close">, SystemError>;

export interface UdpPostOptions {
  readonly self: InterfaceSelf;
  readonly port: number;
  readonly open: OpenUdp;
  readonly onDatagram: (datagram: Uint8Array) => void;
  readonly onDrop: (reason: UdpDropReason | "SendFailed") => void;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Log;
}

/**
 * The datagrams of one interface: a socket for each family in which its kernel has an address there. One that cannot be opened, or
 * fails, is opened again with back-off; until then its datagrams are lost, as on a bad cable.
 */
export class UdpPost implements SegmentPost {
  readonly #options: UdpPostOptions;
  readonly #sockets = new Map<Family, Pick<UdpSocket, "send" | "close">>();
  readonly #failures = new Map<Family, number>();
  readonly #openedMs = new Map<Family, number>();
  readonly #retries = new Map<Family, Timer>();

  constructor(options: UdpPostOptions) {
    this.#options = options;
    const { v4, linkLocal } = options.self;
    if (v4 !== undefined) this.#open("IPv4");
    if (linkLocal !== undefined) this.#open("IPv6");
  }

  send(to: IpAddress, datagram: Uint8Array): void {
    const errno = this.#sockets.get(to.family)?.send(to, datagram);
    if (errno !== 0) this.#options.onDrop("SendFailed");
  }

  close(): void {
    for (const retry of this.#retries.values()) retry.cancel();
    for (const socket of this.#sockets.values()) socket.close();
    this.#sockets.clear();
  }

  #open(family: Family): void {
    const { self, port, open, onDatagram, onDrop, log } = this.#options;
    const opened = open({
      family,
      interfaceName: self.name,
      interfaceIndex: self.index,
      port,
      onDatagram: (buffer, length) => onDatagram(buffer.slice(0, length)),
      onDrop,
      onError: (errno) => this.#failed(family, errno),
    });
    if (!opened.ok) {
      this.#retry(family, opened.error.message);
      return;
    }
    this.#sockets.set(family, opened.value);
    this.#openedMs.set(family, this.#options.clock.nowMs());
    if ((this.#failures.get(family) ?? 0) > 0)
      log.info("takeover socket opened again", { interface: self.name, family });
  }

  /** A socket whose interface is down works again when that comes up. */
  #failed(family: Family, errno: number): void {
    if (errno === ENETDOWN) return;
    // One that fails as soon as it is open is no success, and is waited for longer each time.
    const openMs = this.#options.clock.nowMs() - (this.#openedMs.get(family) ?? 0);
    if (openMs > RETRY.mostMs) this.#failures.delete(family);
    this.#sockets.get(family)?.close();
    this.#sockets.delete(family);
    this.#retry(family, `receiving failed: ${errnoName(errno)}`);
  }

  #retry(family: Family, error: string): void {
    const { clock, random, log, self, port } = this.#options;
    const failures = (this.#failures.get(family) ?? 0) + 1;
    this.#failures.set(family, failures);
    if (failures === 1)
      log.warn("takeover socket failed; this node is no stand-in on the interface until it works", {
        interface: self.name,
        family,
        port,
        error,
      });
    this.#retries.get(family)?.cancel();
    this.#retries.set(
      family,
      clock.after(backoffMs(failures, RETRY, random), () => this.#open(family)),
    );
  }
}
