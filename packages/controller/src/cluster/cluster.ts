import type { Service } from "@fairlead/api/core/service.ts";
import type { IPAddressPool } from "@fairlead/api/ip-address-pool.ts";
import type { L2Advertisement } from "@fairlead/api/l2-advertisement.ts";
import type { Labels } from "@fairlead/api/selector-matches.ts";
import type { VirtualIP } from "@fairlead/api/virtual-ip.ts";
import { newestMove } from "@fairlead/api/virtual-ip-moves.ts";
import { addressOfVirtualIPName } from "@fairlead/api/virtual-ip-name.ts";
import type { Change } from "@fairlead/kube/store.ts";
import { type Family, type IpAddress, parseAddress } from "@fairlead/net/address.ts";
import type { Clock } from "@fairlead/runtime/clock.ts";
import { Ledger } from "../allocation/ledger.ts";
import { readPool } from "../allocation/pool.ts";
import { Pools } from "../allocation/pools.ts";
import { type Advertisement, type PoolRef, readAdvertisement } from "../placement/advertise.ts";
import type { ServingEndpoints } from "../placement/endpoints.ts";
import type { CordonedNodes } from "../placement/node-view.ts";
import { Occupancy } from "../placement/occupancy.ts";
import type { OwnershipOptions } from "../service/ownership.ts";
import { EndpointIndex } from "./endpoint-index.ts";
import { InfrastructureIndex } from "./infrastructure-index.ts";
import { LingeringStore } from "./lingering.ts";
import type { ClusterListener } from "./listener.ts";
import { NodeIndex } from "./node-index.ts";
import { recordOf } from "./object-facts.ts";
import { type ClusterReader, type ReaderOptions, readCluster } from "./reader.ts";
import { sameJson } from "./same-json.ts";
import { ServiceView } from "./service-view.ts";
import { isHeldOtherwise, isToldOtherwise } from "./virtual-ip-change.ts";
import { VirtualIPView } from "./virtual-ip-view.ts";
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
  readonly services: ServiceView;
  readonly virtualIPs: VirtualIPView;
  readonly occupancy = new Occupancy();
  /** The addresses that people want elsewhere. */
  readonly wishes = new Wishes();
  readonly reader: ClusterReader;
  readonly #options: ClusterOptions;
  readonly #pools: LingeringStore<IPAddressPool>;
  readonly #advertisements: LingeringStore<L2Advertisement>;
  #readPools: Pools | undefined;
  #readAdvertisements: readonly Advertisement[] | undefined;

  constructor(options: ClusterOptions) {
    this.#options = options;
    const { listener, clock, ownership, goneGraceMs: graceMs } = options;
    this.ledger = new Ledger((...change) => listener.address(...change));
    this.endpoints = new EndpointIndex({ clock, onChange: (service) => listener.endpoints(service) });
    const { nodeSettleMs: settleMs, cordonedNodes } = options;
    this.nodes = new NodeIndex({ clock, settleMs, cordonedNodes, onChange: (node) => listener.node(node) });
    this.infrastructure = new InfrastructureIndex(
      (changes) => {
        for (const { address, what } of changes) this.ledger.setNetworkUse(address, what);
        listener.infrastructure();
      },
      { clock, graceMs },
    );
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
        namespaces: (change) => {
          if (this.#isChanged(change, ({ metadata }) => metadata.labels))
            listener.namespaceLabels(change.key);
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
    const { store } = this.reader.services;
    this.services = new ServiceView({ store, ledger: this.ledger, ownership });
    this.virtualIPs = new VirtualIPView(this.reader.virtualIPs.store);
  }

  knowsNamespace(namespace: string): boolean {
    return this.reader.namespaces.store.get(namespace) !== undefined;
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

  /** The API server answered a write of a VirtualIP with this. */
  wroteVirtualIP(object: VirtualIP): void {
    this.virtualIPs.wrote(object);
    this.#takeIn(object.metadata.name);
  }

  /** This process deleted the VirtualIP. */
  deletedVirtualIP(address: IpAddress, name: string, uid: string): void {
    this.virtualIPs.deleted(name, uid);
    this.#takeIn(name);
    this.ledger.deleted(address, uid);
  }

  /** A write of the VirtualIP found that somebody has deleted it: who shows the address keeps it, and has it recorded again. */
  lostVirtualIP(address: IpAddress, name: string, uid: string): void {
    const record = this.ledger.recordOf(address);
    this.virtualIPs.deleted(name, uid);
    this.#takeIn(name);
    this.ledger.lost(address, uid);
    if (record?.uid !== uid) return;
    this.services.forgetDeparted(record.services);
    this.#options.listener.virtualIP(name, record.services, true);
  }

  /** Cancels what waits for time to pass. */
  stop(): void {
    this.#pools.stop();
    this.#advertisements.stop();
    this.nodes.stop();
    this.infrastructure.stop();
  }

  /** The newest that is known of a VirtualIP may be another. */
  #takeIn(name: string): void {
    const newest = this.virtualIPs.get(name);
    this.wishes.set(name, newest);
    if (newest === undefined) this.occupancy.delete(name);
    else this.occupancy.set(name, newest.spec.placement?.nodes ?? []);
    const record = newest && recordOf(newest);
    if (record !== undefined) this.ledger.record(record);
  }

  #serviceChanged(change: Change<Service>): void {
    const { key, previous } = change;
    this.services.read(change);
    const asked = ({ spec, metadata }: Service) => [spec, metadata.annotations, metadata.labels];
    const edited = previous !== undefined && this.#isChanged(change, asked);
    this.#options.listener.service(key, edited);
  }

  #virtualIPChanged(change: Change<VirtualIP>): void {
    const { key, previous, current } = change;
    this.virtualIPs.read(change);
    const address = addressOfVirtualIPName(key);
    const before = address && this.ledger.recordOf(address);
    if (address !== undefined && previous !== undefined && previous.metadata.uid !== current?.metadata.uid) {
      this.ledger.recordGone(address, previous.metadata.uid ?? "");
    }
    this.#takeIn(key);
    if (address === undefined) return;
    const after = this.ledger.recordOf(address);
    this.services.forgetDeparted(before?.services ?? []);
    const moved = isHeldOtherwise(before, after);
    const said = isToldOtherwise(previous, current);
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
