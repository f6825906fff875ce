import type { KubeObject } from "../object-meta.ts";
import type { Resource } from "../resources.ts";

/** core/v1 Node. */
export interface Node extends KubeObject {
  readonly spec?: {
    readonly unschedulable?: boolean;
    readonly taints?: readonly { readonly key: string }[];
  };
  readonly status?: {
    readonly conditions?: readonly { readonly type: string; readonly status: string }[];
    readonly addresses?: readonly { readonly type: string; readonly address: string }[];
  };
}

/** Label that keeps a node out of external load balancers (any value). */
export const EXCLUDE_NODE_LABEL = "node.kubernetes.io/exclude-from-external-load-balancers";

/** Label that says in which zone a node is. */
export const ZONE_LABEL = "topology.kubernetes.io/zone";

export const nodes: Resource<Node> = {
  apiVersion: "v1",
  kind: "Node",
  path: "/api/v1",
  plural: "nodes",
  namespaced: false,
};
