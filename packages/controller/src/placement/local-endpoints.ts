import type { Eligible, Ineligible } from "./eligibility.ts";
import type { ServingEndpoints } from "./endpoints.ts";

/** A Service as far as it says which nodes serve it. */
export interface Served {
  readonly localTrafficOnly: boolean;
  readonly endpoints: ServingEndpoints | undefined;
}

/**
 * What a node can do for Services that are answered for together, by the one that it can do least for. `Ready`: it serves; `Fresh`: it
 * does, but its kube-proxy may not know yet; `Leaving`: only with endpoints that terminate.
 */
export type Ability = "Ready" | "Fresh" | "Leaving" | "None";

const WORST_FIRST: readonly Ability[] = ["None", "Leaving", "Fresh", "Ready"];

/** What the node can do for the Services. Without `externalTrafficPolicy: Local` any node can do all. */
export function abilityOf(node: string, services: readonly Served[]): Ability {
  let least: Ability = "Ready";
  for (const service of services) {
    const ability = service.localTrafficOnly ? localAbility(node, service.endpoints) : "Ready";
    if (WORST_FIRST.indexOf(ability) < WORST_FIRST.indexOf(least)) least = ability;
  }
  return least;
}

function localAbility(node: string, endpoints: ServingEndpoints | undefined): Ability {
  if (endpoints?.ready.has(node)) return endpoints.fresh.has(node) ? "Fresh" : "Ready";
  return endpoints?.leaving.has(node) ? "Leaving" : "None";
}

/** Whether the Service is served anywhere where its traffic may go: with `Local`, an endpoint on no known node serves nowhere. */
export function isServed({ localTrafficOnly, endpoints }: Served): boolean {
  if (!localTrafficOnly) return endpoints?.any ?? true;
  return endpoints !== undefined && endpoints.ready.size + endpoints.leaving.size > 0;
}

export interface Holding {
  readonly services: readonly Served[];
  readonly owner: string | undefined;
  /** The node that a person wants the address on. */
  readonly wish: string | undefined;
  /** Whether established connections may end before the address moves. */
  readonly drains: boolean;
}

/** The nodes that may answer, by what their endpoints can do. */
export interface Sifted {
  /** Those to choose from. */
  readonly candidates: readonly Eligible[];
  /** Those whose endpoints terminate while others are ready, the last to stand in. */
  readonly leaving: ReadonlySet<string>;
  /** Why the others are not to be chosen from. */
  readonly faults: readonly (readonly [node: string, fault: Ineligible])[];
}

/**
 * Sifts the nodes that may answer. While one has ready endpoints, those whose endpoints terminate are not chosen: their Pods may have
 * stopped listening already. The owner keeps the address all the same if it is to drain, or if kube-proxy may not know yet of the
 * endpoints elsewhere: there, new connections would be dropped.
 */
export function sift(able: readonly Eligible[], { services, owner, wish, drains }: Holding): Sifted {
  const abilities = new Map(able.map(({ node }) => [node.name, abilityOf(node.name, services)]));
  const leaving = able.filter(({ node }) => abilities.get(node.name) === "Leaving");
  if (leaving.length === 0 || leaving.length === able.length)
    return { candidates: able, leaving: new Set(), faults: [] };
  const serving = able.filter((one) => !leaving.includes(one));
  const open = serving.filter(({ node }) => !node.cordoned);
  // Not to a cordoned node, only to leave that again for one whose kube-proxy knows a moment later.
  const settled = (open.length > 0 ? open : serving).filter(
    ({ node }) => abilities.get(node.name) === "Ready" || node.name === wish,
  );
  const holder = leaving.find(({ node }) => node.name === owner);
  const stays = holder !== undefined && (drains || settled.length === 0);
  const moves = holder !== undefined && !stays;
  return {
    candidates: stays ? [holder, ...serving] : moves ? settled : serving,
    leaving: new Set(leaving.map(({ node }) => node.name)),
    faults: leaving
      .filter((one) => one !== holder || !stays)
      .map(({ node }) => [node.name, "LocalEndpointLeaving"]),
  };
}
