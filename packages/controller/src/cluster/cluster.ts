import type { Service } from "@fairlead/api/core/service.ts";
import type { IPAddressPool } from "@fairlead/api/ip-address-pool.ts";
import type { L2Advertisement } from "@fairlead/api/l2-advertisement.ts";
import type { Labels } from "@fairlead/api/selector-matches.ts";
import type { VirtualIP } from "@fairlead/api/virtual-ip.ts";
import { newestMove } from "@fairlead/api/virtual-ip-moves.ts";
import { addressOfVirtualIPName } from "@fairlead/api/virtual-ip-name.ts";
import { type Change, keyOf, type ReadStore } from "@fairlead/kube/store.ts";
import { type Family, type IpAddress, parseAddress } from "@fairlead/net/address.ts";
import type { Clock } from "@fairlead/runtime/clock.ts";
import type { LedgerRecord } from "../allocation/holdings.ts";
import { Ledger } from "../allocation/ledger.ts";
import { readPool } from "../allocation/pool.ts";
import { Pools } from "../allocation/pools.ts";
import { readTerms } from "../allocation/request.ts";
import { type Advertisement, type PoolRef, readAdvertisement } from "../placement/advertise.ts";
import type { ServingEndpoints } from "../placement/endpoints.ts";
import type { CordonedNodes } from "../placement/node-view.ts";
import { Occupancy } from "../placement/occupancy.ts";
import { isOurs, type OwnershipOptions, wantsAddresses } from "../service/ownership.ts";
import { carriesOurs } from "../service/status.ts";
import { EndpointIndex } from "./endpoint-index.ts";
import { InfrastructureIndex } from "./infrastructure-index.ts";
import { LingeringStore } from "./lingering.ts";
import type { ClusterListener } from "./listener.ts";
import { NodeIndex } from "./node-index.ts";
import { contested, ingressAddresses, recordOf, unannounced } from "./object-facts.ts";
import { type ClusterReader, type ReaderOptions, readCluster } from "./reader.ts";
import { isNewer, VirtualIPView } from "./virtual-ip-view.ts";
import { Wishes } from "./wishes.ts";

export interface ClusterOptions extends Omit<ReaderOptions, "onChange"> {
  readonly clock: Clock;
  readonly ownership: OwnershipOptions;
  /** How long a deleted pool or advertisement is waited for, in ms, before its addresses are no longer announced. */
  readonly goneGraceMs: number;
  /** For how long a node must have been up, in ms, before it gets something new while another node can have it. */
  readonly nodeSettleMs: number;
  readonly cordonedNodes: CordonedNodes;
  readonly listener: ClusterListener;
}

/** In a burst it takes Kubernetes seconds to say where a Service is served. */
const ENDPOINTS_COME_WITHIN_MS = 15_000;

/** Everything that has been read of the cluster, in the form in which decisions ask for it. */
export class Cluster {
  readonly ledger: Ledger;
  readonly endpoints: EndpointIndex;
  readonly nodes: NodeIndex;
  /** Addresses that nodes and routers use. */
  readonly infrastructure: InfrastructureIndex;
  readonly virtualIPs: VirtualIPView;
  readonly occupancy = new Occupancy();
  /** The addresses that people want elsewhere. */
  readonly wishes = new Wishes();
  readonly reader: ClusterReader;
  readonly #options: ClusterOptions;
  /** Services whose deletion was seen and that still hold something. */
  readonly #departed = new Set<string>();
  /** What this process last wrote of a Service, until the watch brings it or something newer. */
  readonly #wrote = new Map<string, Service>();
  readonly #pools: LingeringStore<IPAddressPool>;
  readonly #advertisements: LingeringStore<L2Advertisement>;
  #readPools: Pools | undefined;
  #readAdvertisements: readonly Advertisement[] | undefined;

