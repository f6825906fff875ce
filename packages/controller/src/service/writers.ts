import type { Service } from "@fairlead/api/core/service.ts";

/** Names of the programs that wrote `status.loadBalancer` of the Service as it is now. */
export function writersOfIngress({ metadata }: Service): readonly string[] {
  return (metadata.managedFields ?? []).flatMap(({ manager = "", fieldsV1 }) =>
    fieldsV1?.["f:status"]?.["f:loadBalancer"] === undefined ? [] : [manager],
  );
}

/** Whether this program put a finalizer on the Service. */
export function wroteFinalizer({ metadata }: Service, manager: string): boolean {
  return (metadata.managedFields ?? []).some(
    (entry) => entry.manager === manager && entry.fieldsV1?.["f:metadata"]?.["f:finalizers"] !== undefined,
  );
}
