import type { VirtualIP } from "@fairlead/api/virtual-ip.ts";
import { addressOfVirtualIPName } from "@fairlead/api/virtual-ip-name.ts";
import { holdStateOf } from "@fairlead/api/virtual-ip-state.ts";
import type { Clock, Timer } from "@fairlead/runtime/clock.ts";
import type { Quarantined } from "../quarantine/rounds.ts";

/** Tells the wire thread for which addresses in quarantine this node asks, once all VirtualIPs have been read and at each change. */
export class QuarantineFeed {
  readonly #node: string;
  readonly #clock: Clock;
  readonly #send: (addresses: readonly Quarantined[]) => void;
  readonly #asked = new Map<string, Quarantined>();
  #opened = false;
  #timer: Timer | undefined;

  constructor(options: {
    readonly node: string;
    readonly clock: Clock;
    readonly send: (addresses: readonly Quarantined[]) => void;
  }) {
    this.#node = options.node;
    this.#clock = options.clock;
    this.#send = options.send;
  }

  /** Takes the VirtualIP as it is now; undefined: it is gone. */
  set(key: string, virtualIP: VirtualIP | undefined): void {
    const before = this.#asked.get(key);
    const wanted = virtualIP && quarantinedOf(virtualIP, this.#node);
    if (before?.interface === wanted?.interface && before?.since === wanted?.since) return;
    if (wanted === undefined) this.#asked.delete(key);
    else this.#asked.set(key, wanted);
    this.#schedule();
  }

  /** All VirtualIPs have been read. */
  open(): void {
    this.#opened = true;
    if (this.#asked.size > 0) this.#schedule();
  }

  stop(): void {
    this.#opened = false;
    this.#timer?.cancel();
  }

  /** One message for all that comes in one go. */
  #schedule(): void {
    if (!this.#opened || this.#timer !== undefined) return;
    this.#timer = this.#clock.after(0, () => {
      this.#timer = undefined;
      this.#send([...this.#asked.values()]);
    });
  }
}

/** The address, if it is in quarantine and this node is to ask for it. */
function quarantinedOf({ metadata, spec }: VirtualIP, node: string): Quarantined | undefined {
  const address = addressOfVirtualIPName(metadata.name);
  const { quarantine } = spec;
  if (quarantine?.node !== node || address === undefined || holdStateOf(spec) !== "Quarantined")
    return undefined;
  return { address, interface: quarantine.interface, since: quarantine.since };
}