  constructor(options: ClusterOptions) {
    this.#options = options;
    const { listener, clock, goneGraceMs: graceMs } = options;
    this.ledger = new Ledger((...change) => listener.address(...change));
    this.endpoints = new EndpointIndex({ clock, onChange: (service) => listener.endpoints(service) });
    const { nodeSettleMs: settleMs, cordonedNodes } = options;
    this.nodes = new NodeIndex({ clock, settleMs, cordonedNodes, onChange: (node) => listener.node(node) });
    this.infrastructure = new InfrastructureIndex((changes) => {
      for (const { address, what } of changes) this.ledger.setNetworkUse(address, what);
      listener.infrastructure();
    });
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
        namespaces: ({ key, previous, current }) => {
          if (!sameJson(previous?.metadata.labels, current?.metadata.labels)) listener.namespaceLabels(key);
        },
        nodes: (change) => {
          this.nodes.applyNode(change);
          this.infrastructure.applyNode(change);
        },
        pods: (change) => this.nodes.applyPod(change),
        speakers: (change) => {
          this.nodes.applySpeaker(change);
          this.infrastructure.applySpeaker(change);
        },
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

  /** The Service as last read, with what was last written of its status. */
  service(key: string): Service | undefined {
    const read = this.services.get(key);
    const status = this.#wrote.get(key)?.status;
    return read && status ? { ...read, status } : read;
  }

  /** The Service if it wants addresses of us. */
  ourService(key: string): Service | undefined {
    const service = this.service(key);
    return service !== undefined && isOurs(service, this.#options.ownership) ? service : undefined;
  }

  /**
   * The Service if it may hold addresses: it wants some of us, or was served before our class was changed and shows what it
   * had. That one is left as it is.
   */
  holder(key: string): Service | undefined {
    const service = this.service(key);
    if (service === undefined || isOurs(service, this.#options.ownership)) return service;
    const shows = (service.status?.loadBalancer?.ingress ?? []).length > 0;
    return wantsAddresses(service) && carriesOurs(service) && shows ? service : undefined;
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

  /**
   * Where the Service is served. Undefined: Kubernetes has not said so yet of a Service this young.
   */
  servingEndpoints(service: string, family: Family): ServingEndpoints | undefined {
    return this.endpointsDueMs(service) > 0 ? undefined : this.endpoints.of(service, family);
  }

  /** For how long it is still waited for Kubernetes to say where the Service is served, in ms; 0 if it has, or if that is over. */
  endpointsDueMs(service: string): number {
    if (this.endpoints.known(service)) return 0;
    const created = Date.parse(this.services.get(service)?.metadata.creationTimestamp ?? "");
    const ageMs = this.#options.clock.wall().getTime() - created;
    return ageMs >= 0 && ageMs < ENDPOINTS_COME_WITHIN_MS ? ENDPOINTS_COME_WITHIN_MS - ageMs : 0;
  }

  /** Whether the Service was seen to be deleted, so that its absence is no mere lateness of the watch. */
  hasDeparted(service: string): boolean {
    return this.#departed.has(service);
  }

  /** The API server answered a write of a VirtualIP with this. */
  wroteVirtualIP(object: VirtualIP): void {
    this.virtualIPs.wrote(object);
    this.wishes.set(object.metadata.name, object);
    this.occupancy.set(object.metadata.name, object.spec.placement?.nodes ?? []);
    const record = recordOf(object);
    if (record !== undefined) this.ledger.record(record);
  }

  /** This process deleted the VirtualIP. */
  deletedVirtualIP(address: IpAddress, name: string, uid: string): void {
    this.virtualIPs.deleted(name);
    this.wishes.set(name, undefined);
    this.occupancy.delete(name);
    this.ledger.deleted(address, uid);
  }

  /** The API server answered a write of a Service's status with this: what older states that are still on their way show is past. */
  wroteService(service: Service): void {
    const key = keyOf(service);
    if (this.services.get(key) === undefined) return;
    this.#wrote.set(key, service);
    this.#tell(key, service);
  }

  /** Cancels what waits for time to pass. */
  stop(): void {
    this.#pools.stop();
    this.#advertisements.stop();
    this.nodes.stop();
  }

  #serviceChanged({ key, previous, current }: Change<Service>): void {
    const { listener } = this.#options;
    const wrote = this.#wrote.get(key);
    if (wrote !== undefined && (current === undefined || !isNewer(wrote, current))) this.#wrote.delete(key);
    this.#tell(key, current && { ...current, status: (this.#wrote.get(key) ?? current).status ?? {} });
    if (current !== undefined) this.#departed.delete(key);
    else if (this.ledger.holdings(key).length > 0) this.#departed.add(key);
    const asked = ({ spec, metadata }: Service) => [spec, metadata.annotations, metadata.labels];
    listener.service(key, previous !== undefined && !sameJson(asked(previous), current && asked(current)));
  }

  /** What the Service's status shows is held by it, or, if it is not ours, not handed out. */
  #tell(key: string, service: Service | undefined): void {
    const ours = service !== undefined && isOurs(service, this.#options.ownership);
    const shown = service === undefined ? [] : ingressAddresses(service);
    this.ledger.setTerms(key, ours ? readTerms(service) : undefined);
    this.ledger.tell(key, ours ? shown : [], service?.metadata.creationTimestamp ?? "");
    const foreign = !ours && service?.spec.type === "LoadBalancer" ? shown : [];
    const what = `shown in the status of Service ${key}, which is not Fairlead's`;
    this.ledger.setOutside(
      key,
      foreign.map((address) => ({ address, what })),
    );
  }

  #virtualIPChanged({ key, previous, current }: Change<VirtualIP>): void {
    this.virtualIPs.read(key, current);
    const newest = current && this.virtualIPs.get(key);
    this.wishes.set(key, newest);
    if (newest === undefined) this.occupancy.delete(key);
    else this.occupancy.set(key, newest.spec.placement?.nodes ?? []);
    const address = addressOfVirtualIPName(key);
    if (address === undefined) return;
    const before = this.ledger.recordOf(address);
    if (previous !== undefined && previous.metadata.uid !== current?.metadata.uid) {
      this.ledger.recordGone(address, previous.metadata.uid ?? "");
    }
    const record = newest && recordOf(newest);
    if (record !== undefined) this.ledger.record(record);
    const after = this.ledger.recordOf(address);
    for (const service of before?.services ?? []) {
      if (this.ledger.holdings(service).length === 0) this.#departed.delete(service);
    }
    const held = ({ services, claim, sharing, releasedAtMs, foreign }: LedgerRecord): unknown => [
      services,
      claim,
      sharing,
      releasedAtMs,
      foreign,
    ];
    const moved = before?.uid !== after?.uid || !sameJson(before && held(before), after && held(after));
    const told = (object: VirtualIP): unknown => [unannounced(object), contested(object)];
    const said = !sameJson(previous && told(previous), current && told(current));
    const concerned = new Set(
      moved || said
        ? [...(before?.services ?? []), ...(after?.services ?? []), ...this.ledger.disputing(address)]
        : [],
    );
    this.#options.listener.virtualIP(key, [...concerned], moved);
    if (current === undefined || previous?.metadata.uid !== current.metadata.uid) return;
    const move = newestMove(previous?.status, current.status);
    if (move !== undefined) this.#options.listener.moved(current, move);
  }

  #poolChanged(change: Change<IPAddressPool>): void {
    const { ipv4, ipv6 } = change.current?.status?.lastHandedOut ?? {};
    for (const text of [ipv4, ipv6]) {
      const last = text === undefined ? undefined : parseAddress(text);
      if (last?.ok) this.ledger.continueFrom(change.key, last.value);
    }
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
