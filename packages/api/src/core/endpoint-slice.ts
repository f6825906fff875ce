import type { KubeObject } from "../object-meta.ts";
import type { Resource } from "../resources.ts";

export interface Endpoint {
  readonly addresses: readonly string[];
  readonly nodeName?: string;
  /** An absent condition means: ready and serving unknown (taken as true), not terminating. */
  readonly conditions?: {
    readonly ready?: boolean;
    readonly serving?: boolean;
    readonly terminating?: boolean;
  };
  /** The Pod that it is, unless a person wrote the slice. */
  readonly targetRef?: { readonly kind?: string; readonly name?: string };
}

/** discovery.k8s.io/v1 EndpointSlice; its Service is named by the label {@link SERVICE_NAME_LABEL}. */
export interface EndpointSlice extends KubeObject {
  readonly addressType: "IPv4" | "IPv6" | "FQDN";
  readonly endpoints?: readonly Endpoint[] | null;
}

/** Label of an EndpointSlice that names its Service. */
export const SERVICE_NAME_LABEL = "kubernetes.io/service-name";

export const endpointSlices: Resource<EndpointSlice> = {
  apiVersion: "discovery.k8s.io/v1",
  kind: "EndpointSlice",
  path: "/apis/discovery.k8s.io/v1",
  plural: "endpointslices",
  namespaced: true,
};
