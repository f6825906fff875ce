import type { Clock } from "@fairlead/runtime/clock.ts";
import type { Failback } from "../placement/failback.ts";
import type { Reach } from "../placement/reach.ts";

/**
 * Since when nodes that are better than its own may have an address, without interruption. It is known only of what was looked at in
 * this process, so that the time begins anew with another.
 */
export class BetterNodes {
  readonly #clock: Clock;
  /** By address, by the name of its VirtualIP, and node; on the monotonic clock. */
  readonly #since = new Map<string, ReadonlyMap<string, number>>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** For how long the node may have the address, in ms; 0 if it is not known to. */
  waitedMs(vip: string, node: string): number {
    const since = this.#since.get(vip)?.get(node);
    return since === undefined ? 0 : this.#clock.nowMs() - since;
  }

  /**
   * These nodes, and no others, are better and may have the address.
   *
   * @param waiting undefined: the address goes nowhere
   * @returns ms until it goes to one of them; undefined if none is waited for
   */
  note(vip: string, waiting: Pick<Failback | Reach, "better" | "afterMs"> | undefined): number | undefined {
    if (waiting === undefined || waiting.better.length === 0) {
      this.#since.delete(vip);
      return undefined;
    }
    const nowMs = this.#clock.nowMs();
    const before = this.#since.get(vip);
    const since = new Map(waiting.better.map((node) => [node, before?.get(node) ?? nowMs]));
    this.#since.set(vip, since);
    return Math.max(0, Math.min(...since.values()) + waiting.afterMs - nowMs);
  }

  /** Nothing is known any more. */
  clear(): void {
    this.#since.clear();
  }
}
