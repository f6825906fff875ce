import type { Family, IpAddress } from "@fairlead/net/address.ts";
import { namespaceOf, type ServiceKey, type Standing } from "../allocation/holdings.ts";
import type { AddressRequest } from "../allocation/request.ts";

interface Waiting {
  readonly since: string;
  readonly request: AddressRequest;
  /** The families of which others' addresses might help it. */
  readonly lacks: readonly Family[];
}

/** The Services that ask for something they cannot have now, those that wait longest first. */
export class WaitingList {
  readonly #waiting = new Map<ServiceKey, Waiting>();
  /** Those who ask for one address, by its text. */
  readonly #asking = new Map<string, Set<ServiceKey>>();
  /** Those who would share one, by their key. */
  readonly #sharing = new Map<string, Set<ServiceKey>>();
  #order: readonly ServiceKey[] | undefined;

  get size(): number {
    return this.#waiting.size;
  }

  /**
   * @param since RFC 3339
   * @param lacks the families of which an address that others let go of might help it
   */
  add(request: AddressRequest, since: string, lacks: readonly Family[]): void {
    const { service } = request;
    const before = this.#waiting.get(service);
    if (before?.since !== since) this.#order = undefined;
    if (before !== undefined) this.#unlist(before.request);
    this.#waiting.set(service, { since, request, lacks });
    for (const { value } of request.addresses) list(this.#asking, value.text, service);
    if (request.sharing !== undefined) list(this.#sharing, request.sharing.key, service);
  }

  remove(service: ServiceKey): void {
    const before = this.#waiting.get(service);
    if (before === undefined) return;
    this.#unlist(before.request);
    this.#waiting.delete(service);
  }

  clear(): void {
    this.#waiting.clear();
    this.#asking.clear();
    this.#sharing.clear();
    this.#order = undefined;
  }

  /** All, longest waiting first; may be changed meanwhile. */
  *inOrder(): IterableIterator<ServiceKey> {
    this.#order ??= this.#sorted(this.#waiting.keys());
    for (const service of this.#order) {
      if (this.#waiting.has(service)) yield service;
    }
  }

  /** Those of a namespace, longest waiting first; may be changed meanwhile. */
  *inOrderOf(namespace: string): IterableIterator<ServiceKey> {
    for (const service of this.inOrder()) if (namespaceOf(service) === namespace) yield service;
  }

  /**
   * Those for whom this address might do, longest waiting first; may be changed meanwhile.
   *
   * @param standing one that is held or reserved concerns only those who ask for it, who might share it, or for whom it is kept: that
   *   one whatever it lacks
   * @param pools names of the pools that have it
   * @param keys sharing keys under which it is held
   */
  *inOrderFor(
    address: IpAddress,
    standing: Standing,
    pools: readonly string[],
    keys: readonly string[],
  ): IterableIterator<ServiceKey> {
    const open = standing.kind === "Free" || (standing.kind === "Kept" && standing.released);
    const kept = standing.kind === "Kept" ? standing : undefined;
    const all = kept?.terms === undefined ? keys : [...keys, kept.terms.key];
    const claimant = kept?.claim === undefined ? [] : [kept.claim];
    const few = [this.#asking.get(address.text), claimant, ...all.map((key) => this.#sharing.get(key))];
    const some = (): readonly ServiceKey[] => this.#sorted(new Set(few.flatMap((set) => [...(set ?? [])])));
    for (const service of open ? this.inOrder() : some()) {
      const waiting = this.#waiting.get(service);
      if (waiting === undefined) continue;
      const { request, lacks } = waiting;
      const families = service === kept?.claim ? request.families : lacks;
      if (families.includes(address.family) && mightUse(request, address, pools)) yield service;
    }
  }

  #sorted(services: Iterable<ServiceKey>): readonly ServiceKey[] {
    return [...services]
      .map((service) => ({ service, since: this.#waiting.get(service)?.since ?? "" }))
      .sort((a, b) => (a.since !== b.since ? (a.since < b.since ? -1 : 1) : a.service < b.service ? -1 : 1))
      .map(({ service }) => service);
  }

  #unlist({ service, addresses, sharing }: AddressRequest): void {
    for (const { value } of addresses) unlist(this.#asking, value.text, service);
    if (sharing !== undefined) unlist(this.#sharing, sharing.key, service);
  }
}

function mightUse(request: AddressRequest, address: IpAddress, pools: readonly string[]): boolean {
  const asked = request.addresses.filter(({ value }) => value.family === address.family);
  if (asked.length > 0) return asked.some(({ value }) => value.text === address.text);
  return request.pool === undefined || pools.includes(request.pool.value);
}

function list(map: Map<string, Set<ServiceKey>>, key: string, service: ServiceKey): void {
  const services = map.get(key);
  if (services === undefined) map.set(key, new Set([service]));
  else services.add(service);
}

function unlist(map: Map<string, Set<ServiceKey>>, key: string, service: ServiceKey): void {
  const services = map.get(key);
  services?.delete(service);
  if (services?.size === 0) map.delete(key);
}
