import type { Service } from "@fairlead/api/core/service.ts";
import type { IPAddressPool } from "@fairlead/api/ip-address-pool.ts";
import type { L2Advertisement } from "@fairlead/api/l2-advertisement.ts";
import type { Labels } from "@fairlead/api/selector-matches.ts";
import type { VirtualIP } from "@fairlead/api/virtual-ip.ts";
import { addressOfVirtualIPName } from "@fairlead/api/virtual-ip-name.ts";
import { type Change, keyOf, type ReadStore } from "@fairlead/kube/store.ts";
import type { IpAddress } from "@fairlead/net/address.ts";
import type { Clock } from "@fairlead/runtime/clock.ts";
import { Ledger } from "../allocation/ledger.ts";
import { readPool } from "../allocation/pool.ts";
import { Pools } from "../allocation/pools.ts";
import { type Advertisement, type PoolRef, readAdvertisement } from "../placement/advertise.ts";
import { Occupancy } from "../placement/occupancy.ts";
import { isOurs, type OwnershipOptions } from "../service/ownership.ts";
import { EndpointIndex } from "./endpoint-index.ts";
import { LingeringStore } from "./lingering.ts";
import type { ClusterListener } from "./listener.ts";
import { NodeIndex } from "./node-index.ts";
import { ingressAddresses, recordOf, unannounced } from "./object-facts.ts";
import { type ClusterReader, type ReaderOptions, readCluster } from "./reader.ts";
import { VirtualIPView } from "./virtual-ip-view.ts";

export interface ClusterOptions extends Omit<ReaderOptions, "onChange"> {
  readonly clock: Clock;
  readonly ownership: OwnershipOptions;
  /** How long a deleted pool or advertisement is waited for, in ms, before its addresses are no longer announced. */
  readonly goneGraceMs: number;
  readonly listener: ClusterListener;
}

/** Everything that has been read of the cluster, in the form in which decisions ask for it. */
export class Cluster {
  readonly ledger: Ledger;
  readonly endpoints: EndpointIndex;
  readonly nodes: NodeIndex;
  readonly virtualIPs: VirtualIPView;
  readonly occupancy = new Occupancy();
  readonly reader: ClusterReader;
  readonly #options: ClusterOptions;
  /** Services whose deletion was seen and that still hold something. */
  readonly #departed = new Set<string>();
  readonly #pools: LingeringStore<IPAddressPool>;
  readonly #advertisements: LingeringStore<L2Advertisement>;
  #readPools: Pools | undefined;
  #readAdvertisements: readonly Advertisement[] | undefined;

