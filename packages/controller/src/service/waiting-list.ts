import type { IpAddress } from "@fairlead/net/address.ts";
import { compareAddresses } from "@fairlead/net/address.ts";
import type { ServiceKey } from "../allocation/holdings.ts";
import type { AddressRequest } from "../allocation/request.ts";

interface Waiting {
  readonly since: string;
  readonly request: AddressRequest;
}

/** The Services that ask for something they cannot have now, those that wait longest first. */
export class WaitingList {
  readonly #waiting = new Map<ServiceKey, Waiting>();
  #order: readonly ServiceKey[] | undefined;

  get size(): number {
    return this.#waiting.size;
  }

  /** @param since RFC 3339 */
  add(request: AddressRequest, since: string): void {
    if (this.#waiting.get(request.service)?.since !== since) this.#order = undefined;
    this.#waiting.set(request.service, { since, request });
  }

  remove(service: ServiceKey): void {
    this.#waiting.delete(service);
  }

  clear(): void {
    this.#waiting.clear();
    this.#order = undefined;
  }

  /** All, longest waiting first; may be changed meanwhile. */
  *inOrder(): IterableIterator<ServiceKey> {
    this.#order ??= [...this.#waiting]
      .sort(([a, { since: left }], [b, { since: right }]) =>
        left !== right ? (left < right ? -1 : 1) : a < b ? -1 : 1,
      )
      .map(([service]) => service);
    for (const service of this.#order) {
      if (this.#waiting.has(service)) yield service;
    }
  }

  /** Those for whom this address might do. @param pools names of the pools that have it */
  *inOrderFor(address: IpAddress, pools: readonly string[]): IterableIterator<ServiceKey> {
    for (const service of this.inOrder()) {
      const request = this.#waiting.get(service)?.request;
      if (request !== undefined && mightUse(request, address, pools)) yield service;
    }
  }
}

function mightUse(request: AddressRequest, address: IpAddress, pools: readonly string[]): boolean {
  if (!request.families.includes(address.family)) return false;
  const asked = request.addresses.filter(({ value }) => value.family === address.family);
  if (asked.length > 0) return asked.some(({ value }) => compareAddresses(value, address) === 0);
  return request.pool === undefined || pools.includes(request.pool.value);
}
