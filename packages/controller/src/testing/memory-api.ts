import type { KubeObject } from "@fairlead/api/object-meta.ts";
import type { Resource } from "@fairlead/api/resources.ts";
import { collectionPath } from "@fairlead/kube/path.ts";
import { ApiError, type ApiRequest, type ApiTransport } from "@fairlead/kube/transport.ts";
import { Applied } from "./applied.ts";

type Json = Record<string, unknown>;
interface Stored extends KubeObject {
  readonly status?: unknown;
}

interface Watch {
  readonly collection: string;
  readonly namespace: string | undefined;
  readonly onLine: (line: string) => void;
}

/** A write that arrived. */
export interface SeenWrite {
  readonly method: string;
  /** Plural name of the kind, with `/status` for the subresource. */
  readonly resource: string;
  readonly name: string;
  readonly body: Json;
}

/**
 * An API server in memory, with its rules on names, versions, UIDs, status subresources, watches and (per field manager) server-side
 * apply of the top-level fields and conditions of a status. No admission, defaults or selectors.
 */
export class MemoryApi implements ApiTransport {
  readonly writes: SeenWrite[] = [];
  /** Kinds, by plural name, that do not exist yet. */
  readonly missing = new Set<string>();
  /** Asked about each write before it is acted upon; an error refuses it. */
  refuse: (write: SeenWrite) => Error | undefined = () => undefined;
  /** Whether changes reach the watches at once; if not, they wait for `deliver`. */
  live = true;
  readonly #objects = new Map<string, Map<string, Stored>>();
  readonly #applied = new Map<string, Applied>();
  readonly #watches = new Set<Watch>();
  #undelivered: (() => void)[] = [];
  #version = 100;
  #uid = 0;

  /** How many writes of this kind there were: `POST virtualips`. */
  count(what: string): number {
    return this.writes.filter(({ method, resource }) => `${method} ${resource}` === what).length;
  }

  /** Puts an object there as somebody else would. */
  put<T extends KubeObject>(resource: Resource<T>, object: T): T {
    const collection = collectionPath(resource, undefined);
    const key = keyIn(object.metadata.namespace, object.metadata.name);
    const before = this.#collection(collection).get(key);
    const { uid, creationTimestamp } = before?.metadata ?? object.metadata;
    const metadata = {
      ...object.metadata,
      uid: uid ?? `uid-${++this.#uid}`,
      creationTimestamp: creationTimestamp ?? "2026-01-01T00:00:00Z",
    };
    return this.#store(collection, key, { ...object, metadata }) as T;
  }

  /** Changes an object as somebody else would. */
  edit<T extends KubeObject>(resource: Resource<T>, key: string, change: (object: T) => T): T {
    const object = this.get(resource, key);
    if (object === undefined) throw new Error(`there is no ${resource.kind} ${key}`);
    return this.put(resource, change(object));
  }

  /** Deletes an object as somebody else would. */
  remove<T extends KubeObject>(resource: Resource<T>, key: string): void {
    this.#remove(collectionPath(resource, undefined), key);
  }

  get<T extends KubeObject>(resource: Resource<T>, key: string): T | undefined {
    return this.#collection(collectionPath(resource, undefined)).get(key) as T | undefined;
  }

  list<T extends KubeObject>(resource: Resource<T>): readonly T[] {
    return [...this.#collection(collectionPath(resource, undefined)).values()] as unknown as T[];
  }

  /** Keeps what has not been delivered yet until the returned function is called; what comes later is delivered. */
  hold(): () => void {
    const held = this.#undelivered;
    this.#undelivered = [];
    return () => {
      for (const send of held) send();
    };
  }

  /** Brings the watches what has been kept from them. */
  deliver(): void {
    const waiting = this.#undelivered;
    this.#undelivered = [];
    for (const send of waiting) send();
  }

  async request<T>(request: ApiRequest): Promise<T> {
    await Promise.resolve();
    request.signal?.throwIfAborted();
    const refusal = request.refuse?.();
    if (refusal !== undefined) throw new Error(refusal);
    return structuredClone(this.#act(request)) as T;
  }

  stream(request: ApiRequest, onLine: (line: string) => void, onOpen?: () => void): Promise<void> {
    const { collection, namespace } = parsePath(request.path);
    const watch = { collection, namespace, onLine };
    this.#watches.add(watch);
    onOpen?.();
    return new Promise((_resolve, reject) => {
      request.signal?.addEventListener("abort", () => {
        this.#watches.delete(watch);
        reject(request.signal?.reason);
      });
    });
  }

  #act(request: ApiRequest): unknown {
    const { collection, namespace, name, subresource, query } = parsePath(request.path);
    const plural = collection.slice(collection.lastIndexOf("/") + 1);
    if (this.missing.has(plural)) throw notFound(plural);
    if (request.method === "GET" && name === undefined) return this.#listing(collection, namespace);
    const body = (request.body ?? {}) as Json;
    const metadata = (body.metadata ?? {}) as Json;
    const key = keyIn(namespace, name ?? String(metadata.name));
    const resource = subresource === undefined ? plural : `${plural}/${subresource}`;
    const write = { method: request.method, resource, name: key, body };
    if (request.method !== "GET") {
      this.writes.push(write);
      const error = this.refuse(write);
      if (error !== undefined) throw error;
    }
    const present = this.#collection(collection).get(key);
    switch (request.method) {
      case "POST":
        return this.#create(collection, key, body as unknown as Stored, present);
      case "GET":
        return found(present, key);
      case "PUT":
        return this.#update(collection, key, body as unknown as Stored, found(present, key));
      case "DELETE":
        return this.#delete(collection, key, body, found(present, key));
      case "PATCH":
        checkUid(metadata.uid, present, key);
        return this.#apply(collection, key, body, found(present, key), query.get("fieldManager") ?? "");
    }
  }

  #listing(collection: string, namespace: string | undefined): unknown {
    const items = [...this.#collection(collection).values()].filter(
      ({ metadata }) => namespace === undefined || metadata.namespace === namespace,
    );
    return { metadata: { resourceVersion: String(this.#version) }, items };
  }

  #create(collection: string, key: string, object: Stored, present: Stored | undefined): Stored {
    if (present !== undefined) throw new ApiError({ status: 409, reason: "AlreadyExists" });
    const { status: _, ...rest } = object;
    const metadata = {
      ...object.metadata,
      uid: `uid-${++this.#uid}`,
      creationTimestamp: "2026-01-01T00:00:00Z",
      generation: 1,
    };
    return this.#store(collection, key, { ...rest, metadata });
  }

  #update(collection: string, key: string, object: Stored, present: Stored): Stored {
    const { resourceVersion } = object.metadata;
    if (resourceVersion !== undefined && resourceVersion !== present.metadata.resourceVersion) {
      throw new ApiError({ status: 409, reason: "Conflict" });
    }
    const generation = (present.metadata.generation ?? 1) + 1;
    const metadata = { ...object.metadata, generation };
    return this.#store(collection, key, { ...object, metadata, status: present.status });
  }

  #delete(collection: string, key: string, body: Json, present: Stored): unknown {
    const { uid } = (body.preconditions ?? {}) as { uid?: string };
    if (uid !== undefined && uid !== present.metadata.uid)
      throw new ApiError({ status: 409, reason: "Conflict" });
    this.#remove(collection, key);
    return {};
  }

