import { type Mac, macToBytes } from "@fairlead/net/mac.ts";

/**
 * A set of MACs that is asked with the bytes of a frame. The two halves of 24 bits are kept apart: V8 leaves such numbers
 * unboxed, so that a lookup on the packet path allocates nothing.
 */
export class MacSet {
  readonly #byHigh = new Map<number, Set<number>>();

  /** Holds these and no others from now on. */
  assign(macs: Iterable<Mac>): void {
    this.#byHigh.clear();
    for (const mac of macs) {
      const bytes = macToBytes(mac);
      const low = this.#byHigh.get(u24(bytes, 0));
      if (low === undefined) this.#byHigh.set(u24(bytes, 0), new Set([u24(bytes, 3)]));
      else low.add(u24(bytes, 3));
    }
  }

  /** Whether the MAC at `offset` is one of them. */
  hasAt(bytes: Uint8Array, offset: number): boolean {
    return this.#byHigh.get(u24(bytes, offset))?.has(u24(bytes, offset + 3)) ?? false;
  }
}

function u24(bytes: Uint8Array, offset: number): number {
  return ((bytes[offset] ?? 0) << 16) | ((bytes[offset + 1] ?? 0) << 8) | (bytes[offset + 2] ?? 0);
}
