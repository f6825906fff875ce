import type { KubeObject } from "../object-meta.ts";
import type { Resource } from "../resources.ts";

/** core/v1 Pod. */
export interface Pod extends KubeObject {
  readonly spec?: { readonly nodeName?: string };
  readonly status?: {
    readonly phase?: string;
    readonly conditions?: readonly { readonly type: string; readonly status: string }[];
  };
}

export const pods: Resource<Pod> = {
  apiVersion: "v1",
  kind: "Pod",
  path: "/api/v1",
  plural: "pods",
  namespaced: true,
};
