import type { Condition } from "@fairlead/api/condition.ts";
import { type Service, services } from "@fairlead/api/core/service.ts";
import type { ApiClient } from "@fairlead/kube/client.ts";
import type { EventRecorder } from "@fairlead/kube/events.ts";
import { keyOf } from "@fairlead/kube/store.ts";
import type { Clock } from "@fairlead/runtime/clock.ts";
import type { Log } from "@fairlead/runtime/log.ts";
import type { Decision } from "../allocation/allocate.ts";
import { rfc3339 } from "../rfc3339.ts";
import {
  ALLOCATED,
  ANNOUNCED,
  conditionOf,
  desiredStatus,
  isTold,
  type ServiceStatus,
  sameCondition,
  sameIngress,
} from "./status.ts";

/** Writes the status of Services, and an Event for each change of it. */
export class Telling {
  readonly #client: ApiClient;
  readonly #events: Pick<EventRecorder, "record">;
  readonly #clock: Clock;
  readonly #log: Log;
  /** What was written on which version of a Service, until the watch brings a later version. */
  readonly #written = new Map<string, { readonly on: string | undefined; readonly service: Service }>();

  constructor(dependencies: {
    readonly client: ApiClient;
    readonly events: Pick<EventRecorder, "record">;
    readonly clock: Clock;
    readonly log: Log;
  }) {
    this.#client = dependencies.client;
    this.#events = dependencies.events;
    this.#clock = dependencies.clock;
    this.#log = dependencies.log;
  }

  /** Tells a decision on the Service, unless its status says it already. */
  async tell(
    read: Service,
    decision: Decision,
    unannounced: readonly Condition[],
    signal: AbortSignal,
  ): Promise<void> {
    const service = this.#newest(read);
    const desired = desiredStatus(service, decision, unannounced, rfc3339(this.#clock.wall()));
    if (isTold(service, desired)) return;
    const { namespace = "", name } = service.metadata;
    const status = {
      ...(desired.ingress !== undefined && shownOrWanted(service, desired.ingress)),
      conditions: desired.conditions,
    };
    const written = await this.#client.apply(
      services,
      { metadata: { namespace, name }, status },
      { subresource: "status", force: true, signal },
    );
    this.#written.set(keyOf(read), { on: read.metadata.resourceVersion, service: written });
    this.#announce(service, desired);
  }

  /** Takes away everything that we wrote. */
  async clear(service: Service, note: string, signal: AbortSignal): Promise<void> {
    const { namespace = "", name } = service.metadata;
    const object = { metadata: { namespace, name }, status: {} };
    await this.#client.apply(services, object, { subresource: "status", force: true, signal });
    this.forget(keyOf(service));
    this.#log.info("addresses released", { service: keyOf(service), note });
    this.#events.record({ regarding: service, type: "Normal", reason: "Released", action: "Release", note });
  }

  /** The Service is gone. */
  forget(key: string): void {
    this.#written.delete(key);
  }

  #newest(read: Service): Service {
    const key = keyOf(read);
    const written = this.#written.get(key);
    if (written === undefined) return read;
    if (written.on === read.metadata.resourceVersion)
      return { ...read, ...(written.service.status && { status: written.service.status }) };
    this.#written.delete(key);
    return read;
  }

  #announce(before: Service, { ingress, conditions }: ServiceStatus): void {
    const allocated = conditions.find(({ type }) => type === ALLOCATED);
    const announced = conditions.find(({ type }) => type === ANNOUNCED);
    const moved = ingress !== undefined && !sameIngress(before.status?.loadBalancer?.ingress ?? [], ingress);
    const service = keyOf(before);
    if (allocated !== undefined && (moved || !sameCondition(conditionOf(before, ALLOCATED), allocated))) {
      const { status, reason, message } = allocated;
      const addresses = (ingress ?? []).flatMap(({ ip }) => ip ?? []);
      this.#log.info(status === "True" ? "addresses allocated" : "addresses not allocated", {
        service,
        addresses,
        reason,
      });
      const type = status === "True" && reason === "Allocated" ? "Normal" : "Warning";
      this.#events.record({ regarding: before, type, reason, action: "Allocate", note: message });
    }
    if (announced !== undefined && !sameCondition(conditionOf(before, ANNOUNCED), announced)) {
      const { reason, message } = announced;
      this.#log.info("address not announced", { service, reason });
      this.#events.record({ regarding: before, type: "Warning", reason, action: "Announce", note: message });
    }
  }
}

/** An empty list is stated only where there is something to take away. */
function shownOrWanted(
  service: Service,
  ingress: NonNullable<ServiceStatus["ingress"]>,
): Pick<NonNullable<Service["status"]>, "loadBalancer"> {
  const shown = service.status?.loadBalancer?.ingress ?? [];
  return ingress.length > 0 || shown.length > 0 ? { loadBalancer: { ingress } } : {};
}
