import { type Service, services } from "@fairlead/api/core/service.ts";
import { virtualIPName } from "@fairlead/api/virtual-ip-name.ts";
import type { ApiClient } from "@fairlead/kube/client.ts";
import { keyOf } from "@fairlead/kube/store.ts";
import { hasStatus } from "@fairlead/kube/transport.ts";
import type { IpAddress } from "@fairlead/net/address.ts";
import type { Clock } from "@fairlead/runtime/clock.ts";
import type { Log } from "@fairlead/runtime/log.ts";
import { type Again, earliest } from "../again.ts";
import { type Decision, decide, type Grant } from "../allocation/allocate.ts";
import { SHARING_OBJECTION } from "../allocation/current.ts";
import { type Former, namespaceOf, type ServiceKey, type Standing } from "../allocation/holdings.ts";
import { inUse } from "../allocation/in-use.ts";
import type { AddressRequest } from "../allocation/request.ts";
import type { Cluster } from "../cluster/cluster.ts";
import { contested, unannounced } from "../cluster/object-facts.ts";
import { MANAGER } from "../manager.ts";
import type { ControllerMetrics } from "../metrics.ts";
import { contestedBy, readUncontested } from "./contested.ts";
import type { Finalizer } from "./finalizer.ts";
import { stillNeeded } from "./handover.ts";
import { isOurs, type OwnershipOptions } from "./ownership.ts";
import { Patience } from "./patience.ts";
import type { Records } from "./records.ts";
import { Repairs } from "./repairs.ts";
import { ALLOCATED, carriesOurs, conditionOf, type SaidOfAddresses } from "./status.ts";
import type { Telling } from "./telling.ts";
import { WaitingList } from "./waiting-list.ts";

export interface ServiceReconcilerDependencies {
  readonly client: ApiClient;
  readonly cluster: Cluster;
  readonly records: Records;
  readonly telling: Telling;
  readonly finalizer: Finalizer;
  readonly metrics: ControllerMetrics;
  readonly clock: Clock;
  readonly log: Log;
  readonly ownership: OwnershipOptions;
  /** How long something must speak against an address before that is acted upon, in ms. */
  readonly graceMs: number;
  /** Has a Service looked at. */
  readonly enqueue: (service: ServiceKey) => void;
}

/** How often in a row an address may turn out to be somebody else's before the Service has to wait its turn again. */
const ATTEMPTS = 5;
/** How long a status must contradict a record before the record is looked into, in ms: watches of two kinds are not in step. */
const DISPUTE_MS = 3000;

/** How long an address is kept beside its successor for that to be answered, in ms, and how often that is looked into. */
const HANDOVER_MS = 10_000;
const LOOK_AGAIN_MS = 200;

/**
 * Brings a Service's addresses into line: decides, secures what is new by writing its VirtualIP, tells it in the Service's
 * status, and only then lets go of what is no longer wanted.
 */
export class ServiceReconciler {
  readonly #deps: ServiceReconcilerDependencies;
  readonly waiting = new WaitingList();
  /** Services of another class that keep what they had before ours was changed. */
  readonly noLongerServed = new Set<ServiceKey>();
  readonly #repairs: Repairs;
  readonly #patience: Patience;
  readonly #disputes: Patience;
  readonly #handovers: Patience;
  readonly #changed = new Map<string, IpAddress>();
  /** Namespaces that hold less of a pool with a quota. */
  readonly #relieved = new Set<string>();
  #everythingChanged = false;

  constructor(dependencies: ServiceReconcilerDependencies) {
    this.#deps = dependencies;
    this.#repairs = new Repairs(dependencies);
    this.#patience = new Patience(dependencies.clock, dependencies.graceMs);
    this.#disputes = new Patience(dependencies.clock, DISPUTE_MS);
    this.#handovers = new Patience(dependencies.clock, HANDOVER_MS);
  }

  /** Who has the address is another: those who wait for it come before those who come now. */
  addressChanged(address: IpAddress, standing: Standing, former: Former): void {
    if (this.waiting.size === 0) return;
    this.#changed.set(address.text, address);
    const { pools, ledger } = this.#deps.cluster;
    if (former.pool === undefined || pools.get(former.pool)?.quotaPerNamespace === undefined) return;
    const remain = ledger.poolOf(address) === former.pool ? namespacesOf(standing) : [];
    for (const namespace of namespacesOf(former.standing)) {
      if (!remain.includes(namespace)) this.#relieved.add(namespace);
    }
  }

  /** What may be had has changed for everybody. */
  offersChanged(): void {
    this.#everythingChanged = true;
  }

  /** Leadership is lost: what was planned and not secured is void. */
  forget(): void {
    this.waiting.clear();
    this.noLongerServed.clear();
    this.#patience.clear();
    this.#disputes.clear();
    this.#handovers.clear();
    this.#changed.clear();
    this.#relieved.clear();
    this.#everythingChanged = false;
    this.#deps.cluster.ledger.cancelAll();
  }

