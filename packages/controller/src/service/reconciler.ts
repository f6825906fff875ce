import type { Condition } from "@fairlead/api/condition.ts";
import { type Service, services } from "@fairlead/api/core/service.ts";
import { virtualIPName } from "@fairlead/api/virtual-ip-name.ts";
import type { ApiClient } from "@fairlead/kube/client.ts";
import { hasStatus } from "@fairlead/kube/transport.ts";
import type { IpAddress } from "@fairlead/net/address.ts";
import { type Decision, decide } from "../allocation/allocate.ts";
import type { ServiceKey } from "../allocation/holdings.ts";
import { type AddressRequest, readRequest } from "../allocation/request.ts";
import type { Cluster } from "../cluster/cluster.ts";
import { unannounced } from "../cluster/object-facts.ts";
import type { ControllerMetrics } from "../metrics.ts";
import { isOurs, type OwnershipOptions } from "./ownership.ts";
import type { Records } from "./records.ts";
import { ALLOCATED, carriesOurs, conditionOf } from "./status.ts";
import type { Telling } from "./telling.ts";
import { WaitingList } from "./waiting-list.ts";

export interface ServiceReconcilerDependencies {
  readonly client: ApiClient;
  readonly cluster: Cluster;
  readonly records: Records;
  readonly telling: Telling;
  readonly metrics: ControllerMetrics;
  readonly ownership: OwnershipOptions;
  /** Has a Service looked at. */
  readonly enqueue: (service: ServiceKey) => void;
}

/** How often in a row an address may turn out to be somebody else's before the Service has to wait its turn again. */
const ATTEMPTS = 5;

/**
 * Brings a Service's addresses into line: decides, secures what is new by creating its VirtualIP, tells it in the Service's
 * status, and only then lets go of what is no longer wanted.
 */
export class ServiceReconciler {
  readonly #deps: ServiceReconcilerDependencies;
  readonly waiting = new WaitingList();
  #freed: IpAddress[] = [];
  #everythingChanged = false;

  constructor(dependencies: ServiceReconcilerDependencies) {
    this.#deps = dependencies;
  }

  /** An address has become free: those who wait for it come before those who come now. */
  freed(address: IpAddress): void {
    if (this.waiting.size > 0) this.#freed.push(address);
  }

  /** What may be had has changed for everybody. */
  offersChanged(): void {
    this.#everythingChanged = true;
  }

  /** Leadership is lost: what was planned and not secured is void. */
  forget(): void {
    this.waiting.clear();
    this.#freed = [];
    this.#everythingChanged = false;
    this.#deps.cluster.ledger.cancelAll();
  }

  async reconcile(key: ServiceKey, signal: AbortSignal): Promise<void> {
    this.serveWaiting();
    const { cluster, records, telling } = this.#deps;
    const service = cluster.ourService(key);
    if (service === undefined) return await this.#release(key, signal);
    const request = readRequest(service);
    const decision = await this.#secure(request, signal);
    this.#note(service, request, decision);
    await telling.tell(service, decision, this.#unannounced(key), signal);
    for (const { address } of decision.release) await records.letGo(key, address, signal);
  }

  /** Holds what has become free for those who wait for it, in the order of their waiting. */
  serveWaiting(): void {
    const { pools, ledger } = this.#deps.cluster;
    const freed = this.#freed;
    this.#freed = [];
    if (this.#everythingChanged) {
      this.#everythingChanged = false;
      for (const key of this.waiting.inOrder()) this.#serve(key);
      return;
    }
    for (const address of freed) {
      const names = pools.containing(address).map(({ name }) => name);
      for (const key of this.waiting.inOrderFor(address, names)) {
        if (!ledger.isFree(address)) break;
        this.#serve(key);
      }
    }
  }

  #serve(key: ServiceKey): void {
    const { cluster, enqueue } = this.#deps;
    const service = cluster.ourService(key);
    if (service === undefined) {
      this.waiting.remove(key);
      return;
    }
    const decision = this.#decide(readRequest(service));
    for (const { address, pool } of decision.take) cluster.ledger.reserve(address, pool, key);
    if (decision.take.length > 0) this.waiting.remove(key);
    const told = conditionOf(service, ALLOCATED);
    if (decision.take.length > 0 || told?.message !== decision.outcome.message) enqueue(key);
  }

