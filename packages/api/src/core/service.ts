import type { Family } from "@fairlead/net/address.ts";
import type { Condition } from "../condition.ts";
import type { KubeObject } from "../object-meta.ts";
import type { Resource } from "../resources.ts";

export interface ServicePort {
  readonly name?: string;
  /** Absent means TCP. */
  readonly protocol?: "TCP" | "UDP" | "SCTP";
  readonly port: number;
}

export interface LoadBalancerIngress {
  readonly ip?: string;
  readonly hostname?: string;
  readonly ipMode?: string;
}

/** core/v1 Service. */
export interface Service extends KubeObject {
  readonly spec: {
    readonly type?: "ClusterIP" | "NodePort" | "LoadBalancer" | "ExternalName";
    readonly loadBalancerClass?: string;
    readonly loadBalancerIP?: string;
    readonly clusterIPs?: readonly string[];
    readonly ipFamilies?: readonly Family[];
    readonly ipFamilyPolicy?: "SingleStack" | "PreferDualStack" | "RequireDualStack";
    readonly externalTrafficPolicy?: "Cluster" | "Local";
    readonly ports?: readonly ServicePort[];
    readonly selector?: Readonly<Record<string, string>>;
  };
  readonly status?: {
    readonly loadBalancer?: { readonly ingress?: readonly LoadBalancerIngress[] };
    readonly conditions?: readonly Condition[];
  };
}

export const services: Resource<Service> = {
  apiVersion: "v1",
  kind: "Service",
  path: "/api/v1",
  plural: "services",
  namespaced: true,
};
