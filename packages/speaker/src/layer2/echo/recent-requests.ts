/** So many requests are remembered at most; each has one place it can be in. A power of two. */
const PLACES = 256;
/** The longest loop has 255 steps, of far less than 10 ms each. */
const REMEMBERED_MS = 2_000;

/**
 * Knows requests that have been here already and come again with less time to live: node and gateway send them to and fro,
 * since for neither the address is its own. Only the first one is to be answered. What merely comes twice is answered twice.
 */
export class RecentRequests {
  readonly #sources = new Int32Array(PLACES);
  readonly #destinations = new Int32Array(PLACES);
  readonly #numbers = new Int32Array(PLACES);
  readonly #times = new Float64Array(PLACES).fill(Number.NEGATIVE_INFINITY);
  readonly #timesToLive = new Uint8Array(PLACES);

  /**
   * Takes note of a request.
   *
   * @param source the address, or the words of it folded into one
   * @param number identifier and sequence number
   * @returns whether it has been here with more time to live
   */
  isLooped(source: number, destination: number, number: number, timeToLive: number, nowMs: number): boolean {
    const mixed = Math.imul(source ^ Math.imul(destination, 31) ^ Math.imul(number, 0x85ebca6b), 0x9e3779b1);
    const at = mixed >>> 24;
    const same =
      this.#sources[at] === source &&
      this.#destinations[at] === destination &&
      this.#numbers[at] === number &&
      nowMs - (this.#times[at] ?? 0) < REMEMBERED_MS;
    if (same && timeToLive < (this.#timesToLive[at] ?? 0)) return true;
    this.#sources[at] = source;
    this.#destinations[at] = destination;
    this.#numbers[at] = number;
    this.#times[at] = nowMs;
    this.#timesToLive[at] = timeToLive;
    return false;
  }
}
