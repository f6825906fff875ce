import type { KubeObject } from "@fairlead/api/object-meta.ts";
import type { Resource } from "@fairlead/api/resources.ts";
import type { Clock } from "@fairlead/runtime/clock.ts";
import type { Random } from "@fairlead/runtime/random.ts";
import type { ObjectList } from "./client.ts";
import type { Ending } from "./pace.ts";
import { collectionPath, type Query } from "./path.ts";
import { errorOfStatus, hasCause } from "./status.ts";
import { ApiError, type ApiTransport, hasStatus, TransportError } from "./transport.ts";
import { isKubeObject, parseWatchEvent, type WatchEvent } from "./watch-event.ts";

export interface ListWatchOptions<T extends KubeObject> {
  readonly transport: ApiTransport;
  readonly resource: Resource<T>;
  readonly namespace?: string;
  readonly labelSelector?: string;
  readonly fieldSelector?: string;
  readonly clock: Clock;
  readonly random: Random;
}

/** A whole collection at one version. */
export interface Listing<T> {
  readonly objects: readonly T[];
  readonly resourceVersion: string;
}

/** What a watch brings, except its errors. */
export type Happening<T> = Exclude<WatchEvent<T>, { readonly type: "ERROR" }>;

export interface WatchHandlers<T> {
  readonly onOpen: () => void;
  readonly onEvent: (event: Happening<T>) => void;
}

/** The server sends a bookmark about every minute, so this much silence is no quiet kind but a dead connection. */
export const SILENCE_MS = 150_000;

/** Reads a collection and follows it: one attempt at a time, without a memory of its own. */
export class ListWatch<T extends KubeObject> {
  readonly #options: ListWatchOptions<T>;

  constructor(options: ListWatchOptions<T>) {
    this.#options = options;
  }

  /**
   * Reads the whole collection, page by page. It is not older than `notBefore`; undefined asks for any version that the server
   * has in memory. If the server cannot give that any more, it reads the newest from etcd.
   */
  async list(notBefore: string | undefined, signal: AbortSignal): Promise<Listing<T>> {
    try {
      const asked: Query =
        notBefore === undefined
          ? { resourceVersion: "0" }
          : { resourceVersion: notBefore, resourceVersionMatch: "NotOlderThan" };
      return await this.#pages(asked, signal);
    } catch (error) {
      if (!cannotGiveVersion(error)) throw error;
      return this.#pages({}, signal);
    }
  }

  /** Follows the collection from a version on, until the watch ends in whatever way. Never rejects. */
  async watch(
    resourceVersion: string,
    signal: AbortSignal,
    handlers: WatchHandlers<T>,
  ): Promise<{ readonly ending: Ending; readonly resourceVersion: string }> {
    const { transport, random } = this.#options;
    const path = this.#path({
      watch: true,
      allowWatchBookmarks: true,
      resourceVersion,
      timeoutSeconds: 290 + Math.floor(random.next() * 301),
    });
    using guard = new SilenceGuard(this.#options.clock, signal);
    let version = resourceVersion;
    try {
      await transport.stream(
        { method: "GET", path, signal: guard.signal, urgent: true },
        (line) => {
          guard.heard();
          const event = this.#event(line);
          handlers.onEvent(event);
          version = event.type === "BOOKMARK" ? event.resourceVersion : versionOf(event.object, version);
        },
        () => {
          guard.heard();
          handlers.onOpen();
        },
      );
      return { ending: { cause: "ended" }, resourceVersion: version };
    } catch (error) {
      return { ending: guard.silent ? { cause: "silent" } : endingOf(error), resourceVersion: version };
    }
  }

  async #pages(query: Query, signal: AbortSignal): Promise<Listing<T>> {
    const { transport } = this.#options;
    const objects: T[] = [];
    let resourceVersion: string | undefined;
    let next: string | undefined;
    do {
      const path = this.#path({ limit: 500, ...(next === undefined ? query : { continue: next }) });
      const page = await transport.request<ObjectList<unknown> | null>({
        method: "GET",
        path,
        signal,
        deadlineMs: 60_000,
      });
      resourceVersion ??= page?.metadata?.resourceVersion;
      for (const item of page?.items ?? []) objects.push(this.#object(item));
      next = page?.metadata?.continue || undefined;
    } while (next !== undefined);
    if (!resourceVersion) throw new Malformed("the list has no resourceVersion");
    return { objects, resourceVersion };
  }

  #event(line: string): Happening<T> {
    const parsed = parseWatchEvent<T>(line);
    if (!parsed.ok) throw new Malformed(parsed.error);
    const event = parsed.value;
    if (event.type === "ERROR") throw new ErrorEvent(errorOfStatus(event.status));
    return event.type === "BOOKMARK" ? event : { type: event.type, object: this.#object(event.object) };
  }

  /** Lists leave `apiVersion` and `kind` out of their items, watches do not; here both have them. */
  #object(value: unknown): T {
    if (!isKubeObject<T>(value)) throw new Malformed("an object has no name or no resourceVersion");
    const { apiVersion, kind } = this.#options.resource;
    return { ...value, apiVersion, kind };
  }

  #path(query: Query): string {
    const { resource, namespace, labelSelector, fieldSelector } = this.#options;
    return collectionPath(resource, namespace, { labelSelector, fieldSelector, ...query });
  }
}

