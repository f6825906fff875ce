import { backoffMs } from "@fairlead/runtime/backoff.ts";
import { type Clock, sleep, type Timer } from "@fairlead/runtime/clock.ts";
import { errorText, type Log } from "@fairlead/runtime/log.ts";
import type { Random } from "@fairlead/runtime/random.ts";
import type { KubeMetrics } from "./metrics.ts";
import { hasStatus } from "./transport.ts";
import { WaitingKeys } from "./waiting-keys.ts";

export interface WorkQueueOptions {
  /** For log and metrics; unique in the process. */
  readonly name: string;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Log;
  readonly metrics?: KubeMetrics;
  /** Keys processed at the same time. @default 1 */
  readonly concurrency?: number;
  /**
   * Brings the world into line with what is known of the key *now*. Rejecting puts the key back with growing delay. The signal
   * aborts when the queue stops.
   */
  // biome-ignore lint/suspicious/noConfusingVoidType: what an async function without a return statement gives
  readonly process: (key: string, signal: AbortSignal) => Promise<void | { readonly requeueAfterMs: number }>;
}

const RETRY = { firstMs: 5, mostMs: 60_000 };
/** How long keys may be processed back to back before timers and sockets get their turn. */
const TURN_MS = 20;

/**
 * Keys that need a look. The contract:
 *
 * - A key is in the queue at most once, however often it is added: `process` reads the present state, never an event.
 * - A key is never processed concurrently with itself. Added while it is processed, it is processed once more afterwards.
 * - Urgent keys go before the others; within each of the two, first come, first served.
 * - A key whose processing rejects comes back after 5 ms, doubling to 60 s with jitter; success forgets the failures. An `add`
 *   meanwhile does not wait for that: something has changed.
 * - Of several delays for one key the earliest wins, so whoever asked for a later one must be ready to be asked again.
 * - `stop` drops what waits, aborts the signal of what is processed and resolves when that has ended. What was dropped is found
 *   again by the next start, since the state is all there is.
 */
export class WorkQueue {
  readonly #options: WorkQueueOptions;
  readonly #waiting: WaitingKeys;
  readonly #delayed = new Map<string, { readonly at: number; readonly timer: Timer }>();
  readonly #failed = new Map<string, { readonly times: number; readonly error: string }>();
  /** Keys in process; the value says whether to go again afterwards, and how urgently. */
  readonly #processing = new Map<string, { again: "no" | "normal" | "urgent" }>();
  readonly #ended = new AbortController();
  readonly #workers = new Set<Promise<void>>();
  #started = false;
  #turnBegan = 0;

  constructor(options: WorkQueueOptions) {
    this.#options = options;
    this.#waiting = new WaitingKeys(options.clock);
  }

  /** Begins to process; keys may be added before. Further calls change nothing. */
  start(): void {
    if (this.#started || this.#ended.signal.aborted) return;
    this.#started = true;
    this.#options.metrics?.addQueue(this.#options.name, this);
    this.#employ();
  }

  async stop(): Promise<void> {
    this.#ended.abort(new Error("the queue was stopped"));
    this.#options.metrics?.removeQueue(this);
    for (const { timer } of this.#delayed.values()) timer.cancel();
    this.#delayed.clear();
    this.#waiting.clear();
    await Promise.all(this.#workers);
  }

  /** Has the key processed as soon as its turn comes. */
  add(key: string, options: { readonly urgent?: boolean } = {}): void {
    if (this.#ended.signal.aborted) return;
    const urgent = options.urgent === true;
    const processing = this.#processing.get(key);
    if (processing !== undefined) {
      if (urgent || processing.again === "no") processing.again = urgent ? "urgent" : "normal";
      return;
    }
    this.#waiting.add(key, urgent);
    this.#employ();
  }

  /** Has the key processed `delayMs` from now; a delay of 0 is an `add`. */
  addAfter(key: string, delayMs: number): void {
    if (this.#ended.signal.aborted) return;
    if (delayMs <= 0) {
      this.add(key);
      return;
    }
    const { clock } = this.#options;
    const at = clock.nowMs() + delayMs;
    const earlier = this.#delayed.get(key);
    if (earlier !== undefined && earlier.at <= at) return;
    earlier?.timer.cancel();
    const timer = clock.after(delayMs, () => {
      this.#delayed.delete(key);
      this.add(key);
    });
    this.#delayed.set(key, { at, timer });
  }

  /** Keys that wait to be processed now; delayed ones and those in process are not counted. */
  get depth(): number {
    return this.#waiting.size;
  }

  /** How long the oldest of them has waited. */
  get oldestAgeMs(): number {
    return this.#waiting.oldestAgeMs;
  }

  #employ(): void {
    const { concurrency = 1 } = this.#options;
    if (!this.#started || this.#workers.size >= concurrency || this.#waiting.size === 0) return;
    const worker = this.#work().finally(() => {
      this.#workers.delete(worker);
      // A key may have come after the worker found none and before it left.
      this.#employ();
    });
    this.#workers.add(worker);
  }

  async #work(): Promise<void> {
    // Leaves the caller of `add` first: what it does in the same go belongs together.
    await Promise.resolve();
    const { clock } = this.#options;
    this.#turnBegan = clock.nowMs();
    for (let key = this.#waiting.take(); key !== undefined; key = this.#waiting.take()) {
      await this.#process(key);
      if (clock.nowMs() - this.#turnBegan < TURN_MS) continue;
      await sleep(clock, 0, this.#ended.signal);
      this.#turnBegan = clock.nowMs();
    }
  }

  async #process(key: string): Promise<void> {
    const { name, metrics, process } = this.#options;
    const processing: { again: "no" | "normal" | "urgent" } = { again: "no" };
    this.#processing.set(key, processing);
    metrics?.queueRuns.inc({ queue: name });
    try {
      const result = await process(key, this.#ended.signal);
      this.#succeeded(key);
      if (result !== undefined) this.addAfter(key, result.requeueAfterMs);
    } catch (error) {
      this.#retry(key, error);
    } finally {
      this.#processing.delete(key);
      if (processing.again !== "no") this.add(key, { urgent: processing.again === "urgent" });
    }
  }

  #succeeded(key: string): void {
    const failed = this.#failed.get(key);
    if (failed === undefined) return;
    this.#failed.delete(key);
    const { log, name } = this.#options;
    if (failed.error !== "") log.info("key recovered", { queue: name, key, failures: failed.times });
  }

  /** One line for each failure that is another than the last; a write conflict only means that somebody was faster. */
  #retry(key: string, error: unknown): void {
    if (this.#ended.signal.aborted) return;
    const { log, name, metrics, random } = this.#options;
    const before = this.#failed.get(key) ?? { times: 0, error: "" };
    const conflict = hasStatus(error, 409);
    const text = conflict ? before.error : errorText(error);
    const times = before.times + 1;
    this.#failed.set(key, { times, error: text });
    metrics?.queueRetries.inc({ queue: name });
    if (conflict) log.debug("key met a conflict", { queue: name, key, error: errorText(error) });
    else if (text !== before.error)
      log.warn("key failed", { queue: name, key, error: text, failures: times });
    this.addAfter(key, backoffMs(times, RETRY, random));
  }
}
