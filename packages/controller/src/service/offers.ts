import type { IpAddress } from "@fairlead/net/address.ts";
import { type Former, namespaceOf, type ServiceKey, type Standing } from "../allocation/holdings.ts";
import type { Cluster } from "../cluster/cluster.ts";
import type { Deciding } from "./deciding.ts";
import { ALLOCATED, conditionOf } from "./status.ts";
import { WaitingList } from "./waiting-list.ts";

export interface OffersDependencies {
  readonly cluster: Cluster;
  readonly deciding: Deciding;
  /** Has a Service looked at. */
  readonly enqueue: (service: ServiceKey) => void;
}

/** What has come to be had, of which those who wait get it before those who come now. */
export class Offers {
  readonly waiting = new WaitingList();
  readonly #deps: OffersDependencies;
  readonly #changed = new Map<string, IpAddress>();
  /** Namespaces that hold less of a pool with a quota. */
  readonly #relieved = new Set<string>();
  #everythingChanged = false;

  constructor(dependencies: OffersDependencies) {
    this.#deps = dependencies;
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

  /** Nobody waits, and nothing has changed. */
  clear(): void {
    this.waiting.clear();
    this.#changed.clear();
    this.#relieved.clear();
    this.#everythingChanged = false;
  }

  #serve(key: ServiceKey): void {
    const { cluster, deciding, enqueue } = this.#deps;
    const service = cluster.services.ours(key);
    if (service === undefined) {
      this.waiting.remove(key);
      return;
    }
    if (!deciding.isReady(namespaceOf(key))) return;
    const decision = deciding.decide(deciding.read(service));
    for (const { address, pool } of decision.take) cluster.ledger.reserve(address, pool, key);
    if (decision.take.length > 0) this.waiting.remove(key);
    const told = conditionOf(service, ALLOCATED);
    if (decision.take.length > 0 || told?.message !== decision.outcome.message) enqueue(key);
  }
}

function namespacesOf(standing: Standing): readonly string[] {
  return standing.kind === "Held" ? standing.holders.map(namespaceOf) : [];
}
