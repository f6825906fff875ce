import { anySelectorMatches, type Labels, selectorMatches } from "@fairlead/api/selector-matches.ts";
import type { Family } from "@fairlead/net/address.ts";
import type { LedgerView } from "./holdings.ts";
import type { Pool } from "./pool.ts";

/** Who asks for an address. */
export interface Applicant {
  readonly namespace: string;
  readonly namespaceLabels: Labels;
  readonly labels: Labels;
}

/**
 * Why the pool is not for this Service, or undefined if it is. An absent or empty list restricts nothing; a selector that
 * matches nothing admits nobody.
 */
export function refusedBy(pool: Pool, applicant: Applicant): string | undefined {
  const { namespaces = [], namespaceSelectors = [], serviceSelectors = [] } = pool.serviceAllocation ?? {};
  if (namespaces.length + namespaceSelectors.length > 0) {
    const admitted =
      namespaces.includes(applicant.namespace) ||
      namespaceSelectors.some((selector) => selectorMatches(selector, applicant.namespaceLabels));
    if (!admitted) return `pool "${pool.name}" does not admit namespace "${applicant.namespace}"`;
  }
  if (!anySelectorMatches(serviceSelectors, applicant.labels)) {
    return `pool "${pool.name}" does not select the Service's labels`;
  }
  return undefined;
}

/** How much of a pool's quota a namespace uses, if that is all of it. */
export interface QuotaFault {
  readonly pool: Pool;
  readonly namespace: string;
  readonly held: number;
}

/** @param returning how many addresses of the pool the Service gives back for the new one */
export function overQuota(
  ledger: LedgerView,
  pool: Pool,
  namespace: string,
  family: Family,
  returning: number,
): QuotaFault | undefined {
  if (pool.quotaPerNamespace === undefined) return undefined;
  const held = ledger.heldBy(namespace, pool.name, family);
  return held - returning < pool.quotaPerNamespace ? undefined : { pool, namespace, held };
}
