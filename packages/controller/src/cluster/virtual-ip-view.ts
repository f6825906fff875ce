import type { KubeObject } from "@fairlead/api/object-meta.ts";
import type { VirtualIP } from "@fairlead/api/virtual-ip.ts";
import type { Change, ReadStore } from "@fairlead/kube/store.ts";

/** Deletions that are remembered: the answer to an earlier write, or a watch, may still bring what was deleted. */
const REMEMBERED_DELETIONS = 4096;

/**
 * The VirtualIPs as last read or last written here, whichever is newer: a watch brings an own write back only after a while, and
 * deciding on the older state meanwhile would be a conflict at best. The watch may be faster than the answer to a write, too.
 */
export class VirtualIPView {
  readonly #store: ReadStore<VirtualIP>;
  readonly #own = new Map<string, VirtualIP>();
  /** UIDs. */
  readonly #gone = new Set<string>();

  constructor(store: ReadStore<VirtualIP>) {
    this.#store = store;
  }

  get(name: string): VirtualIP | undefined {
    const read = this.#store.get(name);
    const there = read === undefined || this.#isGone(read) ? undefined : read;
    const own = this.#own.get(name);
    if (own === undefined) return there;
    return there !== undefined && isNewer(there, own) ? there : own;
  }

  /** All that have been read. */
  values(): IterableIterator<VirtualIP> {
    return this.#store.values();
  }

  /** The API server answered a write with this. */
  wrote(object: VirtualIP): void {
    const { name } = object.metadata;
    const known = this.get(name);
    if (this.#isGone(object) || (known !== undefined && isNewer(known, object))) return;
    this.#own.set(name, object);
  }

  /** The watch brought this state, or took the object away. */
  read({ key, previous, current }: Change<VirtualIP>): void {
    const uid = previous?.metadata.uid;
    if (uid !== undefined && uid !== current?.metadata.uid) this.#remember(uid);
    // A backup brings back what was deleted, as it was.
    if (previous === undefined) this.#gone.delete(current?.metadata.uid ?? "");
    const own = this.#own.get(key);
    if (own === undefined) return;
    if (this.#isGone(own) || (current !== undefined && !isNewer(own, current))) this.#own.delete(key);
  }

  /** It is known to be deleted. */
  deleted(name: string, uid: string): void {
    this.#remember(uid);
    const own = this.#own.get(name);
    if (own !== undefined && this.#isGone(own)) this.#own.delete(name);
  }

  #isGone({ metadata: { uid } }: VirtualIP): boolean {
    return uid !== undefined && this.#gone.has(uid);
  }

  #remember(uid: string): void {
    this.#gone.add(uid);
    for (const oldest of this.#gone) {
      if (this.#gone.size <= REMEMBERED_DELETIONS) break;
      this.#gone.delete(oldest);
    }
  }
}

/** Whether `a` is a later version than `b`. Versions of one kind are numbers that grow (KEP-5504). */
export function isNewer(a: KubeObject, b: KubeObject): boolean {
  const [left = "", right = ""] = [a.metadata.resourceVersion, b.metadata.resourceVersion];
  return left.length === right.length ? left > right : left.length > right.length;
}
