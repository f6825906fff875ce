import type { Family } from "@fairlead/net/address.ts";
import type { Hosted } from "./hosts-text.ts";
import { type IdleEndpoints, idleEndpoints } from "./idle-endpoints.ts";

/** Of how many Services that share an address a message says why they are not served. */
const SHOWN_SERVICES = 3;

/** Why no endpoint of any of the Services takes connections, and what to do about it; a clause without full stop. */
export function nobodyServes(services: readonly Hosted[], family: Family): string {
  const inOrder = services.toSorted((a, b) => (a.key < b.key ? -1 : 1));
  const clauses = inOrder.slice(0, SHOWN_SERVICES).map((one) => whyNot(one, family));
  const more = services.length - clauses.length;
  return [...clauses, ...(more > 0 ? [`nor is it of ${more} more Services`] : [])].join("; ");
}

function whyNot({ key, endpoints }: Hosted, family: Family): string {
  if (endpoints?.any === true)
    return `externalTrafficPolicy is Local and no ${family} endpoint of ${key} says on which node it is; write nodeName in its EndpointSlices, or set externalTrafficPolicy to Cluster`;
  return noneServes(key, family, endpoints?.idle ?? idleEndpoints([]));
}

/** Why no endpoint of the Service takes connections, and what to do about it; a clause without full stop. */
function noneServes(service: string, family: Family, idle: IdleEndpoints): string {
  const none = `no ${family} endpoint of ${service} is ready`;
  const { unready, terminating, pods } = idle;
  const all = unready + terminating;
  if (all === 0) return `${none}, it has none; check its selector and whether its Pods run`;
  if (unready === 0) return `${none}: ${all} of ${all} terminate; see why no other Pod has come`;
  const verb = unready === 1 ? "is" : "are";
  const [pod] = pods;
  if (pod === undefined)
    return `${none}: ${unready} of ${all} endpoints ${verb} not ready; see who writes its EndpointSlices`;
  const more = unready > pods.length ? ` and ${unready - pods.length} more` : "";
  const [namespace] = service.split("/");
  return `${none}: ${unready} of ${all} Pods ${verb} not ready (${pods.join(", ")}${more}); see kubectl -n ${namespace} describe pod ${pod}`;
}
