import type { KubeObject } from "../object-meta.ts";
import type { Resource } from "../resources.ts";

/** core/v1 Namespace. */
export type Namespace = KubeObject;

export const namespaces: Resource<Namespace> = {
  apiVersion: "v1",
  kind: "Namespace",
  path: "/api/v1",
  plural: "namespaces",
  namespaced: false,
};
