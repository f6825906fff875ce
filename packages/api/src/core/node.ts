import type { KubeObject } from "../object-meta.ts";
import type { Resource } from "../resources.ts";

/** core/v1 Node. */
export interface Node extends KubeObject {
  readonly spec?: {
    readonly unschedulable?: boolean;
    readonly taints?: readonly { readonly key: string }[];
  };
  readonly status?: {
    readonly conditions?: readonly {
      readonly type: string;
      readonly status: string;
      readonly message?: string;
    }[];
    readonly addresses?: readonly { readonly type: string; readonly address: string }[];
  };
}

/** Label that keeps a node out of external load balancers (any value). */
export const EXCLUDE_NODE_LABEL = "node.kubernetes.io/exclude-from-external-load-balancers";

/** Taint that people or operators set on a node that is known to be off; KEP-2268. */
export const OUT_OF_SERVICE_TAINT = "node.kubernetes.io/out-of-service";

/** Taint, and in older versions label, of a node that the cluster autoscaler is about to delete. */
export const TO_BE_DELETED = "ToBeDeletedByClusterAutoscaler";

/** What the kubelet says in its Ready condition while it shuts the node down; KEP-2000. */
const SHUTTING_DOWN = "node is shutting down";

/** Whether somebody says that the node is off. */
export function isOutOfService(node: Node): boolean {
  return hasTaint(node, OUT_OF_SERVICE_TAINT);
}

/** Whether the node is about to be deleted by the cluster autoscaler. */
export function isToBeDeleted(node: Node): boolean {
  return hasTaint(node, TO_BE_DELETED) || node.metadata.labels?.[TO_BE_DELETED] !== undefined;
}

/** Whether the node says that it shuts down. */
export function isShuttingDown({ status }: Node): boolean {
  const ready = status?.conditions?.find(({ type }) => type === "Ready");
  return ready?.status === "False" && ready.message?.includes(SHUTTING_DOWN) === true;
}

function hasTaint({ spec }: Node, taint: string): boolean {
  return spec?.taints?.some(({ key }) => key === taint) === true;
}

/** Label that says in which zone a node is. */
export const ZONE_LABEL = "topology.kubernetes.io/zone";

export const nodes: Resource<Node> = {
  apiVersion: "v1",
  kind: "Node",
  path: "/api/v1",
  plural: "nodes",
  namespaced: false,
};
