import type { KubeObject } from "@fairlead/api/object-meta.ts";
import type { VirtualIP } from "@fairlead/api/virtual-ip.ts";
import type { ReadStore } from "@fairlead/kube/store.ts";

/**
 * The VirtualIPs as last read or last written here, whichever is newer: a watch brings an own write back only after a while, and
 * deciding on the older state meanwhile would be a conflict at best.
 */
export class VirtualIPView {
  readonly #store: ReadStore<VirtualIP>;
  readonly #own = new Map<string, VirtualIP>();

  constructor(store: ReadStore<VirtualIP>) {
    this.#store = store;
  }

  get(name: string): VirtualIP | undefined {
    const read = this.#store.get(name);
    const own = this.#own.get(name);
    if (own === undefined) return read;
    return read !== undefined && isNewer(read, own) ? read : own;
  }

  /** All that have been read. */
  values(): IterableIterator<VirtualIP> {
    return this.#store.values();
  }

  /** The API server answered a write with this. */
  wrote(object: VirtualIP): void {
    this.#own.set(object.metadata.name, object);
  }

  /** The watch brought this state, or took the object away. */
  read(name: string, object: VirtualIP | undefined): void {
    const own = this.#own.get(name);
    if (own !== undefined && (object === undefined || !isNewer(own, object))) this.#own.delete(name);
  }

  /** This process deleted it. */
  deleted(name: string): void {
    this.#own.delete(name);
  }
}

/** Whether `a` is a later version than `b`. Versions of one kind are numbers that grow (KEP-5504). */
export function isNewer(a: KubeObject, b: KubeObject): boolean {
  const [left = "", right = ""] = [a.metadata.resourceVersion, b.metadata.resourceVersion];
  return left.length === right.length ? left > right : left.length > right.length;
}