  #decide(request: AddressRequest): Decision {
    const { cluster } = this.#deps;
    const { pools, ledger } = cluster;
    return decide(request, { pools, ledger, namespaceLabels: cluster.namespaceLabels(request.namespace) });
  }

  /** Decides until everything decided upon is secured. Nothing is awaited between a decision and its reservations. */
  async #secure(request: AddressRequest, signal: AbortSignal): Promise<Decision> {
    const { cluster, records } = this.#deps;
    for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
      const decision = this.#decide(request);
      const unrecorded = decision.keep.flatMap(({ address, pool, hold }) =>
        hold === "Recorded" || pool === undefined ? [] : [{ address, pool }],
      );
      const grants = [...decision.take, ...unrecorded];
      for (const { address, pool } of grants) cluster.ledger.reserve(address, pool, request.service);
      if (grants.length === 0 || (await records.secure(request.service, grants, signal))) return decision;
    }
    throw new Error(
      `addresses chosen for ${request.service} were taken by others ${ATTEMPTS} times in a row`,
    );
  }

  #note(service: Service, request: AddressRequest, { waiting, outcome }: Decision): void {
    this.#deps.metrics.decided(outcome.reason);
    if (!waiting) {
      this.waiting.remove(request.service);
      return;
    }
    const told = conditionOf(service, ALLOCATED);
    const since = told?.status === "False" ? told.lastTransitionTime : service.metadata.creationTimestamp;
    this.waiting.add(request, since ?? "");
  }

  /** What the VirtualIPs of the Service say about why nobody answers for them. */
  #unannounced(key: ServiceKey): readonly Condition[] {
    const { ledger, virtualIPs } = this.#deps.cluster;
    return ledger.holdings(key).flatMap(({ address }) => {
      const object = virtualIPs.get(virtualIPName(address));
      return (object && unannounced(object)) ?? [];
    });
  }

  /** The Service wants nothing of us, or is gone. */
  async #release(key: ServiceKey, signal: AbortSignal): Promise<void> {
    const { cluster, records, telling } = this.#deps;
    this.waiting.remove(key);
    telling.forget(key);
    const holdings = cluster.ledger.holdings(key);
    const service = cluster.services.get(key);
    const marked = service !== undefined && carriesOurs(service);
    if (holdings.length === 0 && !marked) return;
    if (!cluster.hasDeparted(key) && (await this.#stillWants(key, signal))) return;
    if (service !== undefined && marked) {
      const addresses = holdings.map(({ address }) => address.text).join(" and ");
      const note = addresses === "" ? "It asks for no address any more." : `Released ${addresses}.`;
      await this.#clear(service, note, signal);
    }
    for (const { address } of holdings) await records.letGo(key, address, signal);
  }

  /**
   * Asks the API server itself: watches of two kinds are not in step, and a Service that was not seen yet, or not in its newest
   * version, must not lose its address.
   */
  async #stillWants(key: ServiceKey, signal: AbortSignal): Promise<boolean> {
    const [namespace = "", name = ""] = key.split("/");
    try {
      return isOurs(await this.#deps.client.get(services, { namespace, name }, signal), this.#deps.ownership);
    } catch (error) {
      if (hasStatus(error, 404)) return false;
      throw error;
    }
  }

  async #clear(service: Service, note: string, signal: AbortSignal): Promise<void> {
    try {
      await this.#deps.telling.clear(service, note, signal);
    } catch (error) {
      if (!hasStatus(error, 404)) throw error;
    }
  }
}
