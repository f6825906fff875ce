import type { KubeObject, ObjectMeta } from "@fairlead/api/object-meta.ts";

const LAST_APPLIED = "kubectl.kubernetes.io/last-applied-configuration";

/**
 * The object without what nobody here reads and what can be larger than all the rest: `managedFields` and the annotation in
 * which `kubectl apply` keeps a copy of the object.
 */
export function pruneMetadata<T extends KubeObject>(object: T): T {
  const {
    managedFields: _,
    annotations,
    ...metadata
  }: ObjectMeta & { managedFields?: unknown } = object.metadata;
  if (annotations === undefined || annotations === null) return { ...object, metadata };
  const { [LAST_APPLIED]: __, ...kept } = annotations;
  return { ...object, metadata: { ...metadata, annotations: kept } };
}

/** Freezes the value and everything in it. */
export function deepFreeze<T>(value: T): T {
  if (typeof value !== "object" || value === null || Object.isFrozen(value)) return value;
  for (const part of Object.values(value)) deepFreeze(part);
  return Object.freeze(value);
}
