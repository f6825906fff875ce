import { ADDRESS_IN_USE } from "@fairlead/api/virtual-ip-foreign.ts";
import type { IpAddress } from "@fairlead/net/address.ts";
import type { Mac } from "@fairlead/net/mac.ts";
import type { Clock, Timer } from "@fairlead/runtime/clock.ts";
import type { ForeignHost } from "./messages.ts";

/** So long nothing must be heard of somebody who claims an announced address, in ms, until he is taken to have ceased. */
export const QUIET_AFTER_MS = 180_000;
const LOOK_EVERY_MS = 30_000;
/** Of so many announced addresses at once it is told that somebody claims them; of more, as in a flood, it is only counted. */
export const MOST_CONTESTED = 64;

/**
 * Who else says that he has an address of ours, by the address's text. Of several in turn the first one is told until he is quiet:
 * what a host makes up is not written on and on.
 */
export class ForeignClaims {
  readonly #clock: Clock;
  readonly #onChange: (key: string) => void;
  /** Who answered for an address that is to be announced. */
  readonly #inTheWay = new Map<string, ForeignHost>();
  readonly #contesting = new Map<string, { readonly host: ForeignHost; lastMs: number }>();
  #timer: Timer | undefined;

  /** @param options.onChange called with an address of which another is told now */
  constructor(options: { readonly clock: Clock; readonly onChange: (key: string) => void }) {
    this.#clock = options.clock;
    this.#onChange = options.onChange;
  }

  /** Somebody has an address that is not announced yet, and so is not. */
  preventing(key: string, host: ForeignHost): void {
    if (this.#inTheWay.has(key)) return;
    this.#inTheWay.set(key, host);
    this.#onChange(key);
  }

  /** Somebody claims an address that is announced, and is contradicted. */
  contesting(key: string, host: ForeignHost): void {
    const known = this.#contesting.get(key);
    if (known !== undefined) {
      if (known.host.mac === host.mac) known.lastMs = this.#clock.nowMs();
      return;
    }
    if (this.#contesting.size >= MOST_CONTESTED) return;
    this.#contesting.set(key, { host, lastMs: this.#clock.nowMs() });
    this.#onChange(key);
    this.#timer ??= this.#clock.after(LOOK_EVERY_MS, () => this.#look());
  }

  /** Who was in the way of an older decision is heard again if he still is. */
  decided(key: string): void {
    this.#inTheWay.delete(key);
  }

  /** The address is not announced here any more, or is not ours. */
  ended(key: string): void {
    this.#contesting.delete(key);
  }

  inTheWayOf(key: string): ForeignHost | undefined {
    return this.#inTheWay.get(key);
  }

  contestingOf(key: string): ForeignHost | undefined {
    return this.#contesting.get(key)?.host;
  }

  stop(): void {
    this.#timer?.cancel();
  }

  #look(): void {
    this.#timer = undefined;
    for (const [key, { lastMs }] of this.#contesting) {
      if (this.#clock.nowMs() - lastMs < QUIET_AFTER_MS) continue;
      this.#contesting.delete(key);
      this.#onChange(key);
    }
    if (this.#contesting.size > 0) this.#timer = this.#clock.after(LOOK_EVERY_MS, () => this.#look());
  }
}

/** What is known of who has this MAC address. */
export function foreignHost(interfaceName: string, mac: Mac, machine: string | undefined): ForeignHost {
  return { interface: interfaceName, mac, ...(machine !== undefined && { machine }) };
}

/** Why an address that somebody has is not announced. */
export function inUse(
  { text }: IpAddress,
  { mac, machine, interface: name }: ForeignHost,
): { readonly reason: string; readonly message: string } {
  const who = machine === undefined ? "which is no node of this cluster" : `which is ${machine}`;
  const message = `${text} is in use on the segment of ${name} by ${mac}, ${who}, so it is not announced; free it there, or exclude it from the pool`;
  return { reason: ADDRESS_IN_USE, message };
}
