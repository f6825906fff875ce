import { virtualIPName } from "@fairlead/api/virtual-ip-name.ts";
import { keyOf } from "@fairlead/kube/store.ts";
import type { WorkQueue } from "@fairlead/kube/work-queue.ts";
import type { IpAddress } from "@fairlead/net/address.ts";
import type { Cluster, ClusterListener } from "./cluster/cluster.ts";
import { carriesOurs } from "./service/status.ts";

/** Key in the queue of Services that stands for those who wait. */
export const WAITING = "*";

/** The queues, each with keys of one kind. */
export interface Queues {
  /** `namespace/name`, or {@link WAITING}. */
  readonly services: Pick<WorkQueue, "add">;
  /** Names of VirtualIPs. */
  readonly virtualIPs: Pick<WorkQueue, "add">;
  readonly pools: Pick<WorkQueue, "add">;
  readonly advertisements: Pick<WorkQueue, "add">;
}

/** What is to be told of changes, besides the queues. */
export interface Offers {
  freed(address: IpAddress): void;
  offersChanged(): void;
}

export interface RoutingDependencies {
  readonly cluster: () => Cluster;
  readonly queues: Queues;
  readonly offers: Offers;
  /** Whether this replica decides; if not, nothing is queued, since everything is looked at when it begins to. */
  readonly active: () => boolean;
}

/** Knows whom a change concerns. */
export class Routing implements ClusterListener {
  readonly #deps: RoutingDependencies;

  constructor(dependencies: RoutingDependencies) {
    this.#deps = dependencies;
  }

  service(key: string): void {
    if (!this.#deps.active()) return;
    this.#deps.queues.services.add(key);
    this.#virtualIPsOf(key, false);
  }

  endpoints(service: string): void {
    if (this.#deps.active()) this.#virtualIPsOf(service, true);
  }

  virtualIP(name: string, concerned: readonly string[]): void {
    if (!this.#deps.active()) return;
    this.#deps.queues.virtualIPs.add(name);
    for (const service of concerned) this.#deps.queues.services.add(service);
  }

  namespaceLabels(): void {
    if (this.#deps.active()) this.#offersChanged();
  }

  node(name: string): void {
    if (!this.#deps.active()) return;
    const { occupancy, nodes } = this.#deps.cluster();
    const cordoned = nodes.list().filter((node) => node.cordoned && node.name !== name);
    for (const address of [
      ...occupancy.on(name),
      ...occupancy.nowhere(),
      ...cordoned.flatMap((node) => [...occupancy.on(node.name)]),
    ]) {
      this.#deps.queues.virtualIPs.add(address, { urgent: true });
    }
    this.#allAdvertisements();
  }

  pool(name: string, changed: boolean): void {
    if (!this.#deps.active()) return;
    this.#deps.queues.pools.add(name);
    if (!changed) return;
    const { pools } = this.#deps.cluster();
    for (const pool of pools.ordered) this.#deps.queues.pools.add(pool.name);
    this.#offersChanged();
    this.#allServices();
    this.#allVirtualIPs();
    this.#allAdvertisements();
  }

  advertisement(name: string, changed: boolean): void {
    if (!this.#deps.active()) return;
    this.#deps.queues.advertisements.add(name);
    if (changed) this.#allVirtualIPs();
  }

  address(address: IpAddress, held: boolean): void {
    if (!this.#deps.active()) return;
    for (const { name } of this.#deps.cluster().pools.containing(address)) this.#deps.queues.pools.add(name);
    if (held) return;
    this.#deps.offers.freed(address);
    this.#deps.queues.services.add(WAITING);
  }

  /** This replica begins to decide: everything is looked at, those who hold addresses before those who do not, older before younger. */
  everything(): void {
    this.#allServices();
    this.#allVirtualIPs();
    this.#allAdvertisements();
    for (const { name } of this.#deps.cluster().pools.ordered) this.#deps.queues.pools.add(name);
  }

  #offersChanged(): void {
    this.#deps.offers.offersChanged();
    this.#deps.queues.services.add(WAITING);
  }

  #virtualIPsOf(service: string, urgent: boolean): void {
    for (const { address } of this.#deps.cluster().ledger.holdings(service)) {
      this.#deps.queues.virtualIPs.add(virtualIPName(address), { urgent });
    }
  }

  #allServices(): void {
    const cluster = this.#deps.cluster();
    const { ledger, services } = cluster;
    const age = (key: string): string => services.get(key)?.metadata.creationTimestamp ?? "";
    const byAge = (keys: Iterable<string>): string[] =>
      [...keys]
        .map((key) => [age(key), key] as const)
        .sort(([a, left], [b, right]) => (a !== b ? (a < b ? -1 : 1) : left < right ? -1 : 1))
        .map(([, key]) => key);
    const formerlyOurs = [...services.values()].filter(carriesOurs).map(keyOf);
    for (const keys of [ledger.services(), cluster.ourServices(), formerlyOurs]) {
      for (const key of byAge(keys)) this.#deps.queues.services.add(key);
    }
  }

  #allVirtualIPs(): void {
    for (const { metadata } of this.#deps.cluster().virtualIPs.values())
      this.#deps.queues.virtualIPs.add(metadata.name);
  }

  #allAdvertisements(): void {
    for (const { metadata } of this.#deps.cluster().reader.advertisements.store.values()) {
      this.#deps.queues.advertisements.add(metadata.name);
    }
  }
}
