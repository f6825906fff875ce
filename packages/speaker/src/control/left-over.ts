import type { Clock } from "@fairlead/runtime/clock.ts";

/** A speaker that lives has let go by then. */
const AFTER_MS = 5_000;

/** Waits before it lets go of the status in the name of other nodes: most do so themselves a moment later. */
export class LeftOver {
  readonly #clock: Clock;
  readonly #clear: (key: string, node: string, signal: AbortSignal) => Promise<void>;
  /** When another node was first seen to be left over, by key. */
  readonly #sinceMs = new Map<string, number>();

  constructor(options: {
    readonly clock: Clock;
    readonly clear: (key: string, node: string, signal: AbortSignal) => Promise<void>;
  }) {
    this.#clock = options.clock;
    this.#clear = options.clear;
  }

  /**
   * Takes which nodes are left over in the status of this key now.
   *
   * @returns when to look again, if there is something to wait for
   */
  async look(
    key: string,
    nodes: readonly string[],
    signal: AbortSignal,
  ): Promise<{ readonly requeueAfterMs: number } | undefined> {
    if (nodes.length === 0) {
      this.#sinceMs.delete(key);
      return undefined;
    }
    const nowMs = this.#clock.nowMs();
    const sinceMs = this.#sinceMs.get(key) ?? nowMs;
    this.#sinceMs.set(key, sinceMs);
    const requeueAfterMs = sinceMs + AFTER_MS - nowMs;
    if (requeueAfterMs > 0) return { requeueAfterMs };
    for (const node of nodes) await this.#clear(key, node, signal);
    this.#sinceMs.delete(key);
    return undefined;
  }
}
