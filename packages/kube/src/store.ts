import type { KubeObject } from "@fairlead/api/object-meta.ts";

/** The last known objects of one kind. Objects are frozen: never change one, build another. */
export interface ReadStore<T> {
  /** @param key `namespace/name`, or `name` for a cluster-scoped kind */
  get(key: string): T | undefined;
  /** In no order that means anything. */
  values(): IterableIterator<T>;
  readonly size: number;
}

/** A step from one known state of an object to the next; one of the two may be undefined, never both. */
export interface Change<T> {
  readonly key: string;
  readonly previous: T | undefined;
  readonly current: T | undefined;
}

/** The key of an object in every store and queue: `namespace/name`, or `name` if it has no namespace. */
export function keyOf(object: KubeObject): string {
  const { namespace, name } = object.metadata;
  return namespace === undefined || namespace === "" ? name : `${namespace}/${name}`;
}

/** A {@link ReadStore} that can be written. Each write returns the change that it made, or undefined if it made none. */
export class Store<T extends KubeObject> implements ReadStore<T> {
  readonly #objects = new Map<string, T>();

  get(key: string): T | undefined {
    return this.#objects.get(key);
  }

  values(): IterableIterator<T> {
    return this.#objects.values();
  }

  get size(): number {
    return this.#objects.size;
  }

  /** Keeps the object unless this very version of it is known. */
  put(object: T): Change<T> | undefined {
    const key = keyOf(object);
    const previous = this.#objects.get(key);
    if (previous !== undefined && sameVersion(previous, object)) return undefined;
    this.#objects.set(key, object);
    return { key, previous, current: object };
  }

  /** Forgets the object. */
  remove(key: string): Change<T> | undefined {
    const previous = this.#objects.get(key);
    if (previous === undefined) return undefined;
    this.#objects.delete(key);
    return { key, previous, current: undefined };
  }

  /** The keys that are not among `keep`. */
  keysWithout(keep: ReadonlySet<string>): readonly string[] {
    return [...this.#objects.keys()].filter((key) => !keep.has(key));
  }
}

function sameVersion(a: KubeObject, b: KubeObject): boolean {
  const version = a.metadata.resourceVersion;
  return version !== undefined && version === b.metadata.resourceVersion && a.metadata.uid === b.metadata.uid;
}
