import type { Clock } from "@fairlead/runtime/clock.ts";

/**
 * For how long an address must live nowhere before that is told, in ms. Endpoints come a moment after their Service; saying so
 * in between is four writes for nothing.
 */
const TELL_AFTER_MS = 1000;
/**
 * How long what was told stands before other words for the same reason replace it, in ms. A thousand Pods that come and none of which is
 * ready would have it written anew with each of them.
 */
export const STANDS_FOR_MS = 10_000;

/** When it is time to say of an address that it lives nowhere, and why. */
export class WhenToTell {
  readonly #clock: Pick<Clock, "nowMs">;
  /** Since when an address is known to live nowhere, on the monotonic clock. */
  readonly #nowhereSince = new Map<string, number>();
  readonly #toldAt = new Map<string, number>();

  constructor(clock: Pick<Clock, "nowMs">) {
    this.#clock = clock;
  }

  /** In how many ms it may be told that the address lives nowhere. */
  firstInMs(name: string): number {
    const nowMs = this.#clock.nowMs();
    const since = this.#nowhereSince.get(name) ?? nowMs;
    this.#nowhereSince.set(name, since);
    return Math.max(0, since + TELL_AFTER_MS - nowMs);
  }

  /** In how many ms the words may be replaced. */
  againInMs(name: string): number {
    const told = this.#toldAt.get(name);
    return told === undefined ? 0 : Math.max(0, told + STANDS_FOR_MS - this.#clock.nowMs());
  }

  /** It was told why the address lives nowhere. */
  told(name: string): void {
    this.#toldAt.set(name, this.#clock.nowMs());
  }

  /** The address lives somewhere, or is gone. */
  forget(name: string): void {
    this.#nowhereSince.delete(name);
    this.#toldAt.delete(name);
  }
}
