import type { Advertised } from "./advertise.ts";
import type { Ineligible } from "./eligibility.ts";
import { listed, told } from "./fault-text.ts";
import { abilityOf, type Served } from "./local-endpoints.ts";

export interface Hosted extends Served {
  /** `namespace/name`. */
  readonly key: string;
}

const CURE = "run a Pod of the Service on another node, or set externalTrafficPolicy to Cluster";

/**
 * Why no node with an endpoint may answer for Services of which some have `externalTrafficPolicy: Local`, and what to do about it; a
 * clause without full stop.
 *
 * @param faults what is the matter with each node, in any order
 */
export function noHostMay(
  services: readonly Hosted[],
  faults: readonly (readonly [node: string, fault: Ineligible])[],
  groups: readonly Advertised[],
): string {
  const local = services.filter(({ localTrafficOnly }) => localTrafficOnly);
  const keys = listed(local.map(({ key }) => key).sort());
  const hosts = new Set(
    local
      .flatMap(({ endpoints }) => [...(endpoints?.ready ?? []), ...(endpoints?.leaving ?? [])])
      .filter((node) => abilityOf(node, local) !== "None"),
  );
  if (hosts.size === 0)
    return `externalTrafficPolicy is Local and no node has an endpoint of each of ${keys}; ${CURE}`;
  const known = faults.filter(([node]) => hosts.has(node));
  for (const [node] of known) hosts.delete(node);
  const { shown, cures } = told(known, groups);
  const missing = hosts.size === 0 ? [] : [`${listed([...hosts].sort())}: there is no such node`];
  const why = [...(shown === "" ? [] : [shown]), ...missing].join("; ");
  const cure = [...(cures === "" ? [] : [cures]), CURE].join(", or ");
  return `externalTrafficPolicy is Local and endpoints of ${keys} are only on nodes that may not answer (${why}); ${cure}`;
}
