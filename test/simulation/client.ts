import type { IpAddress } from "@fairlead/net/address.ts";
import type { Mac } from "@fairlead/net/mac.ts";
import type { Scheduler } from "./scheduler.ts";

/** How long data is lost before the neighbor entry is asked for anew, and how often then (RFC 4861 7.3.3: delay and probes). */
const DOUBTED_AFTER_MS = 8000;
const ASK_EVERY_MS = 1000;

export interface ClientOptions {
  readonly scheduler: Scheduler;
  /** For so long after a change gratuitous ARP is ignored: 1,000 on Linux (locktime), 0 elsewhere. NDP knows no such thing (RFC 4861 7.2.5). */
  readonly lockMs: number;
  readonly ask: (address: IpAddress, answer: (mac: Mac) => void) => void;
  /** Whether data sent to this MAC arrives. */
  readonly forwards: (mac: Mac) => boolean;
  readonly onChange: (address: IpAddress) => void;
}

/** A client on the segment that keeps sending to each address through its neighbor cache. */
export class Client {
  readonly #options: ClientOptions;
  readonly #cache = new Map<string, { readonly mac: Mac; readonly setMs: number }>();
  readonly #lostSinceMs = new Map<string, number>();

  constructor(options: ClientOptions) {
    this.#options = options;
  }

  macOf(address: IpAddress): Mac | undefined {
    return this.#cache.get(address.text)?.mac;
  }

  /** Looks after the entry of this address for ever. */
  use(address: IpAddress): void {
    const { scheduler, ask, forwards } = this.#options;
    const again = (): void => {
      const mac = this.macOf(address);
      const works = mac !== undefined && forwards(mac);
      if (works) this.#lostSinceMs.delete(address.text);
      else {
        const since = this.#lostSinceMs.get(address.text) ?? scheduler.nowMs;
        this.#lostSinceMs.set(address.text, since);
        if (mac === undefined || scheduler.nowMs - since >= DOUBTED_AFTER_MS)
          ask(address, (answer) => this.#set(address, answer));
      }
      scheduler.after(ASK_EVERY_MS, again);
    };
    again();
  }

  gratuitous(address: IpAddress, mac: Mac): void {
    const entry = this.#cache.get(address.text);
    const { scheduler, lockMs } = this.#options;
    if (entry === undefined) return;
    if (address.family === "IPv4" && scheduler.nowMs - entry.setMs < lockMs) return;
    this.#set(address, mac);
  }

  /** What is known already locks nothing. */
  #set(address: IpAddress, mac: Mac): void {
    if (this.macOf(address) === mac) return;
    this.#cache.set(address.text, { mac, setMs: this.#options.scheduler.nowMs });
    this.#options.onChange(address);
  }
}
