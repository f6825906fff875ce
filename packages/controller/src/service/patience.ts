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
   * @param judgedMs a moment before it was asked which of them are ripe: one that became so while the decision was carried out
   *   has not been acted upon
   * @returns ms until one more of them is ripe; undefined if none is waited for
   */
  note(
    service: ServiceKey,
    objections: readonly string[],
    judgedMs: number = this.#clock.nowMs(),
  ): number | undefined {
    if (objections.length === 0) {
      this.#since.delete(service);
      return undefined;
    }
    const before = this.#since.get(service);
    const since = new Map(objections.map((objection) => [objection, before?.get(objection) ?? judgedMs]));
    this.#since.set(service, since);
    const waits = [...since.values()].map((at) => at + this.#graceMs - judgedMs).filter((ms) => ms > 0);
    return waits.length === 0 ? undefined : Math.min(...waits);
  }

  /** Nothing has stood for any time. */
  clear(): void {
    this.#since.clear();
  }
}
