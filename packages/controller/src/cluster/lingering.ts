import type { KubeObject } from "@fairlead/api/object-meta.ts";
import type { Change } from "@fairlead/kube/store.ts";
import type { Clock, Timer } from "@fairlead/runtime/clock.ts";

/** An object, and whether it was deleted a moment ago. */
export interface Lingering<T> {
  readonly object: T;
  readonly gone: boolean;
}

/**
 * Objects whose deletion is believed only after a grace: charts, CRD upgrades and pruned applications delete an object and
 * bring it back in the next moment, and that must cost nobody an announcement.
 */
export class LingeringStore<T extends KubeObject> {
  readonly #clock: Clock;
  readonly #graceMs: number;
  readonly #onChange: (change: Change<T>) => void;
  readonly #objects = new Map<string, { readonly object: T; readonly leaving: Timer | undefined }>();

  /**
   * @param onChange called when an object comes, changes, begins to linger, or is gone for good; one that comes back was
   *   there no more, even if it is as it was
   */
  constructor(options: {
    readonly clock: Clock;
    readonly graceMs: number;
    readonly onChange: (change: Change<T>) => void;
  }) {
    this.#clock = options.clock;
    this.#graceMs = options.graceMs;
    this.#onChange = options.onChange;
  }

  /** Takes a change of the store over. */
  apply(change: Change<T>): void {
    const { key, current } = change;
    const before = this.#objects.get(key);
    before?.leaving?.cancel();
    if (current !== undefined) this.#objects.set(key, { object: current, leaving: undefined });
    else if (before !== undefined) {
      const leaving = this.#clock.after(this.#graceMs, () => this.#leave(key));
      this.#objects.set(key, { object: before.object, leaving });
    }
    this.#onChange({ key, previous: before?.leaving === undefined ? before?.object : undefined, current });
  }

  get(key: string): Lingering<T> | undefined {
    const entry = this.#objects.get(key);
    return entry && { object: entry.object, gone: entry.leaving !== undefined };
  }

  *values(): IterableIterator<Lingering<T>> {
    for (const { object, leaving } of this.#objects.values()) yield { object, gone: leaving !== undefined };
  }

  /** Cancels the timers. */
  stop(): void {
    for (const { leaving } of this.#objects.values()) leaving?.cancel();
  }

  #leave(key: string): void {
    const previous = this.#objects.get(key)?.object;
    this.#objects.delete(key);
    this.#onChange({ key, previous, current: undefined });
  }
}