  async reconcile(key: ServiceKey, signal: AbortSignal): Promise<Again> {
    this.serveWaiting();
    const { cluster, records, telling, finalizer } = this.#deps;
    const service = cluster.ourService(key);
    if (service === undefined) {
      await this.#release(key, signal);
      return undefined;
    }
    this.noLongerServed.delete(key);
    await this.#giveWay(service, signal);
    const request = this.#read(service);
    await finalizer.setOn(service, signal);
    const judgedMs = this.#deps.clock.nowMs();
    const decision = await this.#secure(request, signal);
    if (decision.disputed) return await this.#settle(service, signal);
    this.#repairs.madeAgain(service, decision);
    if (decision.outcome.reason !== "StatusContested") {
      for (const one of cluster.ledger.shownOfOthers(key)) telling.corrected(service, one);
    }
    this.#disputes.note(key, []);
    const againMs = this.#patience.note(key, decision.objections, judgedMs);
    this.#note(service, request, decision);
    await telling.tell(service, decision, this.#saidOf(key), signal);
    const needed = this.#stillNeeded(key, decision);
    for (const { address } of decision.release) {
      if (!needed.has(address.text)) await records.letGo(key, address, signal);
    }
    return earliest(againMs, needed.size > 0 ? LOOK_AGAIN_MS : undefined, this.#inUseDueMs(decision));
  }

  /** Texts of addresses that wait for their successors to be answered, which is not waited for for ever. */
  #stillNeeded(key: ServiceKey, decision: Decision): ReadonlySet<string> {
    const { virtualIPs } = this.#deps.cluster;
    const needed = stillNeeded(decision, (name) => virtualIPs.get(name)).map(({ text }) => text);
    this.#handovers.note(key, needed);
    return new Set(needed.filter((text) => !this.#handovers.isRipe(key, text)));
  }

  /** Another program was faster to serve the Service, which was never told what we chose for it: that is let go of. */
  async #giveWay(service: Service, signal: AbortSignal): Promise<void> {
    const key = keyOf(service);
    const { cluster, records } = this.#deps;
    const holdings = cluster.ledger.holdings(key);
    if (carriesOurs(service) || contestedBy(service, holdings, MANAGER) === undefined) return;
    for (const { address, hold } of holdings) {
      if (hold === "Recorded") await records.letGo(key, address, signal);
    }
  }

  /** Holds what has become free for those who wait for it, in the order of their waiting. */
  serveWaiting(): void {
    const { pools, ledger } = this.#deps.cluster;
    const changed = [...this.#changed.values()];
    this.#changed.clear();
    const relieved = [...this.#relieved];
    this.#relieved.clear();
    if (this.#everythingChanged) {
      this.#everythingChanged = false;
      for (const key of this.waiting.inOrder()) this.#serve(key);
      return;
    }
    for (const address of changed) {
      const names = pools.containing(address).map(({ name }) => name);
      const before = ledger.standing(address);
      const keys = ledger.sharing(address).flatMap(({ terms }) => terms?.key ?? []);
      for (const key of this.waiting.inOrderFor(address, before, names, keys)) {
        this.#serve(key);
        if (before.kind !== "Held" && ledger.standing(address).kind === "Held") break;
      }
    }
    for (const namespace of relieved) {
      for (const key of this.waiting.inOrderOf(namespace)) this.#serve(key);
    }
  }

  #serve(key: ServiceKey): void {
    const { cluster, enqueue } = this.#deps;
    const service = cluster.ourService(key);
    if (service === undefined) {
      this.waiting.remove(key);
      return;
    }
    const decision = this.#decide(this.#read(service));
    for (const { address, pool } of decision.take) cluster.ledger.reserve(address, pool, key);
    if (decision.take.length > 0) this.waiting.remove(key);
    const told = conditionOf(service, ALLOCATED);
    if (decision.take.length > 0 || told?.message !== decision.outcome.message) enqueue(key);
  }

  #read(service: Service): AddressRequest {
    return readUncontested(service, this.#deps.cluster.ledger.holdings(keyOf(service)), MANAGER);
  }

  #decide(request: AddressRequest): Decision {
    const { cluster } = this.#deps;
    const { pools, ledger } = cluster;
    const namespaceLabels = cluster.namespaceLabels(request.namespace);
    const { service: key } = request;
    const isRipe = (objection: string): boolean =>
      this.#patience.isRipe(key, objection) || this.#isToldAlready(key, objection);
    const nowMs = this.#deps.clock.wall().getTime();
    return decide(request, { pools, ledger, namespaceLabels, nowMs, isRipe });
  }

  /** An earlier leader has waited with it, and found nothing else for the Service. */
  #isToldAlready(key: ServiceKey, objection: string): boolean {
    const service = this.#deps.cluster.ourService(key);
    const told = service && conditionOf(service, ALLOCATED);
    return told?.reason === "SharingConflict" && objection.startsWith(SHARING_OBJECTION);
  }

  /** Decides until everything decided upon is secured. Nothing is awaited between a decision and its reservations. */
  async #secure(request: AddressRequest, signal: AbortSignal): Promise<Decision> {
    const { cluster, records } = this.#deps;
    for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
      const decision = this.#decide(request);
      const grants = grantsOf(decision);
      for (const { address, pool } of grants) cluster.ledger.reserve(address, pool, request.service);
      if (grants.length === 0 || (await records.secure(request.service, grants, signal))) return decision;
    }
    throw new Error(
      `addresses chosen for ${request.service} were taken by others ${ATTEMPTS} times in a row`,
    );
  }

  /** The Service's status shows an address whose VirtualIP names others: if that lasts, the record is mended. */
  async #settle(service: Service, signal: AbortSignal): Promise<Again> {
    const { cluster } = this.#deps;
    const key = keyOf(service);
    const disputed = cluster.ledger.holdings(key).filter(({ hold }) => hold === "Disputed");
    const waitMs = this.#disputes.note(
      key,
      disputed.map(({ address }) => address.text),
    );
    if (waitMs !== undefined) return { requeueAfterMs: waitMs };
    // Of several that show it, the oldest has it; the others are no longer in dispute then.
    for (const { address } of disputed) await this.#repairs.giveBack(address, signal, key);
    return { requeueAfterMs: DISPUTE_MS };
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

  /** When an address that it keeps only for a while is to be looked at again, in ms; undefined: there is none. */
  #inUseDueMs({ keep }: Decision): number | undefined {
    const { cluster, clock } = this.#deps;
    const nowMs = clock.wall().getTime();
    const waits = keep.map(({ address }) => inUse(cluster.ledger, address, nowMs)?.waitMs ?? 0);
    const dueMs = Math.max(0, ...waits);
    return dueMs === 0 ? undefined : dueMs;
  }

  /** What the VirtualIPs of the Service say about why nobody answers for them, and who else claims them. */
  #saidOf(key: ServiceKey): SaidOfAddresses {
    const { ledger, virtualIPs } = this.#deps.cluster;
    const objects = ledger
      .holdings(key)
      .flatMap(({ address }) => virtualIPs.get(virtualIPName(address)) ?? []);
    return {
      unannounced: objects.flatMap((object) => unannounced(object) ?? []),
      contested: objects.flatMap((object) => contested(object) ?? []),
    };
  }

  /** The Service wants nothing of us, or is gone. */
  async #release(key: ServiceKey, signal: AbortSignal): Promise<void> {
    const { cluster, records, finalizer } = this.#deps;
    this.waiting.remove(key);
    this.#patience.note(key, []);
    this.#disputes.note(key, []);
    this.#handovers.note(key, []);
    const holdings = cluster.ledger.holdings(key);
    const service = cluster.service(key);
    const marked = service !== undefined && carriesOurs(service);
    if (cluster.holder(key) !== undefined) return this.#leaveAlone(key);
    this.noLongerServed.delete(key);
    if (holdings.length === 0 && !marked) return;
    if (!cluster.hasDeparted(key) && (await this.#stillWants(key, signal))) return;
    if (service !== undefined && marked) {
      const addresses = holdings.map(({ address }) => address.text).join(" and ");
      const note = addresses === "" ? "It asks for no address any more." : `Released ${addresses}.`;
      await this.#clear(service, note, signal);
    }
    for (const { address } of holdings) {
      // A record that was made to name it by mistake is not its to let go of.
      if (!(await this.#repairs.giveBack(address, signal))) await records.letGo(key, address, signal);
    }
    if (service !== undefined) await finalizer.takeOff(service, signal);
  }

  /** It is of another class since ours was changed, and keeps what it had. */
  #leaveAlone(key: ServiceKey): void {
    if (this.noLongerServed.has(key)) return;
    this.noLongerServed.add(key);
    const addresses = this.#deps.cluster.ledger.holdings(key).map(({ address }) => address.text);
    this.#deps.log.info("service no longer served", { service: key, addresses });
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

function namespacesOf(standing: Standing): readonly string[] {
  return standing.kind === "Held" ? standing.holders.map(namespaceOf) : [];
}

/** Addresses whose VirtualIP is to be written: new ones, those it does not say yet, and those it says something else of. */
function grantsOf({ keep, take, restate, disputed, outcome }: Decision): readonly Grant[] {
  // What another program shows is not taken for what we gave.
  if (disputed || outcome.reason === "StatusContested") return [];
  const restated = new Set(restate.map(({ text }) => text));
  const unrecorded = keep.flatMap(({ address, pool, hold }) =>
    pool !== undefined && (hold !== "Recorded" || restated.has(address.text)) ? [{ address, pool }] : [],
  );
  return [...take, ...unrecorded];
}
