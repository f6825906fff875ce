import type { Service } from "@fairlead/api/core/service.ts";
import { keyOf } from "@fairlead/kube/store.ts";
import type { Clock } from "@fairlead/runtime/clock.ts";
import { type Decision, decide } from "../allocation/allocate.ts";
import { SHARING_OBJECTION } from "../allocation/current.ts";
import type { ServiceKey } from "../allocation/holdings.ts";
import type { Pool } from "../allocation/pool.ts";
import type { AddressRequest } from "../allocation/request.ts";
import type { Cluster } from "../cluster/cluster.ts";
import { MANAGER } from "../manager.ts";
import { readUncontested } from "./contested.ts";
import { Patience } from "./patience.ts";
import { ALLOCATED, conditionOf } from "./status.ts";

export interface DecidingDependencies {
  readonly cluster: Cluster;
  readonly clock: Clock;
  /** How long something must speak against an address before that is acted upon, in ms. */
  readonly graceMs: number;
}

/** Has allocation decide upon a Service as things are now, and knows since when something speaks against what it has. */
export class Deciding {
  readonly #cluster: Cluster;
  readonly #clock: Clock;
  readonly #patience: Patience;

  constructor({ cluster, clock, graceMs }: DecidingDependencies) {
    this.#cluster = cluster;
    this.#clock = clock;
    this.#patience = new Patience(clock, graceMs);
  }

  /** What the Service asks for. */
  read(service: Service): AddressRequest {
    return readUncontested(service, this.#cluster.ledger.holdings(keyOf(service)), MANAGER);
  }

  /** Whether enough is known to decide upon Services of the namespace: it may be seen later than they are, and its labels admit them. */
  isReady(namespace: string): boolean {
    const { pools } = this.#cluster;
    return this.#cluster.knowsNamespace(namespace) || !pools.ordered.some(asksForLabels);
  }

  /** What is to become of the Service's addresses. */
  decide(request: AddressRequest): Decision {
    const { pools, ledger } = this.#cluster;
    const namespaceLabels = this.#cluster.namespaceLabels(request.namespace);
    const { service: key } = request;
    const isRipe = (objection: string): boolean =>
      this.#patience.isRipe(key, objection) || this.#isToldAlready(key, objection);
    const nowMs = this.#clock.wall().getTime();
    return decide(request, { pools, ledger, namespaceLabels, nowMs, isRipe });
  }

  /** The decision is carried out. See {@link Patience.note}. */
  note(key: ServiceKey, { objections }: Decision, judgedMs: number): number | undefined {
    return this.#patience.note(key, objections, judgedMs);
  }

  /** The Service asks for nothing any more. */
  forget(key: ServiceKey): void {
    this.#patience.note(key, []);
  }

  /** Nothing has spoken against anything for any time. */
  clear(): void {
    this.#patience.clear();
  }

  /** An earlier leader has waited with it, and found nothing else for the Service. */
  #isToldAlready(key: ServiceKey, objection: string): boolean {
    const service = this.#cluster.services.ours(key);
    const told = service && conditionOf(service, ALLOCATED);
    return told?.reason === "SharingConflict" && objection.startsWith(SHARING_OBJECTION);
  }
}

function asksForLabels({ serviceAllocation }: Pool): boolean {
  return (serviceAllocation?.namespaceSelectors ?? []).length > 0;
}
