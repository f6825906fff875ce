import type { Service } from "@fairlead/api/core/service.ts";
import { API_VERSION } from "@fairlead/api/group.ts";
import type { VirtualIP } from "@fairlead/api/virtual-ip.ts";
import type { ApiClient } from "@fairlead/kube/client.ts";
import type { EventRecorder } from "@fairlead/kube/events.ts";
import { keyOf } from "@fairlead/kube/store.ts";
import type { IpAddress } from "@fairlead/net/address.ts";
import type { Clock } from "@fairlead/runtime/clock.ts";
import type { Log } from "@fairlead/runtime/log.ts";
import { rfc3339 } from "@fairlead/runtime/rfc3339.ts";
import type { Again } from "../again.ts";
import type { Decision } from "../allocation/allocate.ts";
import { sentence } from "../allocation/outcome.ts";
import type { Cluster } from "../cluster/cluster.ts";
import { Rewording } from "./rewording.ts";
import {
  ALLOCATED,
  ANNOUNCED,
  CONTESTED,
  conditionOf,
  desiredStatus,
  isTold,
  type SaidOfAddresses,
  type ServiceStatus,
  sameCondition,
  sameIngress,
  sameReason,
  saysInOtherWords,
} from "./status.ts";
import { applyStatus } from "./status-write.ts";
import { writersOfIngress } from "./writers.ts";

/** Writes the status of Services, and an Event for each change of it. */
export class Telling {
  readonly #client: ApiClient;
  readonly #events: Pick<EventRecorder, "record">;
  readonly #clock: Clock;
  readonly #log: Log;
  readonly #cluster: Pick<Cluster, "services">;
  readonly #rewording: Rewording;

  constructor(dependencies: {
    readonly client: ApiClient;
    readonly events: Pick<EventRecorder, "record">;
    readonly clock: Clock;
    readonly log: Log;
    readonly cluster: Pick<Cluster, "services">;
  }) {
    this.#cluster = dependencies.cluster;
    this.#client = dependencies.client;
    this.#events = dependencies.events;
    this.#clock = dependencies.clock;
    this.#log = dependencies.log;
    this.#rewording = new Rewording(dependencies.clock);
  }

  /**
   * Tells a decision on the Service, unless its status says it already; mere other words for why it waits are put off. Rejects
   * with 409 if since the Service was read another program has begun to write the addresses, or it has been made again.
   *
   * @returns when it is to be told, if not now
   */
  async tell(
    service: Service,
    decision: Decision,
    said: SaidOfAddresses,
    signal: AbortSignal,
  ): Promise<Again> {
    const desired = desiredStatus(service, decision, said, rfc3339(this.#clock.wall()));
    if (isTold(service, desired)) return undefined;
    const dueMs = saysInOtherWords(service, desired) ? this.#rewording.dueMs(service) : 0;
    if (dueMs > 0) return { requeueAfterMs: dueMs };
    const status = {
      ...(desired.ingress !== undefined && shownOrWanted(service, desired.ingress)),
      conditions: desired.conditions,
    };
    const force = writersOfIngress(service).length > 0;
    this.#cluster.services.wrote(await applyStatus(this.#client, service, status, { force, signal }));
    this.#rewording.told(service);
    this.#announce(service, desired, decision.release);
    return undefined;
  }

  /** Takes away everything that we wrote. */
  async clear(service: Service, note: string, signal: AbortSignal): Promise<void> {
    const written = await applyStatus(this.#client, service, {}, { force: true, signal });
    this.#cluster.services.wrote(written);
    this.#log.info("addresses released", { service: keyOf(service), note });
    this.#events.record({ regarding: service, type: "Normal", reason: "Released", action: "Release", note });
  }

  /** The Service's status shows addresses that others have: the record decided. */
  corrected(
    service: Service,
    { address, holders }: { readonly address: IpAddress; readonly holders: readonly string[] },
  ): void {
    const by = holders.length === 0 ? "is kept for another Service" : `is held by ${holders.join(", ")}`;
    const note = `Its status showed ${address.text}, which ${by} according to its VirtualIP; the record decides.`;
    this.#log.warn("status corrected", { service: keyOf(service), vip: address.text, holders });
    this.#events.record({
      regarding: service,
      type: "Warning",
      reason: "StatusCorrected",
      action: "Allocate",
      note,
    });
  }

  /** A record that named others was given back to the Service whose status shows the address. */
  repaired(service: Service, record: VirtualIP): void {
    const { address } = record.spec;
    const key = keyOf(service);
    this.#repair(
      service,
      record,
      `The VirtualIP of ${address} did not name Service ${key}, whose status shows the address, and no Service that it named shows it; it names ${key} again.`,
    );
  }

  /** A record that was not there was made for the Service whose status shows the address. */
  madeAgain(service: Service, record: VirtualIP): void {
    const { address } = record.spec;
    const key = keyOf(service);
    this.#repair(
      service,
      record,
      `${address} had no VirtualIP that names Service ${key}, whose status shows the address; now it has.`,
    );
  }

  /** An address that another program gave, or an earlier installation, is now on record. */
  adopted(service: Service, { spec: { address, pool } }: VirtualIP): void {
    const note = `Its status showed ${address} before Fairlead gave it anything; it keeps the address, from now on as one of pool "${pool}".`;
    this.#log.info("address adopted", { service: keyOf(service), vip: address, pool });
    this.#events.record({ regarding: service, type: "Normal", reason: "Adopted", action: "Allocate", note });
  }

  #repair(service: Service, record: VirtualIP, note: string): void {
    this.#log.warn("record repaired", { service: keyOf(service), vip: record.spec.address });
    for (const regarding of [
      service,
      { apiVersion: API_VERSION, kind: "VirtualIP", metadata: record.metadata },
    ])
      this.#events.record({ regarding, type: "Warning", reason: "RecordRepaired", action: "Allocate", note });
  }

  #announce(before: Service, { ingress, conditions }: ServiceStatus, release: Decision["release"]): void {
    const allocated = conditions.find(({ type }) => type === ALLOCATED);
    const announced = conditions.find(({ type }) => type === ANNOUNCED);
    const moved = ingress !== undefined && !sameIngress(before.status?.loadBalancer?.ingress ?? [], ingress);
    const service = keyOf(before);
    if (allocated !== undefined && (moved || !sameReason(conditionOf(before, ALLOCATED), allocated))) {
      const { status, reason, message } = allocated;
      const addresses = (ingress ?? []).flatMap(({ ip }) => ip ?? []);
      const left = release.flatMap(({ why }) => (why === undefined ? [] : sentence(why)));
      this.#log.info(status === "True" ? "addresses allocated" : "addresses not allocated", {
        service,
        addresses,
        reason,
        ...(left.length > 0 && { left }),
      });
      const type = status === "True" && reason === "Allocated" ? "Normal" : "Warning";
      this.#events.record({
        regarding: before,
        type,
        reason,
        action: "Allocate",
        note: [...left, message].join(" "),
      });
    }
    const contested = conditions.find(({ type }) => type === CONTESTED);
    if (!sameCondition(conditionOf(before, CONTESTED), contested)) {
      if (contested === undefined) this.#log.info("address contested no more", { service });
      else {
        const { reason, message } = contested;
        this.#log.warn("address contested", { service, message });
        this.#events.record({
          regarding: before,
          type: "Warning",
          reason,
          action: "Announce",
          note: message,
        });
      }
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