/** What came cannot be read. */
export class Malformed extends Error {
  override readonly name = "Malformed";
}

class ErrorEvent extends Error {
  readonly error: ApiError;

  constructor(error: ApiError) {
    super(error.message);
    this.error = error;
  }
}

/** Aborts its signal when nothing was heard for {@link SILENCE_MS}. */
class SilenceGuard implements Disposable {
  readonly #clock: Clock;
  readonly #controller = new AbortController();
  readonly #stop: () => void;
  #heardAt: number;
  #cancel = (): void => {};
  silent = false;

  constructor(clock: Clock, owner: AbortSignal) {
    this.#clock = clock;
    this.#heardAt = clock.nowMs();
    const abort = (): void => this.#controller.abort(owner.reason);
    if (owner.aborted) abort();
    owner.addEventListener("abort", abort, { once: true });
    this.#stop = () => owner.removeEventListener("abort", abort);
    this.#arm(SILENCE_MS);
  }

  get signal(): AbortSignal {
    return this.#controller.signal;
  }

  heard(): void {
    this.#heardAt = this.#clock.nowMs();
  }

  [Symbol.dispose](): void {
    this.#cancel();
    this.#stop();
  }

  /** One timer that looks when it could first be too late, instead of a new one for each event. */
  #arm(delayMs: number): void {
    const timer = this.#clock.after(delayMs, () => {
      const leftMs = this.#heardAt + SILENCE_MS - this.#clock.nowMs();
      if (leftMs > 0) return this.#arm(leftMs);
      this.silent = true;
      this.#controller.abort(new TransportError("deadline", `nothing was heard for ${SILENCE_MS} ms`));
    });
    this.#cancel = () => timer.cancel();
  }
}

function endingOf(error: unknown): Ending {
  if (error instanceof Malformed) return { cause: "malformed", error };
  if (error instanceof ErrorEvent) return endingOfError(error.error, "error-event");
  if (error instanceof ApiError) return endingOfError(error, "failed");
  const unreadable = error instanceof TransportError && error.failure === "too-large";
  return unreadable ? { cause: "malformed", error } : { cause: "failed", error };
}

function endingOfError(error: ApiError, otherwise: "error-event" | "failed"): Ending {
  return error.status === 410 ? { cause: "expired", error } : { cause: otherwise, error };
}

/** 410: compacted meanwhile. `ResourceVersionTooLarge`: the version is ahead of the server, as after a restore of etcd. */
function cannotGiveVersion(error: unknown): boolean {
  return hasStatus(error, 410) || (hasStatus(error, 504) && hasCause(error, "ResourceVersionTooLarge"));
}

function versionOf(object: KubeObject, otherwise: string): string {
  return object.metadata.resourceVersion ?? otherwise;
}
