import type { Service } from "@fairlead/api/core/service.ts";
import type { IPAddressPool, IPAddressPoolSpec } from "@fairlead/api/ip-address-pool.ts";
import type { VirtualIP } from "@fairlead/api/virtual-ip.ts";
import type { ClusterObjects } from "../plan/cluster-state.ts";

/** A cluster that has these objects and no others. */
export function clusterOf(objects: Partial<ClusterObjects>): ClusterObjects {
  return { services: [], namespaces: [], nodes: [], speakers: [], pools: [], virtualIPs: [], ...objects };
}

/** A pool of these addresses. */
export function pool(
  name: string,
  addresses: readonly string[],
  spec: Partial<IPAddressPoolSpec> = {},
): IPAddressPool {
  return { metadata: { name }, spec: { addresses, ...spec } };
}

/** A Service of the namespace `shop`, whose status shows these addresses. */
export function service(
  name: string,
  addresses: readonly string[],
  spec: Partial<Service["spec"]> = {},
): Service {
  return {
    metadata: { namespace: "shop", name, creationTimestamp: "2026-01-01T00:00:00Z" },
    spec: { type: "LoadBalancer", clusterIPs: ["10.96.0.1"], ...spec },
    status: { loadBalancer: { ingress: addresses.map((ip) => ({ ip })) } },
  };
}

/** The VirtualIP of an IPv4 address that this Service of the namespace `shop` holds. */
export function virtualIP(address: string, from: string, holder: string): VirtualIP {
  return {
    metadata: { name: address, uid: address },
    spec: { address, pool: from, services: [`shop/${holder}`] },
  };
}
