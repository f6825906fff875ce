import type { Clock } from "@fairlead/runtime/clock.ts";
import type { ServiceKey } from "../allocation/holdings.ts";

/**
 * Since when something speaks against what a Service has. What is between two writes of one change is not meant, so that an
 * objection counts only after it has stood for a while.
 */
export class Patience {
  readonly #clock: Clock;
  readonly #graceMs: number;
  readonly #since = new Map<ServiceKey, Map<string, number>>();

  constructor(clock: Clock, graceMs: number) {
    this.#clock = clock;
    this.#graceMs = graceMs;
  }

  /** Whether the objection has stood for the grace. */
  isRipe(service: ServiceKey, objection: string): boolean {
    const since = this.#since.get(service)?.get(objection);
    return since !== undefined && since + this.#graceMs <= this.#clock.nowMs();
  }

  /**
   * These objections stand now, and no others.
   *
   * @returns ms until one more of them is ripe; undefined if none is waited for
   */
  note(service: ServiceKey, objections: readonly string[]): number | undefined {
    if (objections.length === 0) {
      this.#since.delete(service);
      return undefined;
    }
    const before = this.#since.get(service);
    const nowMs = this.#clock.nowMs();
    const since = new Map(objections.map((objection) => [objection, before?.get(objection) ?? nowMs]));
    this.#since.set(service, since);
    const waits = [...since.values()].map((at) => at + this.#graceMs - nowMs).filter((ms) => ms > 0);
    return waits.length === 0 ? undefined : Math.min(...waits);
  }

  /** Nothing has stood for any time. */
  clear(): void {
    this.#since.clear();
  }
}
