import type { Clock, Timer } from "../clock.ts";
import { TIMING, WORST_HEALTH } from "../timing.ts";

/** How much slower this node suspects others, because its own suspicions proved wrong lately: 0 to 3. */
export class Health {
  readonly #clock: Clock;
  #value = 0;
  #timer: Timer | undefined;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  get value(): number {
    return this.#value;
  }

  /** A holder that was suspected is heard again. */
  refuted(): void {
    this.#value = Math.min(WORST_HEALTH, this.#value + 1);
    this.#timer ??= this.#clock.after(TIMING.healthEases, () => this.#ease());
  }

  #ease(): void {
    this.#value--;
    this.#timer = this.#value > 0 ? this.#clock.after(TIMING.healthEases, () => this.#ease()) : undefined;
  }
}
