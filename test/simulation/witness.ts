import type { ProcessClock } from "./process.ts";

/** The number of OFFER on the wire, in the fourth byte. */
const OFFER = 9;
/** A plan must have been confirmed on the wire this recently (`TIMING.planConfirmed`), and a round takes 0.1 s more. */
const ASKED_MS = 1000;

/** Invariant 6: nobody announces on the strength of the API, its memory or a timer alone; it has asked the wire, or was asked by the holder. */
export class Witness {
  readonly #clock: ProcessClock;
  #probedMs = Number.NEGATIVE_INFINITY;
  #offeredMs = Number.NEGATIVE_INFINITY;

  constructor(clock: ProcessClock) {
    this.#clock = clock;
  }

  probed(): void {
    this.#probedMs = this.#clock.nowMs();
  }

  heard(datagram: Uint8Array): void {
    if (datagram[3] === OFFER) this.#offeredMs = this.#clock.nowMs();
  }

  mayAnnounce(): boolean {
    const nowMs = this.#clock.nowMs();
    return nowMs - this.#probedMs <= ASKED_MS || nowMs === this.#offeredMs;
  }
}
