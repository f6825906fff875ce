import type { EndpointSlice } from "@fairlead/api/core/endpoint-slice.ts";
import type { Node } from "@fairlead/api/core/node.ts";
import type { Pod } from "@fairlead/api/core/pod.ts";
import type { Service } from "@fairlead/api/core/service.ts";
import type { IPAddressPool, IPAddressPoolSpec } from "@fairlead/api/ip-address-pool.ts";
import type { L2Advertisement, L2AdvertisementSpec } from "@fairlead/api/l2-advertisement.ts";
import type { ProxyHealth, Speaker } from "@fairlead/api/speaker.ts";
import type { Family } from "@fairlead/net/address.ts";

/** Objects for tests, with everything that does not matter filled in. */

export interface ServiceParts {
  readonly annotations?: Readonly<Record<string, string>>;
  readonly labels?: Readonly<Record<string, string>>;
  /** @default ["IPv4"] */
  readonly families?: readonly Family[];
  readonly spec?: Partial<Service["spec"]>;
  /** Addresses in its status. */
  readonly shows?: readonly string[];
  readonly created?: string;
}

const CLUSTER_IPS: Readonly<Record<Family, string>> = { IPv4: "10.96.0.10", IPv6: "fd00:96::10" };

/** A Service of type LoadBalancer. @param key `namespace/name` */
export function service(key: string, parts: ServiceParts = {}): Service {
  const [namespace = "", name = ""] = key.split("/");
  const { annotations, labels, families = ["IPv4"], spec, shows, created = "2026-01-01T00:00:00Z" } = parts;
  return {
    apiVersion: "v1",
    kind: "Service",
    metadata: {
      namespace,
      name,
      creationTimestamp: created,
      ...(annotations && { annotations }),
      ...(labels && { labels }),
    },
    spec: {
      type: "LoadBalancer",
      clusterIPs: families.map((family) => CLUSTER_IPS[family]),
      ipFamilies: families,
      ipFamilyPolicy: families.length === 2 ? "PreferDualStack" : "SingleStack",
      ...spec,
    },
    ...(shows && { status: { loadBalancer: { ingress: shows.map((ip) => ({ ip, ipMode: "VIP" })) } } }),
  };
}

export function pool(
  name: string,
  addresses: readonly string[],
  spec: Partial<IPAddressPoolSpec> = {},
  labels?: Readonly<Record<string, string>>,
): IPAddressPool {
  return { metadata: { name, generation: 1, ...(labels && { labels }) }, spec: { addresses, ...spec } };
}

export function advertisement(name: string, spec: L2AdvertisementSpec = {}): L2Advertisement {
  return { metadata: { name, generation: 1 }, spec };
}

/** @param nodes where the Service is served */
export function endpointSlice(
  key: string,
  nodes: readonly string[],
  parts: {
    readonly family?: Family;
    readonly conditions?: Readonly<Record<string, boolean>>;
    /** Names of the Pods, one for each node. */
    readonly pods?: readonly string[];
  } = {},
): EndpointSlice {
  const [namespace = "", name = ""] = key.split("/");
  const {
    family = "IPv4",
    conditions = { ready: true, serving: true, terminating: false },
    pods = [],
  } = parts;
  return {
    metadata: {
      namespace,
      name: `${name}-${family.toLowerCase()}`,
      labels: { "kubernetes.io/service-name": name },
    },
    addressType: family,
    endpoints: nodes.map((nodeName, i) => {
      const name = pods[i];
      return { addresses: [], nodeName, conditions, ...(name && { targetRef: { kind: "Pod", name } }) };
    }),
  };
}

export function node(
  name: string,
  parts: {
    readonly ready?: boolean;
    readonly cordoned?: boolean;
    readonly labels?: Readonly<Record<string, string>>;
    readonly networkUnavailable?: boolean;
    readonly taints?: readonly string[];
    /** Says so, and that it is not ready. */
    readonly shuttingDown?: boolean;
  } = {},
): Node {
  const { ready = true, cordoned = false, labels = {}, networkUnavailable = false, taints = [] } = parts;
  const { shuttingDown = false } = parts;
  return {
    metadata: { name, labels },
    spec: { unschedulable: cordoned, taints: taints.map((key) => ({ key })) },
    status: {
      conditions: [
        {
          type: "Ready",
          status: ready && !shuttingDown ? "True" : "False",
          ...(shuttingDown && { message: "[container runtime is down, node is shutting down]" }),
        },
        { type: "NetworkUnavailable", status: networkUnavailable ? "True" : "False" },
      ],
    },
  };
}

export const NAMESPACE = "fairlead-system";

/** The speaker's Pod on a node. */
export function speakerPod(
  nodeName: string,
  parts: { readonly ready?: boolean; readonly leaving?: boolean } = {},
): Pod {
  const { ready = true, leaving = false } = parts;
  return {
    metadata: {
      namespace: NAMESPACE,
      name: `speaker-${nodeName}`,
      ...(leaving && { deletionTimestamp: "2026-01-01T00:00:00Z" }),
    },
    spec: { nodeName },
    status: { conditions: [{ type: "Ready", status: ready ? "True" : "False" }] },
  };
}

export function speaker(
  name: string,
  interfaces: readonly {
    readonly name: string;
    readonly addresses: readonly string[];
    readonly gateways?: readonly string[];
    readonly carrier?: boolean;
  }[],
  proxy?: ProxyHealth,
): Speaker {
  return {
    metadata: { name },
    status: {
      version: "0",
      ...(proxy && { proxy }),
      interfaces: interfaces.map(({ carrier = true, ...rest }) => ({
        mac: "02:00:00:00:00:01",
        carrier,
        ...rest,
      })),
    },
  };
}
