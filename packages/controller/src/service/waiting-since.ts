import type { Service } from "@fairlead/api/core/service.ts";
import { ALLOCATED, conditionOf } from "./status.ts";

/** Since when the Service has lacked something, as far as it was told, else since when it exists; RFC 3339. */
export function waitingSince(service: Service): string {
  const told = conditionOf(service, ALLOCATED);
  return (told?.status === "False" ? told.lastTransitionTime : service.metadata.creationTimestamp) ?? "";
}
