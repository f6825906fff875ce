import type { KubeObject, ObjectMeta } from "@fairlead/api/object-meta.ts";
import type { Resource } from "@fairlead/api/resources.ts";
import { checkScope, collectionPath, type ObjectRef, objectPath } from "./path.ts";
import type { ApiRequest, ApiTransport } from "./transport.ts";

export type { ObjectRef } from "./path.ts";

/** What server-side apply is given: the object's name and only the fields that are to be owned. */
export type Applied<T extends KubeObject> = Partial<Omit<T, "metadata">> & { readonly metadata: ObjectMeta };

export interface ListOptions {
  /** Undefined: all. */
  readonly namespace?: string;
  readonly labelSelector?: string;
  readonly fieldSelector?: string;
  readonly signal?: AbortSignal;
}

export interface ApplyOptions {
  /** @default that of the client */
  readonly fieldManager?: string;
  /** Take fields over from other managers instead of failing with 409. @default false */
  readonly force?: boolean;
  readonly subresource?: "status";
  readonly signal?: AbortSignal;
}

export interface Preconditions {
  readonly uid?: string;
  readonly resourceVersion?: string;
}

export interface ApiClientOptions {
  readonly transport: ApiTransport;
  /** Name under which the API server records who owns a field. */
  readonly fieldManager: string;
  /** Asked immediately before each write leaves; a text refuses it. For a leader that may have been deposed. */
  readonly refuseWrites?: () => string | undefined;
  /** See {@link ApiRequest.deadlineMs}. */
  readonly deadlineMs?: number;
  /** See {@link ApiRequest.urgent}. */
  readonly urgent?: boolean;
}

/** One page of a collection, as the API server sends it. */
export interface ObjectList<T> {
  readonly metadata?: { readonly resourceVersion?: string; readonly continue?: string };
  readonly items?: readonly T[] | null;
}

/** Reads and writes single objects. Rejects as {@link ApiTransport} does. */
export class ApiClient {
  readonly #options: ApiClientOptions;

  constructor(options: ApiClientOptions) {
    this.#options = options;
  }

  /** A client that differs in these options. */
  with(options: Partial<ApiClientOptions>): ApiClient {
    return new ApiClient({ ...this.#options, ...options });
  }

  get<T extends KubeObject>(resource: Resource<T>, ref: ObjectRef, signal?: AbortSignal): Promise<T> {
    return this.#send({ method: "GET", path: objectPath(resource, ref) }, signal);
  }

  /** All objects, read page by page from one consistent state. */
  async list<T extends KubeObject>(resource: Resource<T>, options: ListOptions = {}): Promise<readonly T[]> {
    const { namespace, labelSelector, fieldSelector, signal } = options;
    const objects: T[] = [];
    let next: string | undefined;
    do {
      const query = { limit: 500, continue: next, labelSelector, fieldSelector };
      const path = collectionPath(resource, namespace, query);
      const page: ObjectList<T> = await this.#send({ method: "GET", path }, signal);
      objects.push(...(page.items ?? []));
      next = page.metadata?.continue || undefined;
    } while (next !== undefined);
    return objects;
  }

  /** Rejects with 409 `AlreadyExists` if there is one of this name. */
  create<T extends KubeObject>(resource: Resource<T>, object: T, signal?: AbortSignal): Promise<T> {
    checkScope(resource, object.metadata.namespace);
    const { fieldManager } = this.#options;
    const path = collectionPath(resource, object.metadata.namespace, { fieldManager });
    return this.#write({ method: "POST", path, body: typed(resource, object) }, signal);
  }

  /** Replaces the object. A `resourceVersion` in it makes that conditional: 409 `Conflict` if it has changed since. */
  update<T extends KubeObject>(resource: Resource<T>, object: T, signal?: AbortSignal): Promise<T> {
    const { fieldManager } = this.#options;
    const path = objectPath(resource, object.metadata, { query: { fieldManager } });
    return this.#write({ method: "PUT", path, body: typed(resource, object) }, signal);
  }

  /**
   * JSON merge patch (RFC 7386): a list is replaced as a whole. A `resourceVersion` in the patch's metadata makes that
   * conditional: 409 `Conflict` if the object has changed since.
   */
  patch<T extends KubeObject>(
    resource: Resource<T>,
    ref: ObjectRef,
    patch: object,
    options: { readonly subresource?: "status"; readonly signal?: AbortSignal } = {},
  ): Promise<T> {
    const { fieldManager } = this.#options;
    const path = objectPath(resource, ref, { subresource: options.subresource, query: { fieldManager } });
    const contentType = "application/merge-patch+json";
    return this.#write({ method: "PATCH", path, body: patch, contentType }, options.signal);
  }

  /**
   * Server-side apply: the fields given become owned, those owned before and not given any more are let go of; an empty
   * `status` lets go of all of it. Rejects
   * with 409 `Conflict` if another manager owns one with another value and `force` is not set.
   */
  apply<T extends KubeObject>(
    resource: Resource<T>,
    object: Applied<T>,
    options: ApplyOptions = {},
  ): Promise<T> {
    const fieldManager = options.fieldManager ?? this.#options.fieldManager;
    const path = objectPath(resource, object.metadata, {
      subresource: options.subresource,
      query: { fieldManager, force: options.force || undefined },
    });
    const contentType = "application/apply-patch+yaml";
    const body = typed(resource, withoutEmptyStatus(object));
    return this.#write({ method: "PATCH", path, body, contentType }, options.signal);
  }

  /** Rejects with 404 if it is gone already and with 409 if a precondition does not hold. */
  async delete<T extends KubeObject>(
    resource: Resource<T>,
    ref: ObjectRef,
    preconditions?: Preconditions,
    signal?: AbortSignal,
  ): Promise<void> {
    const path = objectPath(resource, ref);
    const body = { apiVersion: "v1", kind: "DeleteOptions", ...(preconditions && { preconditions }) };
    await this.#write<unknown>({ method: "DELETE", path, body }, signal);
  }

  #write<T>(request: ApiRequest, signal: AbortSignal | undefined): Promise<T> {
    return this.#send({ ...request, refuse: this.#options.refuseWrites }, signal);
  }

  #send<T>(request: ApiRequest, signal: AbortSignal | undefined): Promise<T> {
    const { transport, deadlineMs, urgent } = this.#options;
    return transport.request<T>({
      ...request,
      ...(deadlineMs !== undefined && { deadlineMs }),
      ...(urgent !== undefined && { urgent }),
      ...(signal !== undefined && { signal }),
    });
  }
}

function typed(resource: Resource<KubeObject>, object: object): object {
  return { ...object, apiVersion: resource.apiVersion, kind: resource.kind };
}

/** To own nothing of the status, none must be sent: the API server makes null of an empty one, and refuses that. */
function withoutEmptyStatus(object: object): object {
  if (!("status" in object) || Object.keys(object.status ?? {}).length > 0) return object;
  const { status: _empty, ...rest } = object;
  return rest;
}
