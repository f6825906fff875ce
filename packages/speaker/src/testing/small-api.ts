import type { KubeObject } from "@fairlead/api/object-meta.ts";
import { ApiError, type ApiRequest, type ApiTransport, TransportError } from "@fairlead/kube/transport.ts";

interface Stored extends KubeObject {
  readonly status?: unknown;
}

/** A write that arrived: `status` if it went to that subresource. */
export interface SeenApply {
  readonly collection: string;
  readonly name: string;
  readonly status: boolean;
  readonly query: string;
  readonly body: Stored;
}

/**
 * As much of an API server as a speaker uses: lists, watches, one object by name, and apply. An applied status, or that none
 * is applied, replaces that which was there; who owns which field is not kept.
 */
export class SmallApi implements ApiTransport {
  readonly applied: SeenApply[] = [];
  readonly events: KubeObject[] = [];
  readonly #collections = new Map<string, Map<string, Stored>>();
  readonly #watches = new Set<{
    collection: string;
    line: (line: string) => void;
    end: (error: Error) => void;
  }>();
  #version = 1;
  #away = false;

  /** Puts an object there as somebody else would. */
  put(collection: string, object: Stored): void {
    const resourceVersion = String(++this.#version);
    const stored = {
      ...object,
      metadata: { uid: `uid-${object.metadata.name}`, ...object.metadata, resourceVersion },
    };
    const known = this.#collection(collection).has(object.metadata.name);
    this.#collection(collection).set(object.metadata.name, stored);
    this.#tell(collection, known ? "MODIFIED" : "ADDED", stored);
  }

  remove(collection: string, name: string): void {
    const object = this.#collection(collection).get(name);
    this.#collection(collection).delete(name);
    if (object === undefined) return;
    const metadata = { ...object.metadata, resourceVersion: String(++this.#version) };
    this.#tell(collection, "DELETED", { ...object, metadata });
  }

  get(collection: string, name: string): Stored | undefined {
    return this.#collection(collection).get(name);
  }

  /** Whether nobody answers; going away breaks the watches. */
  set away(away: boolean) {
    this.#away = away;
    if (!away) return;
    for (const watch of this.#watches) watch.end(new TransportError("cut", "the connection was cut"));
  }

  async request<T>(request: ApiRequest): Promise<T> {
    if (this.#away) throw new TransportError("unreachable", "nobody answers");
    const url = new URL(request.path, "https://api");
    return this.#answer(request, url) as T;
  }

  stream(request: ApiRequest, onLine: (line: string) => void, onOpen?: () => void): Promise<void> {
    if (this.#away) return Promise.reject(new TransportError("unreachable", "nobody answers"));
    const collection = new URL(request.path, "https://api").pathname;
    onOpen?.();
    return new Promise((_resolve, reject) => {
      const watch = {
        collection,
        line: onLine,
        end: (error: Error) => {
          this.#watches.delete(watch);
          reject(error);
        },
      };
      this.#watches.add(watch);
      request.signal?.addEventListener("abort", () => watch.end(new Error("aborted")));
    });
  }

  #answer(request: ApiRequest, url: URL): unknown {
    if (request.method === "POST") {
      this.events.push(request.body as KubeObject);
      return request.body;
    }
    const parts = url.pathname.split("/");
    const status = parts.at(-1) === "status";
    if (status) parts.pop();
    if (request.method === "PATCH") return this.#apply(parts, status, url, request.body as Stored);
    const listed = this.#collections.get(url.pathname);
    if (listed !== undefined)
      return { metadata: { resourceVersion: String(this.#version) }, items: [...listed.values()] };
    const found = this.#collection(parts.slice(0, -1).join("/")).get(parts.at(-1) ?? "");
    if (found === undefined) throw new ApiError({ status: 404, message: `${url.pathname} not found` });
    return found;
  }

  #apply(parts: readonly string[], status: boolean, url: URL, body: Stored): Stored {
    const [collection, name] = [parts.slice(0, -1).join("/"), parts.at(-1) ?? ""];
    this.applied.push({ collection, name, status, query: url.search, body });
    const before = this.get(collection, name);
    if (status && before === undefined) throw new ApiError({ status: 404, message: `${name} not found` });
    const after = status
      ? { ...before, status: body.status ?? {}, metadata: { ...before?.metadata, name } }
      : { ...before, ...body, metadata: { ...before?.metadata, ...body.metadata } };
    if (JSON.stringify(after) !== JSON.stringify(before)) this.put(collection, after);
    return after;
  }

  #collection(path: string): Map<string, Stored> {
    const collection = this.#collections.get(path) ?? new Map<string, Stored>();
    this.#collections.set(path, collection);
    return collection;
  }

  #tell(collection: string, type: string, object: Stored): void {
    for (const watch of this.#watches)
      if (watch.collection === collection) watch.line(JSON.stringify({ type, object }));
  }
}
