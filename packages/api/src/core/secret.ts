import type { KubeObject } from "../object-meta.ts";
import type { Resource } from "../resources.ts";

/** core/v1 Secret. */
export interface Secret extends KubeObject {
  readonly type?: string;
  /** Base64. */
  readonly data?: Readonly<Record<string, string>> | null;
}

export const secrets: Resource<Secret> = {
  apiVersion: "v1",
  kind: "Secret",
  path: "/api/v1",
  plural: "secrets",
  namespaced: true,
};
