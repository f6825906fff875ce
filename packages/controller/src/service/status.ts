import type { Condition } from "@fairlead/api/condition.ts";
import type { LoadBalancerIngress, Service } from "@fairlead/api/core/service.ts";
import { compareAddresses } from "@fairlead/net/address.ts";
import type { Decision } from "../allocation/allocate.ts";
import { MANAGER } from "../manager.ts";
import { writersOfIngress, wroteFinalizer } from "./writers.ts";

/** The finalizer by which Kubernetes keeps a Service until its load balancer has been cleaned up (KEP-980). */
export const LOAD_BALANCER_CLEANUP = "service.kubernetes.io/load-balancer-cleanup";
/** Condition of a Service: whether it has the addresses that it asks for. */
export const ALLOCATED = "fairlead.dev/Allocated";
/** Condition of a Service, there only while nobody answers for one of its addresses. */
export const ANNOUNCED = "fairlead.dev/Announced";

/** Condition of a Service, there only while somebody else on the LAN claims one of its addresses, which is announced. */
export const CONTESTED = "fairlead.dev/Contested";

/** What the VirtualIPs of a Service say that it is told. */
export interface SaidOfAddresses {
  /** Why nobody answers. */
  readonly unannounced: readonly Condition[];
  /** Who else says that it has the address. */
  readonly contested: readonly Condition[];
}

/** The part of a Service's status that is ours. */
export interface ServiceStatus {
  /** Undefined: what it shows is not ours to change. */
  readonly ingress: readonly LoadBalancerIngress[] | undefined;
  readonly conditions: readonly Condition[];
}

/** What a Service's status should say. @param now RFC 3339 */
export function desiredStatus(
  service: Service,
  decision: Decision,
  said: SaidOfAddresses,
  now: string,
): ServiceStatus {
  const { outcome } = decision;
  const allocated = { type: ALLOCATED, status: outcome.satisfied ? "True" : "False", ...outcome } as const;
  const announced = together(ANNOUNCED, "False", said.unannounced);
  const contested = together(CONTESTED, "True", said.contested);
  return {
    ingress: desiredIngress(service, decision),
    conditions: [allocated, ...announced, ...contested].map((condition) => dated(service, condition, now)),
  };
}

/** One condition for what several addresses say. */
function together(
  type: string,
  status: "True" | "False",
  said: readonly Condition[],
): readonly Omit<Condition, "lastTransitionTime">[] {
  const [first] = said;
  if (first === undefined) return [];
  const message = [...new Set(said.map((one) => one.message))].join(" ");
  return [{ type, status, reason: first.reason, message }];
}

/** IPv4 before IPv6, so that the order never changes. */
function desiredIngress(service: Service, { keep, take, outcome }: Decision): ServiceStatus["ingress"] {
  if (outcome.reason === "StatusContested") return undefined;
  const shown = service.status?.loadBalancer?.ingress ?? [];
  const foreign = take.length === 0 && keep.every(({ pool }) => pool === undefined);
  const owned = writersOfIngress(service).includes(MANAGER);
  // What another program wrote is not ours to own; what we own and leave out would be taken away.
  if (foreign && keep.length > 0) return owned ? shown : undefined;
  if (foreign) return shown.some(({ ip }) => ip !== undefined) ? [] : undefined;
  return [...keep, ...take]
    .map(({ address }) => address)
    .sort(compareAddresses)
    .map(({ text }) => ({ ip: text, ipMode: "VIP" }));
}

function dated(
  service: Service,
  { type, status, reason, message }: Omit<Condition, "lastTransitionTime">,
  now: string,
): Condition {
  const before = conditionOf(service, type);
  const lastTransitionTime = before?.status === status ? before.lastTransitionTime : now;
  return { type, status, lastTransitionTime, reason, message };
}

/** The Service's condition of this type. */
export function conditionOf(service: Service, type: string): Condition | undefined {
  return service.status?.conditions?.find((condition) => condition.type === type);
}

/** Whether the Service's status says that already. */
export function isTold(service: Service, desired: ServiceStatus): boolean {
  if (
    desired.ingress !== undefined &&
    !sameIngress(service.status?.loadBalancer?.ingress ?? [], desired.ingress)
  ) {
    return false;
  }
  return [ALLOCATED, ANNOUNCED, CONTESTED].every((type) =>
    sameCondition(
      conditionOf(service, type),
      desired.conditions.find((condition) => condition.type === type),
    ),
  );
}

/** Whether the Service's status gives the reason why it waits already, in other words. */
export function saysInOtherWords(service: Service, desired: ServiceStatus): boolean {
  const told = conditionOf(service, ALLOCATED);
  if (told?.status !== "False") return false;
  const conditions = desired.conditions.map((condition) =>
    condition.type === ALLOCATED ? { ...condition, message: told.message } : condition,
  );
  return isTold(service, { ...desired, conditions });
}

/** Whether two lists show the same; the API server fills an absent `ipMode` in as `VIP`. */
export function sameIngress(a: readonly LoadBalancerIngress[], b: readonly LoadBalancerIngress[]): boolean {
  const text = (list: readonly LoadBalancerIngress[]): string =>
    list.map(({ ip = "", hostname = "", ipMode = "VIP" }) => `${ip} ${hostname} ${ipMode}`).join(",");
  return text(a) === text(b);
}

/** Whether two conditions say the same, whenever they began to. */
export function sameCondition(a: Condition | undefined, b: Condition | undefined): boolean {
  return sameReason(a, b) && a?.message === b?.message;
}

/** Whether two conditions say the same, in whatever words. */
export function sameReason(a: Condition | undefined, b: Condition | undefined): boolean {
  return a?.status === b?.status && a?.reason === b?.reason;
}

/** Whether the Service carries anything that only we write. */
export function carriesOurs(service: Service): boolean {
  return (
    conditionOf(service, ALLOCATED) !== undefined ||
    conditionOf(service, ANNOUNCED) !== undefined ||
    carriesFinalizer(service)
  );
}

/** Whether we put our finalizer on the Service. */
export function carriesFinalizer(service: Service): boolean {
  const there = service.metadata.finalizers?.includes(LOAD_BALANCER_CLEANUP) === true;
  return there && wroteFinalizer(service, MANAGER);
}
