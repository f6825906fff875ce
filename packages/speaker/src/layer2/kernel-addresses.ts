import type { IpAddress } from "@fairlead/net/address.ts";
import { key4 } from "../announcements/address-key.ts";
import { AddressMap6 } from "../announcements/address-map6.ts";

/** The addresses that this node's kernel has, on whichever interface. Lookups allocate nothing. */
export class KernelAddresses {
  readonly #v4 = new Set<number>();
  #v6 = new AddressMap6<IpAddress>();

  /** @param key the address as a signed 32-bit integer */
  has4(key: number): boolean {
    return this.#v4.has(key);
  }

  has6(w0: number, w1: number, w2: number, w3: number): boolean {
    return this.#v6.get(w0, w1, w2, w3) !== undefined;
  }

  /** Takes these in the place of those before. */
  assign(addresses: Iterable<IpAddress>): void {
    this.#v4.clear();
    this.#v6 = new AddressMap6();
    for (const address of addresses)
      if (address.family === "IPv4") this.#v4.add(key4(address));
      else this.#v6.set(address, address);
  }
}
