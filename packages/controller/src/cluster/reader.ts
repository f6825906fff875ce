import { type EndpointSlice, endpointSlices, SERVICE_NAME_LABEL } from "@fairlead/api/core/endpoint-slice.ts";
import { type Namespace, namespaces } from "@fairlead/api/core/namespace.ts";
import { type Node, nodes } from "@fairlead/api/core/node.ts";
import { type Pod, pods } from "@fairlead/api/core/pod.ts";
import { type Service, services } from "@fairlead/api/core/service.ts";
import type { IPAddressPool } from "@fairlead/api/ip-address-pool.ts";
import type { L2Advertisement } from "@fairlead/api/l2-advertisement.ts";
import type { KubeObject } from "@fairlead/api/object-meta.ts";
import {
  ipAddressPools,
  l2Advertisements,
  type Resource,
  speakers,
  virtualIPs,
} from "@fairlead/api/resources.ts";
import type { Speaker } from "@fairlead/api/speaker.ts";
import type { VirtualIP } from "@fairlead/api/virtual-ip.ts";
import type { KubeMetrics } from "@fairlead/kube/metrics.ts";
import { type Change, Reflector } from "@fairlead/kube/reflector.ts";
import type { ApiTransport } from "@fairlead/kube/transport.ts";
import type { Clock } from "@fairlead/runtime/clock.ts";
import type { Log } from "@fairlead/runtime/log.ts";
import type { Random } from "@fairlead/runtime/random.ts";
import {
  pruneEndpointSlice,
  pruneNamespace,
  pruneNode,
  prunePod,
  pruneService,
  pruneVirtualIP,
} from "./prune.ts";

/** The kinds that decisions depend on, by the names under which they are kept here. */
export interface Kinds {
  readonly services: Service;
  readonly endpointSlices: EndpointSlice;
  readonly namespaces: Namespace;
  readonly nodes: Node;
  readonly pods: Pod;
  readonly pools: IPAddressPool;
  readonly advertisements: L2Advertisement;
  readonly virtualIPs: VirtualIP;
  readonly speakers: Speaker;
}

export interface ReaderOptions {
  readonly transport: ApiTransport;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Log;
  readonly metrics?: KubeMetrics;
  /** Our own namespace, where the speakers' Pods are. */
  readonly namespace: string;
  /** Selects the speakers' Pods. */
  readonly speakerLabels: string;
  readonly onChange: { readonly [Kind in keyof Kinds]: (change: Change<Kinds[Kind]>) => void };
}

/** One reflector for each kind. */
export type ClusterReader = { readonly [Kind in keyof Kinds]: Reflector<Kinds[Kind]> };

/** Makes the reflectors; nothing is read before they are started. */
export function readCluster(options: ReaderOptions): ClusterReader {
  const { namespace, speakerLabels, onChange } = options;
  const { transport, clock, random, log, metrics } = options;
  const common = { transport, clock, random, log, ...(metrics && { metrics }) };
  const reflect = <T extends KubeObject>(
    resource: Resource<T>,
    handler: (change: Change<T>) => void,
    more: { labelSelector?: string; namespace?: string; prune?: (object: T) => T } = {},
  ): Reflector<T> => new Reflector({ ...common, resource, onChange: handler, ...more });
  return {
    services: reflect(services, onChange.services, { prune: pruneService }),
    endpointSlices: reflect(endpointSlices, onChange.endpointSlices, {
      labelSelector: `${SERVICE_NAME_LABEL},!service.kubernetes.io/headless`,
      prune: pruneEndpointSlice,
    }),
    namespaces: reflect(namespaces, onChange.namespaces, { prune: pruneNamespace }),
    nodes: reflect(nodes, onChange.nodes, { prune: pruneNode }),
    pods: reflect(pods, onChange.pods, { namespace, labelSelector: speakerLabels, prune: prunePod }),
    pools: reflect(ipAddressPools, onChange.pools),
    advertisements: reflect(l2Advertisements, onChange.advertisements),
    virtualIPs: reflect(virtualIPs, onChange.virtualIPs, { prune: pruneVirtualIP }),
    speakers: reflect(speakers, onChange.speakers),
  };
}

/** All reflectors of a reader. */
export function reflectorsOf(reader: ClusterReader): readonly Reflector<never>[] {
  return Object.values(reader) as unknown as readonly Reflector<never>[];
}
