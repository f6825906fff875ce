import { TAKEOVER_SECRET } from "@fairlead/api/takeover-keys.ts";
import type { Move, VirtualIP } from "@fairlead/api/virtual-ip.ts";
import { virtualIPName } from "@fairlead/api/virtual-ip-name.ts";
import { keyOf } from "@fairlead/kube/store.ts";
import type { IpAddress } from "@fairlead/net/address.ts";
import type { Former, Standing } from "./allocation/holdings.ts";
import type { Cluster } from "./cluster/cluster.ts";
import type { ClusterListener } from "./cluster/listener.ts";
import { type Queues, WAITING } from "./reconcilers.ts";
import type { Offers } from "./service/offers.ts";
import { carriesOurs } from "./service/status.ts";
import { waitingSince } from "./service/waiting-since.ts";
import type { MoveTelling } from "./virtual-ip/move-telling.ts";

/** What is said on several VirtualIPs of one Service is told on the Service at once. */
const TOGETHER_MS = 100;

/** Where what has changed is taken to. */
export interface RoutingTargets {
  readonly cluster: Cluster;
  readonly queues: Queues;
  /** Told what can be had by those who wait. */
  readonly offers: Pick<Offers, "addressChanged" | "offersChanged">;
  /** Tells that an address has moved. */
  readonly moves: Pick<MoveTelling, "tell">;
}

/** Knows whom a change concerns. */
export class Routing implements ClusterListener {
  readonly #active: () => boolean;
  #targets: RoutingTargets | undefined;

  /**
   * @param active whether this replica decides; if not, nothing is queued, since everything is looked at when it begins to
   */
  constructor(active: () => boolean) {
    this.#active = active;
  }

  /** Must be called before anything is read. */
  connect(targets: RoutingTargets): void {
    this.#targets = targets;
  }

  service(key: string, edited: boolean): void {
    if (!this.#active()) return;
    this.#to.queues.services.add(key, { urgent: edited });
    this.#virtualIPsOf(key, false);
  }

  endpoints(service: string): void {
    if (this.#active()) this.#virtualIPsOf(service, true);
  }

  virtualIP(name: string, holders: readonly string[], moved: boolean): void {
    if (!this.#active()) return;
    const { virtualIPs, services } = this.#to.queues;
    virtualIPs.add(name);
    for (const service of holders) {
      if (moved) services.add(service);
      else services.addAfter(service, TOGETHER_MS);
    }
  }

  moved(virtualIP: VirtualIP, move: Move): void {
    if (this.#active()) this.#to.moves.tell(virtualIP, move);
  }

  namespaceLabels(namespace: string): void {
    if (!this.#active()) return;
    this.#offersChanged();
    for (const service of this.#to.cluster.services.keysOfOurs()) {
      if (service.startsWith(`${namespace}/`)) this.#to.queues.services.add(service);
    }
  }

  node(name: string): void {
    if (!this.#active()) return;
    const { occupancy, nodes, wishes } = this.#to.cluster;
    const cordoned = nodes.list().filter((node) => node.cordoned && node.name !== name);
    for (const address of [
      ...occupancy.on(name),
      ...occupancy.nowhere(),
      ...wishes.names(),
      ...cordoned.flatMap((node) => [...occupancy.on(node.name)]),
    ]) {
      this.#to.queues.virtualIPs.add(address, { urgent: true });
    }
    const { standIns, failback, reach } = occupancy;
    const better = failback.concerned(name, nodes.get(name));
    const wider = reach.concerned(name, nodes.get(name));
    for (const address of [...standIns.naming(name), ...standIns.wanting(), ...better, ...wider]) {
      this.#to.queues.virtualIPs.add(address);
    }
    this.#allAdvertisements();
  }

  pool(name: string, changed: boolean): void {
    if (!this.#active()) return;
    this.#to.queues.pools.add(name);
    if (!changed) return;
    this.#allPools();
    this.#offersChanged();
    this.#allServices();
    this.#allVirtualIPs();
    this.#allAdvertisements();
  }

  advertisement(name: string, changed: boolean): void {
    if (!this.#active()) return;
    this.#to.queues.advertisements.add(name);
    if (changed) this.#allVirtualIPs();
  }

  address(address: IpAddress, standing: Standing, former: Former): void {
    if (!this.#active()) return;
    const { cluster, queues, offers } = this.#to;
    const containing = cluster.pools.containing(address).map(({ name }) => name);
    // A pool counts what was taken from it, even where it does not have that any more.
    for (const name of [...containing, former.pool, cluster.ledger.poolOf(address)])
      if (name !== undefined) queues.pools.add(name);
    offers.addressChanged(address, standing, former);
    queues.services.add(WAITING);
    // Who shares an address may have come to contradict another, or be rid of it.
    const shared = standing.kind === "Held" && standing.holders.length > 1 && !former.onlyPool;
    const holders = shared ? standing.holders : [];
    for (const service of holders) queues.services.add(service);
  }

  infrastructure(): void {
    if (this.#active()) this.#allPools();
  }

  /** This replica begins to decide: everything is looked at, those who hold addresses before those who do not, and of those who wait longest first. */
  everything(): void {
    this.#allServices();
    this.#allVirtualIPs();
    this.#allAdvertisements();
    this.#allPools();
    this.#to.queues.takeoverKeys.add(TAKEOVER_SECRET);
  }

  get #to(): RoutingTargets {
    if (this.#targets === undefined) throw new Error("the routing is not connected");
    return this.#targets;
  }

  #offersChanged(): void {
    this.#to.offers.offersChanged();
    this.#to.queues.services.add(WAITING);
  }

  #virtualIPsOf(service: string, urgent: boolean): void {
    for (const { address } of this.#to.cluster.ledger.holdings(service)) {
      this.#to.queues.virtualIPs.add(virtualIPName(address), { urgent });
    }
  }

  #allServices(): void {
    const cluster = this.#to.cluster;
    const { ledger, services } = cluster;
    const since = (key: string): string => {
      const service = services.get(key);
      return service === undefined ? "" : waitingSince(service);
    };
    const byAge = (keys: Iterable<string>): string[] =>
      [...keys]
        .map((key) => [since(key), key] as const)
        .sort(([a, left], [b, right]) => (a !== b ? (a < b ? -1 : 1) : left < right ? -1 : 1))
        .map(([, key]) => key);
    const formerlyOurs = [...services.values()].filter(carriesOurs).map(keyOf);
    for (const keys of [ledger.services(), cluster.services.keysOfOurs(), formerlyOurs]) {
      for (const key of byAge(keys)) this.#to.queues.services.add(key);
    }
  }

  #allVirtualIPs(): void {
    for (const { metadata } of this.#to.cluster.virtualIPs.values())
      this.#to.queues.virtualIPs.add(metadata.name);
  }

  #allPools(): void {
    for (const { name } of this.#to.cluster.pools.ordered) this.#to.queues.pools.add(name);
  }

  #allAdvertisements(): void {
    for (const { metadata } of this.#to.cluster.reader.advertisements.store.values()) {
      this.#to.queues.advertisements.add(metadata.name);
    }
  }
}
