import { ANNOTATION_PREFIXES, SHARING_ANNOTATION } from "@fairlead/api/annotations.ts";
import type { EndpointSlice } from "@fairlead/api/core/endpoint-slice.ts";
import { SERVICE_NAME_LABEL } from "@fairlead/api/core/endpoint-slice.ts";
import type { Namespace } from "@fairlead/api/core/namespace.ts";
import { isShuttingDown, type Node, OUT_OF_SERVICE_TAINT, TO_BE_DELETED } from "@fairlead/api/core/node.ts";
import type { Pod } from "@fairlead/api/core/pod.ts";
import type { Service } from "@fairlead/api/core/service.ts";
import type { KubeObject, ManagedFields, ObjectMeta } from "@fairlead/api/object-meta.ts";
import type { VirtualIP } from "@fairlead/api/virtual-ip.ts";
import { isNodeAddress } from "./infrastructure.ts";

/** What is kept of each kind that is not ours. Memory grows with what stands here. */

export function pruneService(service: Service): Service {
  const { metadata, spec, status } = service;
  const kept = {
    ...head(service),
    metadata: {
      ...identity(metadata),
      ...annotationsOfOurs(metadata),
      ...pick(metadata, ["finalizers"]),
      ...writers(metadata),
    },
  };
  if (spec.type !== "LoadBalancer") {
    return { ...kept, spec: { type: spec.type ?? "ClusterIP" }, ...(status && { status }) };
  }
  return {
    ...kept,
    metadata: { ...kept.metadata, ...(metadata.labels && { labels: metadata.labels }) },
    spec: {
      type: "LoadBalancer",
      ...pick(spec, ["loadBalancerClass", "loadBalancerIP", "clusterIPs", "ipFamilies", "ipFamilyPolicy"]),
      ...pick(spec, ["externalTrafficPolicy"]),
      ...(sharesAddress(metadata) && pick(spec, ["ports", "selector"])),
    },
    ...(status && { status }),
  };
}

/** Only these are compared with others by their ports and selector. */
function sharesAddress({ annotations = {} }: ObjectMeta): boolean {
  return ANNOTATION_PREFIXES.some((prefix) => annotations[prefix + SHARING_ANNOTATION] !== undefined);
}

/** Of all that is recorded about who wrote which field: who wrote the addresses in the status, and who the finalizers. */
function writers({ managedFields = [] }: ObjectMeta): Pick<ObjectMeta, "managedFields"> {
  const kept = managedFields.flatMap(({ manager = "", fieldsV1 }): ManagedFields[] => {
    const fields = {
      ...(fieldsV1?.["f:status"]?.["f:loadBalancer"] !== undefined && WROTE_INGRESS),
      ...(fieldsV1?.["f:metadata"]?.["f:finalizers"] !== undefined && WROTE_FINALIZERS),
    };
    return Object.keys(fields).length === 0 ? [] : [{ manager, fieldsV1: fields }];
  });
  return kept.length === 0 ? {} : { managedFields: kept };
}

const WROTE_INGRESS = { "f:status": { "f:loadBalancer": {} } };
const WROTE_FINALIZERS = { "f:metadata": { "f:finalizers": {} } };

/** It is written back as a whole, so that what people's tools keep in its metadata must still be there. */
export function pruneVirtualIP(object: VirtualIP): VirtualIP {
  const { managedFields: _, ...metadata } = object.metadata;
  return { ...object, metadata };
}

export function pruneEndpointSlice(slice: EndpointSlice): EndpointSlice {
  const { metadata, addressType, endpoints } = slice;
  const service = metadata.labels?.[SERVICE_NAME_LABEL];
  return {
    ...head(slice),
    metadata: {
      ...identity(metadata),
      labels: service === undefined ? {} : { [SERVICE_NAME_LABEL]: service },
    },
    addressType,
    endpoints: (endpoints ?? []).map((endpoint) => ({
      addresses: [],
      ...pick(endpoint, ["nodeName"]),
      ...(endpoint.conditions && {
        conditions: pick(endpoint.conditions, ["ready", "serving", "terminating"]),
      }),
      // Which Pod it is, is told only of those that are not ready.
      ...(endpoint.conditions?.ready === false &&
        endpoint.targetRef && { targetRef: pick(endpoint.targetRef, ["kind", "name"]) }),
    })),
  };
}

export function pruneNamespace(namespace: Namespace): Namespace {
  const { metadata } = namespace;
  return { ...head(namespace), metadata: { ...identity(metadata), ...pick(metadata, ["labels"]) } };
}

const TELLING_TAINTS: readonly string[] = [OUT_OF_SERVICE_TAINT, TO_BE_DELETED];

export function pruneNode(node: Node): Node {
  const { metadata, spec, status } = node;
  const taints = (spec?.taints ?? []).filter(({ key }) => TELLING_TAINTS.includes(key));
  const judged = {
    ...(spec?.unschedulable && { unschedulable: true }),
    ...(taints.length > 0 && { taints: taints.map(({ key }) => ({ key })) }),
  };
  return {
    ...head(node),
    metadata: { ...identity(metadata), ...pick(metadata, ["labels"]) },
    ...(Object.keys(judged).length > 0 && { spec: judged }),
    status: {
      conditions: (status?.conditions ?? [])
        .filter(({ type }) => type === "Ready" || type === "NetworkUnavailable")
        .map((condition) => ({
          type: condition.type,
          status: condition.status,
          ...(condition.message && isShuttingDown(node) && { message: condition.message }),
        })),
      ...(status?.addresses && { addresses: status.addresses.filter(isNodeAddress) }),
    },
  };
}

export function prunePod(pod: Pod): Pod {
  return {
    ...head(pod),
    metadata: identity(pod.metadata),
    spec: pick(pod.spec ?? {}, ["nodeName"]),
    status: {
      conditions: (pod.status?.conditions ?? [])
        .filter(({ type }) => type === "Ready")
        .map(({ type, status }) => ({ type, status })),
    },
  };
}

function head(object: KubeObject): Pick<KubeObject, "apiVersion" | "kind"> {
  return pick(object, ["apiVersion", "kind"]);
}

function identity(metadata: ObjectMeta): ObjectMeta {
  return pick(metadata, [
    "name",
    "namespace",
    "uid",
    "resourceVersion",
    "creationTimestamp",
    "deletionTimestamp",
  ]);
}

function annotationsOfOurs({ annotations }: ObjectMeta): Pick<ObjectMeta, "annotations"> {
  const ours = Object.entries(annotations ?? {}).filter(([key]) =>
    ANNOTATION_PREFIXES.some((prefix) => key.startsWith(prefix)),
  );
  return ours.length === 0 ? {} : { annotations: Object.fromEntries(ours) };
}

function pick<T extends object, K extends keyof T>(object: T, keys: readonly K[]): Pick<T, K> {
  const picked: Partial<Pick<T, K>> = {};
  for (const key of keys) {
    if (object[key] !== undefined) picked[key] = object[key];
  }
  return picked as Pick<T, K>;
}