  constructor(options: ClusterOptions) {
    this.#options = options;
    const { listener, clock, goneGraceMs: graceMs } = options;
    this.ledger = new Ledger((address, held) => listener.address(address, held));
    this.endpoints = new EndpointIndex((service) => listener.endpoints(service));
    this.nodes = new NodeIndex((node) => listener.node(node));
    this.#pools = new LingeringStore({ clock, graceMs, onChange: (change) => this.#poolChanged(change) });
    this.#advertisements = new LingeringStore({
      clock,
      graceMs,
      onChange: (change) => this.#advertisementChanged(change),
    });
    this.reader = readCluster({
      ...options,
      onChange: {
        services: (change) => this.#serviceChanged(change),
        endpointSlices: (change) => this.endpoints.apply(change),
        namespaces: ({ previous, current }) => {
          if (!sameJson(previous?.metadata.labels, current?.metadata.labels)) listener.namespaceLabels();
        },
        nodes: (change) => this.nodes.applyNode(change),
        pods: (change) => this.nodes.applyPod(change),
        speakers: (change) => this.nodes.applySpeaker(change),
        pools: (change) => this.#pools.apply(change),
        advertisements: (change) => this.#advertisements.apply(change),
        virtualIPs: (change) => this.#virtualIPChanged(change),
      },
    });
    this.virtualIPs = new VirtualIPView(this.reader.virtualIPs.store);
  }

  get services(): ReadStore<Service> {
    return this.reader.services.store;
  }

  /** The Service if it wants addresses of us. */
  ourService(key: string): Service | undefined {
    const service = this.services.get(key);
    return service !== undefined && isOurs(service, this.#options.ownership) ? service : undefined;
  }

  /** Keys of the Services that want addresses of us. */
  *ourServices(): IterableIterator<string> {
    for (const service of this.services.values()) {
      if (isOurs(service, this.#options.ownership)) yield keyOf(service);
    }
  }

  namespaceLabels(namespace: string): Labels {
    return this.reader.namespaces.store.get(namespace)?.metadata.labels;
  }

  /** The pools, those that were deleted a moment ago included. */
  get pools(): Pools {
    this.#readPools ??= new Pools(
      [...this.#pools.values()].map(({ object, gone }) => readPool(object, gone)),
    );
    return this.#readPools;
  }

  poolRef(name: string): PoolRef {
    return { name, labels: this.#pools.get(name)?.object.metadata.labels };
  }

  /** A pool that exists. */
  poolObject(name: string): IPAddressPool | undefined {
    return this.reader.pools.store.get(name);
  }

  /** The advertisements, those that were deleted a moment ago included. */
  get advertisements(): readonly Advertisement[] {
    this.#readAdvertisements ??= [...this.#advertisements.values()].map(({ object, gone }) =>
      readAdvertisement(object, gone),
    );
    return this.#readAdvertisements;
  }

  /** Whether the Service was seen to be deleted, so that its absence is no mere lateness of the watch. */
  hasDeparted(service: string): boolean {
    return this.#departed.has(service);
  }

  /** The API server answered a write of a VirtualIP with this. */
  wroteVirtualIP(object: VirtualIP): void {
    this.virtualIPs.wrote(object);
    this.occupancy.set(object.metadata.name, object.spec.placement?.nodes[0]);
    const record = recordOf(object);
    if (record !== undefined) this.ledger.record(record);
  }

  /** This process deleted the VirtualIP. */
  deletedVirtualIP(address: IpAddress, name: string, uid: string): void {
    this.virtualIPs.deleted(name);
    this.occupancy.delete(name);
    this.ledger.released(address, uid);
  }

  /** Cancels what waits for time to pass. */
  stop(): void {
    this.#pools.stop();
    this.#advertisements.stop();
  }

  #serviceChanged({ key, previous, current }: Change<Service>): void {
    const { ownership, listener } = this.#options;
    const ours = current !== undefined && isOurs(current, ownership);
    this.ledger.tell(key, ours ? ingressAddresses(current) : [], current?.metadata.creationTimestamp ?? "");
    if (current !== undefined) this.#departed.delete(key);
    else if (this.ledger.holdings(key).length > 0) this.#departed.add(key);
    const asked = ({ spec, metadata }: Service) => [spec, metadata.annotations, metadata.labels];
    listener.service(key, previous !== undefined && !sameJson(asked(previous), current && asked(current)));
  }

  #virtualIPChanged({ key, previous, current }: Change<VirtualIP>): void {
    this.virtualIPs.read(key, current);
    const newest = current && this.virtualIPs.get(key);
    if (newest === undefined) this.occupancy.delete(key);
    else this.occupancy.set(key, newest.spec.placement?.nodes[0]);
    const address = addressOfVirtualIPName(key);
    if (address === undefined) return;
    const before = this.ledger.recordOf(address);
    if (previous !== undefined && previous.metadata.uid !== current?.metadata.uid) {
      this.ledger.recordGone(address, previous.metadata.uid ?? "");
    }
    const record = current && recordOf(current);
    if (record !== undefined) this.ledger.record(record);
    const after = this.ledger.recordOf(address);
    for (const service of before?.services ?? []) {
      if (this.ledger.holdings(service).length === 0) this.#departed.delete(service);
    }
    const moved = before?.uid !== after?.uid || !sameJson(before?.services, after?.services);
    const said = !sameJson(previous && unannounced(previous), current && unannounced(current));
    const concerned = new Set(moved || said ? [...(before?.services ?? []), ...(after?.services ?? [])] : []);
    this.#options.listener.virtualIP(key, [...concerned], moved);
  }

  #poolChanged(change: Change<IPAddressPool>): void {
    const changed = this.#isChanged(change, (pool) => [pool.spec, pool.metadata.labels]);
    if (changed) this.#readPools = undefined;
    this.#options.listener.pool(change.key, changed);
  }

  #advertisementChanged(change: Change<L2Advertisement>): void {
    const changed = this.#isChanged(change, (advertisement) => advertisement.spec);
    if (changed) this.#readAdvertisements = undefined;
    this.#options.listener.advertisement(change.key, changed);
  }

  #isChanged<T>({ previous, current }: Change<T>, shown: (object: T) => unknown): boolean {
    if (previous === undefined || current === undefined) return true;
    return !sameJson(shown(previous), shown(current));
  }
}

function sameJson(a: unknown, b: unknown): boolean {
  return a === b || JSON.stringify(a) === JSON.stringify(b);
}
