import type { Service } from "@fairlead/api/core/service.ts";
import { type Change, keyOf, type ReadStore } from "@fairlead/kube/store.ts";
import type { ServiceKey } from "../allocation/holdings.ts";
import type { Ledger } from "../allocation/ledger.ts";
import { readTerms } from "../allocation/request.ts";
import { isOurs, type OwnershipOptions, wantsAddresses } from "../service/ownership.ts";
import { carriesOurs } from "../service/status.ts";
import { ingressAddresses } from "./object-facts.ts";
import { isNewer } from "./virtual-ip-view.ts";

export interface ServiceViewOptions {
  readonly store: ReadStore<Service>;
  /** Told what the Services ask for and show. */
  readonly ledger: Ledger;
  readonly ownership: OwnershipOptions;
}

/** The Services as last read, with what was last written here of their status, and which of them are ours. */
export class ServiceView {
  readonly #store: ReadStore<Service>;
  readonly #ledger: Ledger;
  readonly #ownership: OwnershipOptions;
  /** Services whose deletion was seen and that still hold something. */
  readonly #departed = new Set<ServiceKey>();
  /** What this process last wrote of a Service, until the watch brings it or something newer. */
  readonly #wrote = new Map<ServiceKey, Service>();

  constructor({ store, ledger, ownership }: ServiceViewOptions) {
    this.#store = store;
    this.#ledger = ledger;
    this.#ownership = ownership;
  }

  get(key: ServiceKey): Service | undefined {
    const read = this.#store.get(key);
    const status = this.#wrote.get(key)?.status;
    return read && status ? { ...read, status } : read;
  }

  /** All, as last read. */
  values(): IterableIterator<Service> {
    return this.#store.values();
  }

  /** The Service if it wants addresses of us. */
  ours(key: ServiceKey): Service | undefined {
    const service = this.get(key);
    return service !== undefined && isOurs(service, this.#ownership) ? service : undefined;
  }

  /** Keys of the Services that want addresses of us. */
  *keysOfOurs(): IterableIterator<ServiceKey> {
    for (const service of this.#store.values()) {
      if (isOurs(service, this.#ownership)) yield keyOf(service);
    }
  }

  /**
   * The Service if it may hold addresses: it wants some of us, or was served before our class was changed and shows what it
   * had. That one is left as it is.
   */
  holder(key: ServiceKey): Service | undefined {
    const service = this.get(key);
    if (service === undefined || isOurs(service, this.#ownership)) return service;
    const shows = (service.status?.loadBalancer?.ingress ?? []).length > 0;
    return wantsAddresses(service) && carriesOurs(service) && shows ? service : undefined;
  }

  /** Whether the Service was seen to be deleted, so that its absence is no mere lateness of the watch. */
  hasDeparted(key: ServiceKey): boolean {
    return this.#departed.has(key);
  }

  /** The watch brought this state, or took the Service away. */
  read({ key, current }: Change<Service>): void {
    const wrote = this.#wrote.get(key);
    if (wrote !== undefined && (current === undefined || !isNewer(wrote, current))) this.#wrote.delete(key);
    this.#tell(key, current && { ...current, status: (this.#wrote.get(key) ?? current).status ?? {} });
    if (current !== undefined) this.#departed.delete(key);
    else if (this.#ledger.holdings(key).length > 0) this.#departed.add(key);
  }

  /** The API server answered a write of a Service's status with this: what older states that are still on their way show is past. */
  wrote(service: Service): void {
    const key = keyOf(service);
    const read = this.#store.get(key);
    if (read === undefined || isNewer(read, service)) return;
    this.#wrote.set(key, service);
    this.#tell(key, service);
  }

  /** A record of these has changed: of those that hold nothing any more it is of no use to know that they were deleted. */
  forgetDeparted(keys: readonly ServiceKey[]): void {
    for (const key of keys) {
      if (this.#ledger.holdings(key).length === 0) this.#departed.delete(key);
    }
  }

  /** What the Service's status shows is held by it, or, if it is not ours, not handed out. */
  #tell(key: ServiceKey, service: Service | undefined): void {
    const ours = service !== undefined && isOurs(service, this.#ownership);
    const shown = service === undefined ? [] : ingressAddresses(service);
    this.#ledger.setTerms(key, ours ? readTerms(service) : undefined);
    this.#ledger.tell(key, ours ? shown : [], service?.metadata.creationTimestamp ?? "");
    const foreign = !ours && service?.spec.type === "LoadBalancer" ? shown : [];
    const what = `shown in the status of Service ${key}, which is not Fairlead's`;
    this.#ledger.setOutside(
      key,
      foreign.map((address) => ({ address, what })),
    );
  }
}
