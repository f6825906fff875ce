import type { Family, IpAddress } from "@fairlead/net/address.ts";
import { key4 } from "./address-key.ts";
import { AddressMap6 } from "./address-map6.ts";

/**
 * The addresses of one segment of which is to be told which MAC has them, whether they are answered for here or not. Lookups
 * take numbers and allocate nothing.
 */
export class WatchedAddresses {
  /** By the address as a signed 32-bit integer. */
  readonly v4 = new Map<number, IpAddress>();
  /** By the four words of the address. */
  readonly v6 = new AddressMap6<IpAddress>();
  readonly #byText = new Map<string, IpAddress>();

  size(family: Family): number {
    return family === "IPv4" ? this.v4.size : this.v6.size;
  }

  /** @returns those that were not watched before */
  add(addresses: Iterable<IpAddress>): readonly IpAddress[] {
    const added: IpAddress[] = [];
    for (const address of addresses) {
      if (this.#byText.has(address.text)) continue;
      this.#byText.set(address.text, address);
      if (address.family === "IPv4") this.v4.set(key4(address), address);
      else this.v6.set(address, address);
      added.push(address);
    }
    return added;
  }

  /** @returns those that were watched before */
  remove(addresses: Iterable<IpAddress>): readonly IpAddress[] {
    const removed: IpAddress[] = [];
    for (const address of addresses) {
      if (!this.#byText.delete(address.text)) continue;
      if (address.family === "IPv4") this.v4.delete(key4(address));
      else this.v6.delete(address);
      removed.push(address);
    }
    return removed;
  }

  /** Those that are watched and not among these. */
  without(addresses: Iterable<IpAddress>): readonly IpAddress[] {
    const kept = new Set<string>();
    for (const { text } of addresses) kept.add(text);
    return [...this.#byText.values()].filter(({ text }) => !kept.has(text));
  }
}
