import type { IpAddress } from "@fairlead/net/address.ts";
import { words6 } from "./address-key.ts";

interface Slot<T> {
  readonly w0: number;
  readonly w1: number;
  readonly w2: number;
  readonly w3: number;
  value: T;
}

/** A map from IPv6 addresses whose lookup takes four words and allocates nothing. */
export class AddressMap6<T> {
  readonly #buckets = new Map<number, Slot<T>[]>();
  #size = 0;

  get size(): number {
    return this.#size;
  }

  /** The value of the address with these four words (see {@link words6}), or undefined. */
  get(w0: number, w1: number, w2: number, w3: number): T | undefined {
    const bucket = this.#buckets.get(hash(w0, w1, w2, w3));
    if (bucket === undefined) return undefined;
    for (let i = 0; i < bucket.length; i++) {
      const slot = bucket[i];
      if (slot !== undefined && slot.w3 === w3 && slot.w2 === w2 && slot.w1 === w1 && slot.w0 === w0)
        return slot.value;
    }
    return undefined;
  }

  set(address: IpAddress, value: T): void {
    const [w0, w1, w2, w3] = words6(address);
    const key = hash(w0, w1, w2, w3);
    const bucket = this.#buckets.get(key) ?? [];
    const slot = bucket.find((other) => isSlot(other, w0, w1, w2, w3));
    if (slot !== undefined) {
      slot.value = value;
      return;
    }
    bucket.push({ w0, w1, w2, w3, value });
    this.#buckets.set(key, bucket);
    this.#size++;
  }

  delete(address: IpAddress): void {
    const [w0, w1, w2, w3] = words6(address);
    const key = hash(w0, w1, w2, w3);
    const bucket = this.#buckets.get(key) ?? [];
    const rest = bucket.filter((other) => !isSlot(other, w0, w1, w2, w3));
    this.#size -= bucket.length - rest.length;
    if (rest.length === 0) this.#buckets.delete(key);
    else this.#buckets.set(key, rest);
  }

  *values(): IterableIterator<T> {
    for (const bucket of this.#buckets.values()) for (const slot of bucket) yield slot.value;
  }
}

function isSlot<T>(slot: Slot<T>, w0: number, w1: number, w2: number, w3: number): boolean {
  return slot.w0 === w0 && slot.w1 === w1 && slot.w2 === w2 && slot.w3 === w3;
}

/** Addresses of one pool differ in their low words; the multipliers spread those over the key space. */
function hash(w0: number, w1: number, w2: number, w3: number): number {
  return (Math.imul(w0, 31) ^ Math.imul(w1, 0x9e3779b1) ^ Math.imul(w2, 0x85ebca6b) ^ w3) | 0;
}