  #apply(collection: string, key: string, body: Json, present: Stored, manager: string): Stored {
    const id = `${collection} ${key} ${present.metadata.uid}`;
    const applied = this.#applied.get(id) ?? new Applied();
    this.#applied.set(id, applied);
    const status = applied.apply(manager, (present.status ?? {}) as Json, (body.status ?? {}) as Json);
    if (JSON.stringify(status) === JSON.stringify(present.status ?? {})) return present;
    return this.#store(collection, key, { ...present, status });
  }

  #store(collection: string, key: string, object: Stored): Stored {
    const before = this.#collection(collection).get(key);
    const stored = structuredClone({
      ...object,
      metadata: { ...object.metadata, resourceVersion: String(++this.#version) },
    });
    this.#collection(collection).set(key, stored);
    this.#emit(collection, before === undefined ? "ADDED" : "MODIFIED", stored);
    return stored;
  }

  #remove(collection: string, key: string): void {
    const object = this.#collection(collection).get(key);
    if (object === undefined) return;
    this.#collection(collection).delete(key);
    this.#emit(collection, "DELETED", {
      ...object,
      metadata: { ...object.metadata, resourceVersion: String(++this.#version) },
    });
  }

  #emit(collection: string, type: string, object: Stored): void {
    const line = JSON.stringify({ type, object });
    for (const watch of this.#watches) {
      if (watch.collection !== collection) continue;
      if (watch.namespace !== undefined && watch.namespace !== object.metadata.namespace) continue;
      this.#undelivered.push(() => watch.onLine(line));
    }
    if (this.live) this.deliver();
  }

  #collection(path: string): Map<string, Stored> {
    const collection = this.#objects.get(path) ?? new Map<string, Stored>();
    this.#objects.set(path, collection);
    return collection;
  }
}

function keyIn(namespace: string | undefined, name: string): string {
  return namespace === undefined || namespace === "" ? name : `${namespace}/${name}`;
}

function found(object: Stored | undefined, key: string): Stored {
  if (object === undefined) throw notFound(key);
  return object;
}

/** What is stated of the UID must be so. */
function checkUid(stated: unknown, present: Stored | undefined, key: string): void {
  if (stated === undefined || stated === present?.metadata.uid) return;
  if (present === undefined) throw new ApiError({ status: 409, reason: "Conflict", message: "uid mismatch" });
  const message = `${key} is invalid: metadata.uid: Invalid value: "${stated}": field is immutable`;
  throw new ApiError({ status: 422, reason: "Invalid", message });
}

function notFound(what: string): ApiError {
  return new ApiError({ status: 404, reason: "NotFound", message: `${what} not found` });
}

function parsePath(path: string): {
  collection: string;
  namespace: string | undefined;
  name: string | undefined;
  subresource: string | undefined;
  query: URLSearchParams;
} {
  const url = new URL(path, "http://api");
  const [, base = "", namespace, plural = "", name, subresource] =
    /^(\/api\/v1|\/apis\/[^/]+\/[^/]+)(?:\/namespaces\/([^/]+)(?=\/))?\/([^/]+)(?:\/([^/]+))?(?:\/([^/]+))?$/.exec(
      url.pathname,
    ) ?? [];
  return {
    collection: `${base}/${plural}`,
    namespace,
    name: name && decodeURIComponent(name),
    subresource,
    query: url.searchParams,
  };
}
