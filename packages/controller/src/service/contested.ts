import type { Service } from "@fairlead/api/core/service.ts";
import type { Holding } from "../allocation/holdings.ts";
import type { Refusal } from "../allocation/reasons.ts";
import { type AddressRequest, readRequest } from "../allocation/request.ts";
import { writersOfIngress } from "./writers.ts";

/**
 * What the Service asks for; nothing can be given while another program writes its status, or serves it by a host name.
 *
 * @param holdings what the Service has
 * @param manager name under which the controller writes
 */
export function readUncontested(
  service: Service,
  holdings: readonly Holding[],
  manager: string,
): AddressRequest {
  const request = readRequest(service);
  const refusal = contestedBy(service, holdings, manager) ?? namedByAnother(service, request, holdings);
  return refusal === undefined ? request : { ...request, refusal };
}

/**
 * Whether another program has replaced the addresses that we told in the Service's status. It is named, and not written
 * against: two that write one field would do so for ever.
 *
 * @param holdings what the Service has
 * @param manager name under which this program writes
 */
export function contestedBy(
  service: Service,
  holdings: readonly Holding[],
  manager: string,
): Refusal | undefined {
  const shown = service.status?.loadBalancer?.ingress ?? [];
  const recorded = holdings.filter(({ hold }) => hold === "Recorded");
  if (shown.length === 0 || recorded.length === 0 || recorded.some(({ told }) => told)) return undefined;
  const writers = writersOfIngress(service);
  if (writers.length === 0 || writers.includes(manager)) return undefined;
  const ours = recorded.map(({ address }) => address.text).join(" and ");
  const names = [...new Set(writers)].map((name) => `"${name}"`).join(" and ");
  // What it shows now is not quoted: that would be told anew whenever it writes.
  const message = `${names} has replaced ${ours} in status.loadBalancer by something else, and Fairlead does not write against it; stop that program or give the Service the loadBalancerClass of one of the two, then clear status.loadBalancer`;
  return { reason: "StatusContested", message };
}

/** Whether the Service shows only host names, which are never ours, has nothing of us and does not ask for anything of ours. */
function namedByAnother(
  service: Service,
  { pool, addresses }: AddressRequest,
  holdings: readonly Holding[],
): Refusal | undefined {
  const shown = service.status?.loadBalancer?.ingress ?? [];
  const foreign = shown.length > 0 && shown.every(({ ip }) => ip === undefined);
  if (!foreign || holdings.length > 0 || pool !== undefined || addresses.length > 0) return undefined;
  const names = shown.flatMap(({ hostname }) => hostname ?? []).join(" and ");
  const message = `its status shows ${names}, which was not given by Fairlead, so it is left alone; clear the status to get an address`;
  return { reason: "ForeignAddress", message };
}
