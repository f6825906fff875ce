import { addressOf, type Family, type IpAddress } from "@fairlead/net/address.ts";
import { err, ok, type Result } from "@fairlead/net/result.ts";
import { type Applicant, refusedBy } from "./admission.ts";
import type { LedgerView } from "./holdings.ts";
import { type Pool, poolExcludes, poolHasFamily } from "./pool.ts";
import type { Pools } from "./pools.ts";
import type { Refusal } from "./reasons.ts";
import * as refusals from "./refusals.ts";
import type { AddressRequest, Asked } from "./request.ts";

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
}

/** The address that was asked for, if it can be had. */
export function chooseRequested(choice: Choice, asked: Asked<IpAddress>): Result<Grant, Refusal> {
  const { ledger, request } = choice;
  const address = asked.value;
  const candidates = poolsFor(choice, asked);
  if (!candidates.ok) return candidates;
  const faults = candidates.value.map((pool) => refusedBy(pool, choice.applicant));
  const admitting = candidates.value.filter((_, i) => faults[i] === undefined);
  if (admitting.length === 0) return err(refusals.addressNotAdmitted(asked, faults));
  const pool = admitting.find((candidate) => !poolExcludes(candidate, address));
  if (pool === undefined) return err(refusals.excluded(asked, admitting));
  const others = ledger.holders(address)?.filter((holder) => holder !== request.service);
  if (others === undefined || others.length > 0) return err(refusals.taken(asked, pool, others));
  return ok({ address, pool: pool.name });
}

/** The pools that have the address, or the one of them that was asked for. */
function poolsFor({ pools, request }: Choice, asked: Asked<IpAddress>): Result<readonly Pool[], Refusal> {
  const containing = pools.containing(asked.value);
  const { pool: wish } = request;
  if (wish === undefined) {
    if (containing.length > 0) return ok(containing);
    return err(
      refusals.notInAnyPool(
        asked,
        pools.ordered.filter((pool) => !pool.gone),
      ),
    );
  }
  const named = existing(pools, wish.value);
  if (named === undefined) return err(refusals.poolNotFound(wish));
  if (containing.includes(named)) return ok([named]);
  if (containing.length === 0) return err(refusals.notInAnyPool(asked, [named]));
  return err(refusals.contradiction(asked, containing, wish, named));
}

/** The first free address of the pool that was asked for. */
export function chooseFromPool(choice: Choice, asked: Asked<string>, family: Family): Result<Grant, Refusal> {
  const pool = existing(choice.pools, asked.value);
  if (pool === undefined) return err(refusals.poolNotFound(asked));
  const fault = refusedBy(pool, choice.applicant);
  if (fault !== undefined) return err(refusals.poolNotAdmitting(asked, fault));
  return chooseAmong(choice, [pool], family);
}

/** The first free address of the first pool that has one. */
export function chooseAmong(choice: Choice, pools: readonly Pool[], family: Family): Result<Grant, Refusal> {
  for (const pool of pools) {
    const address = firstFree(choice.ledger, pool, family);
    if (address !== undefined) return ok({ address, pool: pool.name });
  }
  const withFamily = pools.filter((pool) => poolHasFamily(pool, family));
  if (withFamily.length === 0) return err(refusals.noFamily(pools, family));
  return err(refusals.exhausted(choice.ledger, withFamily, family));
}

/** The pools that a Service which names none may get an address of, in order; or why there are none. */
export function automaticPools(choice: Choice): Result<readonly Pool[], Refusal> {
  const usable = choice.pools.ordered.filter((pool) => !pool.gone);
  if (usable.length === 0) return err(refusals.noPools());
  const faults = usable.map((pool) =>
    pool.autoAssign ? refusedBy(pool, choice.applicant) : `pool "${pool.name}" has autoAssign: false`,
  );
  const admitting = usable.filter((_, i) => faults[i] === undefined);
  return admitting.length === 0 ? err(refusals.noneAdmits(faults)) : ok(admitting);
}

/** The first pool of these that has a free address of every family. */
export function poolForAll(
  choice: Choice,
  pools: readonly Pool[],
  families: readonly Family[],
): Pool | undefined {
  return pools.find((pool) =>
    families.every((family) => firstFree(choice.ledger, pool, family) !== undefined),
  );
}

function existing(pools: Pools, name: string): Pool | undefined {
  const pool = pools.get(name);
  return pool?.gone ? undefined : pool;
}

function firstFree(ledger: LedgerView, pool: Pool, family: Family): IpAddress | undefined {
  for (const range of pool.ranges) {
    if (range.family !== family) continue;
    const value = ledger.firstFree(range, pool.avoidBuggyIPs);
    if (value !== undefined) return addressOf(family, value);
  }
  return undefined;
}
