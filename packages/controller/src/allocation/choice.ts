import type { Family, IpAddress } from "@fairlead/net/address.ts";
import { type Applicant, overQuota, type QuotaFault } from "./admission.ts";
import type { LedgerView } from "./holdings.ts";
import type { Pool } from "./pool.ts";
import type { Pools } from "./pools.ts";
import type { AddressRequest } from "./request.ts";

/** An address that can be taken, and the pool that it is taken from. */
export interface Grant {
  readonly address: IpAddress;
  readonly pool: string;
}

/** All that a choice depends on. */
export interface Choice {
  readonly request: AddressRequest;
  readonly applicant: Applicant;
  readonly pools: Pools;
  readonly ledger: LedgerView;
  /** The pool of the address of this family that the Service's namespace gives back for another one. */
  readonly returning: (family: Family) => string | undefined;
}

/** Why the namespace of the Service may not hold one more address of the pool. */
export function quotaFault(
  { ledger, request, returning }: Choice,
  pool: Pool,
  family: Family,
): QuotaFault | undefined {
  return overQuota(ledger, pool, request.namespace, family, Number(returning(family) === pool.name));
}
