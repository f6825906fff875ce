import type { KubeObject } from "@fairlead/api/object-meta.ts";
import { type Clock, sleep } from "@fairlead/runtime/clock.ts";
import { errorText, type Log } from "@fairlead/runtime/log.ts";
import type { Random } from "@fairlead/runtime/random.ts";
import { type Happening, ListWatch, type ListWatchOptions, Malformed } from "./list-watch.ts";
import type { KubeMetrics } from "./metrics.ts";
import { type Ending, Pace } from "./pace.ts";
import { resourceName } from "./path.ts";
import { accountOf, problemText } from "./problem.ts";
import { deepFreeze, pruneMetadata } from "./prune.ts";
import { type Change, keyOf, type ReadStore, Store } from "./store.ts";
import { ApiError } from "./transport.ts";

export type { Change, ReadStore } from "./store.ts";

export interface ReflectorOptions<T extends KubeObject> extends ListWatchOptions<T> {
  /**
   * Drops what nobody reads, to keep memory small. Must not change its argument, nor throw.
   * @default drops `managedFields` and what `kubectl apply` keeps
   */
  readonly prune?: (object: T) => T;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Log;
  readonly metrics?: KubeMetrics;
  /**
   * Called for each change, after the store has it; not concurrently, and never after `stop`. The changes that one list
   * reveals are told when the store holds all of them. May only enqueue keys: the watch waits while it runs.
   */
  readonly onChange: (change: Change<T>) => void;
}

/** Failures in a row that make a problem of what may pass; a refusal is one at once. */
const PROBLEM_AFTER = 3;
/** A watch that has been open this long without an error has overcome the problem there was. */
const WELL_AFTER_MS = 5_000;

/**
 * Keeps a copy of one kind: lists it, follows it by a watch, and whatever happens goes on. It never gives up and never
 * forgets what it knows because the server is away: objects leave the store only when the server says that they are gone, by
 * a DELETED event or by a list without them. When a kind itself is removed, the server deletes its objects first, so these
 * leave one by one; the reflector then waits for the kind to come back.
 *
 * An object that was deleted and made again between two looks is one change whose two sides differ in `uid`.
 */
export class Reflector<T extends KubeObject> {
  readonly #options: ReflectorOptions<T>;
  readonly #name: string;
  readonly #source: ListWatch<T>;
  readonly #store = new Store<T>();
  readonly #pace: Pace;
  readonly #ended = new AbortController();
  readonly #firstSync = Promise.withResolvers<void>();
  #running: Promise<void> | undefined;
  #synced = false;
  #version: string | undefined;
  #lastEventAt: number | undefined;
  #restarts = 0;
  #problem: { readonly verb: "list" | "watch"; readonly text: string } | undefined;

  constructor(options: ReflectorOptions<T>) {
    this.#options = options;
    this.#name = resourceName(options.resource);
    this.#source = new ListWatch(options);
    this.#pace = new Pace(options.random);
    this.#firstSync.promise.catch(() => {});
  }

