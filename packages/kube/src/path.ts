import type { KubeObject } from "@fairlead/api/object-meta.ts";
import type { Resource } from "@fairlead/api/resources.ts";

/** Names one object of a kind. */
export interface ObjectRef {
  /** Left out for a cluster-scoped kind. */
  readonly namespace?: string;
  readonly name: string;
}

/** Query parameters; undefined ones are left out. */
export type Query = Readonly<Record<string, string | number | boolean | undefined>>;

/** The path of a kind's collection, in one namespace or (undefined) in all. */
export function collectionPath(
  resource: Resource<KubeObject>,
  namespace: string | undefined,
  query: Query = {},
): string {
  const scope = namespace === undefined ? "" : `/namespaces/${encodeURIComponent(namespace)}`;
  return `${resource.path}${scope}/${resource.plural}${queryText(query)}`;
}

/**
 * The path of one object or of its subresource.
 *
 * @throws TypeError if the namespace is missing for a namespaced kind or given for a cluster-scoped one
 */
export function objectPath(
  resource: Resource<KubeObject>,
  ref: ObjectRef,
  options: { readonly subresource?: string | undefined; readonly query?: Query } = {},
): string {
  checkScope(resource, ref.namespace);
  if (ref.name === "") throw new TypeError(`a ${resource.kind} without a name`);
  const tail = options.subresource === undefined ? "" : `/${options.subresource}`;
  const collection = collectionPath(resource, ref.namespace);
  return `${collection}/${encodeURIComponent(ref.name)}${tail}${queryText(options.query ?? {})}`;
}

/** @throws TypeError if the namespace is missing for a namespaced kind or given for a cluster-scoped one */
export function checkScope(resource: Resource<KubeObject>, namespace: string | undefined): void {
  if (resource.namespaced === (namespace !== undefined && namespace !== "")) return;
  throw new TypeError(
    resource.namespaced ? `a ${resource.kind} needs a namespace` : `a ${resource.kind} has no namespace`,
  );
}

/** The name of a resource as RBAC and CRDs write it: `virtualips.fairlead.dev`, `services`. */
export function resourceName(resource: Resource<KubeObject>): string {
  const slash = resource.apiVersion.indexOf("/");
  return slash < 0 ? resource.plural : `${resource.plural}.${resource.apiVersion.slice(0, slash)}`;
}

function queryText(query: Query): string {
  const pairs = Object.entries(query)
    .filter(([, value]) => value !== undefined)
    .map(([key, value]) => `${encodeURIComponent(key)}=${encodeURIComponent(String(value))}`);
  return pairs.length === 0 ? "" : `?${pairs.join("&")}`;
}
