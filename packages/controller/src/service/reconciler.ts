import type { Service } from "@fairlead/api/core/service.ts";
import { virtualIPName } from "@fairlead/api/virtual-ip-name.ts";
import type { ApiClient } from "@fairlead/kube/client.ts";
import { keyOf } from "@fairlead/kube/store.ts";
import type { Clock } from "@fairlead/runtime/clock.ts";
import type { Log } from "@fairlead/runtime/log.ts";
import { type Again, earliest } from "../again.ts";
import type { Decision, Grant } from "../allocation/allocate.ts";
import type { ServiceKey } from "../allocation/holdings.ts";
import { inUse } from "../allocation/in-use.ts";
import type { AddressRequest } from "../allocation/request.ts";
import type { Cluster } from "../cluster/cluster.ts";
import { contested, unannounced } from "../cluster/object-facts.ts";
import { MANAGER } from "../manager.ts";
import type { ControllerMetrics } from "../metrics.ts";
import { contestedBy } from "./contested.ts";
import { Deciding } from "./deciding.ts";
import { Disputes } from "./disputes.ts";
import type { Finalizer } from "./finalizer.ts";
import { stillNeeded } from "./handover.ts";
import { Offers } from "./offers.ts";
import type { OwnershipOptions } from "./ownership.ts";
import { Patience } from "./patience.ts";
import type { Records } from "./records.ts";
import { Releasing } from "./releasing.ts";
import { Repairs } from "./repairs.ts";
import { carriesOurs, type SaidOfAddresses } from "./status.ts";
import type { Telling } from "./telling.ts";
import { waitingSince } from "./waiting-since.ts";

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

/** How long an address is kept beside its successor for that to be answered, in ms, and how often that is looked into. */
const HANDOVER_MS = 10_000;
const LOOK_AGAIN_MS = 200;

/**
 * Brings a Service's addresses into line: decides, secures what is new by writing its VirtualIP, tells it in the Service's
 * status, and only then lets go of what is no longer wanted.
 */
export class ServiceReconciler {
  readonly #deps: ServiceReconcilerDependencies;
  /** Must be told what becomes free. */
  readonly offers: Offers;
  /** Services of another class that keep what they had before ours was changed. */
  readonly noLongerServed = new Set<ServiceKey>();
  readonly #repairs: Repairs;
  readonly #deciding: Deciding;
  readonly #disputes: Disputes;
  readonly #releasing: Releasing;
  readonly #handovers: Patience;

  constructor(dependencies: ServiceReconcilerDependencies) {
    this.#deps = dependencies;
    const repairs = new Repairs(dependencies);
    const deciding = new Deciding(dependencies);
    this.#repairs = repairs;
    this.#deciding = deciding;
    this.offers = new Offers({ ...dependencies, deciding });
    this.#disputes = new Disputes({ ...dependencies, repairs });
    this.#releasing = new Releasing({ ...dependencies, repairs });
    this.#handovers = new Patience(dependencies.clock, HANDOVER_MS);
  }

  /** Leadership is lost: what was planned and not secured is void. */
  forget(): void {
    this.offers.clear();
    this.noLongerServed.clear();
    this.#deciding.clear();
    this.#disputes.clear();
    this.#handovers.clear();
    this.#deps.cluster.ledger.cancelAll();
  }

  async reconcile(key: ServiceKey, signal: AbortSignal): Promise<Again> {
    this.offers.serveWaiting();
    const { cluster, records, telling, finalizer } = this.#deps;
    const service = cluster.services.ours(key);
    if (service === undefined) {
      await this.#leave(key, signal);
      return undefined;
    }
    this.noLongerServed.delete(key);
    await this.#giveWay(service, signal);
    const request = this.#deciding.read(service);
    // It keeps what it has, and is looked at again as soon as its namespace is known.
    if (!this.#deciding.isReady(request.namespace)) return undefined;
    await finalizer.setOn(service, signal);
    const judgedMs = this.#deps.clock.nowMs();
    const decision = await this.#secure(request, signal);
    if (decision.disputed) return await this.#disputes.settle(service, signal);
    this.#repairs.madeAgain(service, decision);
    this.#correct(service, decision);
    this.#disputes.end(key);
    const againMs = this.#deciding.note(key, decision, judgedMs);
    this.#note(service, request, decision);
    const again = await telling.tell(service, decision, this.#saidOf(key), signal);
    const needed = this.#stillNeeded(key, decision);
    for (const { address } of decision.release) {
      if (!needed.has(address.text)) await records.letGo(key, address, signal);
    }
    const neededMs = needed.size > 0 ? LOOK_AGAIN_MS : undefined;
    return earliest(againMs, again?.requeueAfterMs, neededMs, this.#inUseDueMs(decision));
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

  /** Decides until everything decided upon is secured. Nothing is awaited between a decision and its reservations. */
  async #secure(request: AddressRequest, signal: AbortSignal): Promise<Decision> {
    const { cluster, records } = this.#deps;
    for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
      const decision = this.#deciding.decide(request);
      const grants = grantsOf(decision);
      for (const { address, pool } of grants) cluster.ledger.reserve(address, pool, request.service);
      if (grants.length === 0 || (await records.secure(request.service, grants, signal))) return decision;
    }
    throw new Error(
      `addresses chosen for ${request.service} were taken by others ${ATTEMPTS} times in a row`,
    );
  }

  /** What the Service shows of others it will show no more, unless it keeps it, or another program shows it. */
  #correct(service: Service, { keep, outcome }: Decision): void {
    if (outcome.reason === "StatusContested") return;
    const { cluster, telling } = this.#deps;
    const kept = new Set(keep.map(({ address }) => address.text));
    for (const one of cluster.ledger.shownOfOthers(keyOf(service))) {
      if (!kept.has(one.address.text)) telling.corrected(service, one);
    }
  }

  #note(service: Service, request: AddressRequest, { waiting, outcome, lacks }: Decision): void {
    this.#deps.metrics.decided(outcome.reason);
    if (!waiting) {
      this.offers.waiting.remove(request.service);
      return;
    }
    this.offers.waiting.add(request, waitingSince(service), lacks);
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
  async #leave(key: ServiceKey, signal: AbortSignal): Promise<void> {
    this.offers.waiting.remove(key);
    this.#deciding.forget(key);
    this.#disputes.end(key);
    this.#handovers.note(key, []);
    if (this.#deps.cluster.services.holder(key) !== undefined) return this.#leaveAlone(key);
    this.noLongerServed.delete(key);
    await this.#releasing.release(key, signal);
  }

  /** It is of another class since ours was changed, and keeps what it had. */
  #leaveAlone(key: ServiceKey): void {
    if (this.noLongerServed.has(key)) return;
    this.noLongerServed.add(key);
    const addresses = this.#deps.cluster.ledger.holdings(key).map(({ address }) => address.text);
    this.#deps.log.info("service no longer served", { service: key, addresses });
  }
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
