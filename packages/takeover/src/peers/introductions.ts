const WINDOW_MS = 1000;

/** So many messages of unknown senders may turn out to be forged within a second before only some are looked at. */
export const MOST_FORGED = 500;
/** Of the others one in so many is looked at. */
export const LOOKED_AT_ONE_IN = 8;

/**
 * Bounds what forged and repeated first words cost. Who knows my incarnation, a random number that only those learn who can listen on the path, is
 * no matter of this class: its messages are always looked at. Who does not may be a peer that has just started, or anybody. Nothing but the tag tells them apart, and
 * no field that a forger could fill in as well: so while very many turn out to be forged, each has the same small chance, and a peer, which goes
 * on sending, soon has had it.
 */
export class Introductions {
  #sinceMs = Number.NEGATIVE_INFINITY;
  #forged = 0;
  #passed = 0;

  /** Whether the tag of one more message of somebody who does not know my incarnation is to be looked at. */
  mayLook(nowMs: number): boolean {
    if (nowMs - this.#sinceMs >= WINDOW_MS) {
      this.#sinceMs = nowMs;
      this.#forged = 0;
    }
    if (this.#forged < MOST_FORGED) return true;
    this.#passed = (this.#passed + 1) % LOOKED_AT_ONE_IN;
    return this.#passed === 0;
  }

  /** The tag of one that was looked at was wrong, or its sender was greeted just now. */
  forged(): void {
    this.#forged++;
  }
}