  /** Begins; further calls change nothing, nor does one after `stop`. */
  start(): void {
    if (this.#running !== undefined || this.#ended.signal.aborted) return;
    this.#options.metrics?.addReflector(this.#name, this);
    this.#running = this.#run(this.#ended.signal);
  }

  /** Ends at once and for good; resolves when nothing of it is left. The store keeps what it has. */
  async stop(): Promise<void> {
    this.#ended.abort(new Error("the reflector was stopped"));
    this.#firstSync.reject(this.#ended.signal.reason);
    this.#options.metrics?.removeReflector(this);
    await this.#running;
  }

  get store(): ReadStore<T> {
    return this.#store;
  }

  get size(): number {
    return this.#store.size;
  }

  /** Whether the kind has been read completely once. Stays true while the server is away. */
  get synced(): boolean {
    return this.#synced;
  }

  /** What keeps the store from being complete and current, in words; undefined if nothing does. */
  get problem(): string | undefined {
    return this.#problem?.text ?? (this.#synced ? undefined : `${this.#name} have not been read yet`);
  }

  /** Time since the last event, bookmark or list; undefined before the first. */
  get lastEventAgeMs(): number | undefined {
    return this.#lastEventAt === undefined ? undefined : this.#options.clock.nowMs() - this.#lastEventAt;
  }

  /** How often a list or watch had to be begun again, for whatever cause. */
  get restarts(): number {
    return this.#restarts;
  }

  /** Resolves when `synced` is true; rejects with the reason of `signal`, or when the reflector is stopped before. */
  async whenSynced(signal: AbortSignal): Promise<void> {
    signal.throwIfAborted();
    const aborted = Promise.withResolvers<never>();
    const abort = (): void => aborted.reject(signal.reason);
    signal.addEventListener("abort", abort, { once: true });
    try {
      await Promise.race([this.#firstSync.promise, aborted.promise]);
    } finally {
      signal.removeEventListener("abort", abort);
    }
  }

  async #run(signal: AbortSignal): Promise<void> {
    let relist = true;
    while (!signal.aborted) {
      const life = { openMs: 0, events: 0 };
      let ending = relist ? await this.#list(signal) : undefined;
      let verb: "list" | "watch" = "list";
      if (ending === undefined) {
        verb = "watch";
        relist = false;
        ending = await this.#watch(signal, life);
      }
      if (signal.aborted) return;
      const next = this.#pace.after(ending, life);
      relist ||= next.relist;
      this.#tell(ending, verb);
      await sleep(this.#options.clock, next.delayMs, signal);
    }
  }

  /** Reads everything. @returns how that failed, or undefined */
  async #list(signal: AbortSignal): Promise<Ending | undefined> {
    try {
      const listing = await this.#source.list(this.#version, signal);
      if (signal.aborted) return undefined;
      const objects = listing.objects.map((object) => this.#kept(object));
      const keys = new Set(objects.map(keyOf));
      const changes = [
        ...objects.map((object) => this.#store.put(object)),
        ...this.#store.keysWithout(keys).map((key) => this.#store.remove(key)),
      ];
      this.#version = listing.resourceVersion;
      this.#lastEventAt = this.#options.clock.nowMs();
      if (this.#problem?.verb === "list") this.#recovered();
      for (const change of changes) this.#emit(change);
      if (!this.#synced) this.#options.log.info("kind read", { resource: this.#name, objects: this.size });
      this.#synced = true;
      this.#firstSync.resolve();
      return undefined;
    } catch (error) {
      return error instanceof Malformed ? { cause: "malformed", error } : { cause: "failed", error };
    }
  }

  async #watch(signal: AbortSignal, life: { openMs: number; events: number }): Promise<Ending> {
    const { clock } = this.#options;
    let openedAt: number | undefined;
    let well = { cancel(): void {} };
    const outcome = await this.#source.watch(this.#version ?? "", signal, {
      onOpen: () => {
        openedAt = clock.nowMs();
        well = clock.after(WELL_AFTER_MS, () => this.#recovered());
      },
      onEvent: (event) => {
        life.events += 1;
        this.#lastEventAt = clock.nowMs();
        this.#recovered();
        this.#take(event);
      },
    });
    well.cancel();
    this.#version = outcome.resourceVersion;
    if (openedAt !== undefined) life.openMs = clock.nowMs() - openedAt;
    return outcome.ending;
  }

  #take(event: Happening<T>): void {
    if (event.type === "BOOKMARK") return;
    const change =
      event.type === "DELETED"
        ? this.#store.remove(keyOf(event.object))
        : this.#store.put(this.#kept(event.object));
    this.#emit(change);
  }

  #kept(object: T): T {
    const prune = this.#options.prune ?? pruneMetadata;
    return deepFreeze(prune(object));
  }

  #emit(change: Change<T> | undefined): void {
    if (change === undefined || this.#ended.signal.aborted) return;
    try {
      this.#options.onChange(change);
    } catch (error) {
      const { log } = this.#options;
      log.error("change handler failed", { resource: this.#name, key: change.key, error: errorText(error) });
    }
  }

  /** Counts the ending, and says so if it is a new problem. */
  #tell(ending: Ending, verb: "list" | "watch"): void {
    const { metrics, log, resource } = this.#options;
    this.#restarts += 1;
    metrics?.watchRestarts.inc({ resource: this.#name, cause: ending.cause });
    if (ending.cause === "malformed") metrics?.malformedEvents.inc({ resource: this.#name });
    const error = "error" in ending ? ending.error : new Error(`the watch ${PHRASES[ending.cause]}`);
    const refused = error instanceof ApiError && [401, 403, 404].includes(error.status);
    if (ending.cause === "ended" && this.#pace.failures === 0) return;
    if (!refused && this.#pace.failures < PROBLEM_AFTER) return;
    const text = problemText(verb, resource, error);
    if (text === this.#problem?.text) return;
    this.#problem = { verb, text };
    log.warn("kind became unreadable", {
      resource: this.#name,
      verb,
      problem: text,
      account: accountOf(error),
    });
  }

  #recovered(): void {
    if (this.#problem === undefined) return;
    this.#problem = undefined;
    this.#options.log.info("kind became readable again", { resource: this.#name });
  }
}

const PHRASES = {
  ended: "is closed by the server again and again",
  silent: "brings neither events nor bookmarks",
} as const;
