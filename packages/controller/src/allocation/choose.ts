import { addressOf, type Family, type IpAddress } from "@fairlead/net/address.ts";
import { err, ok, type Result } from "@fairlead/net/result.ts";
import { type Applicant, refusedBy } from "./admission.ts";
import { heldIn, type LedgerView, type ServiceKey } from "./holdings.ts";
import { type Pool, poolCapacity, poolExcludes, poolHasFamily } from "./pool.ts";
import { formatCover, type Pools } from "./pools.ts";
import type { Refusal } from "./reasons.ts";
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
  const { pools, ledger, request } = choice;
  const address = asked.value;
  const containing = pools.containing(address).filter((pool) => !pool.gone);
  if (containing.length === 0) return err(notInAnyPool(asked));
  const named = containing.filter((pool) => request.pool === undefined || pool.name === request.pool.value);
  if (named.length === 0) return err(namedPoolLacks(choice, asked, containing));
  const refusals = named.map((pool) => refusedBy(pool, choice.applicant));
  const admitting = named.filter((_, i) => refusals[i] === undefined);
  if (admitting.length === 0) return err(notAdmitted(refusals));
  const pool = admitting.find((candidate) => !poolExcludes(candidate, address));
  if (pool === undefined) return err(excluded(asked, admitting));
  const others = ledger.holders(address)?.filter((holder) => holder !== request.service);
  if (others === undefined || others.length > 0) return err(taken(asked, pool, others));
  return ok({ address, pool: pool.name });
}

/** The first free address of the pool that was asked for. */
export function chooseFromPool(choice: Choice, asked: Asked<string>, family: Family): Result<Grant, Refusal> {
  const pool = choice.pools.get(asked.value);
  if (pool === undefined || pool.gone) {
    const message = `${asked.field} names pool "${asked.value}", which does not exist; create it or remove the annotation`;
    return err({ reason: "PoolNotFound", message });
  }
  const refusal = refusedBy(pool, choice.applicant);
  if (refusal !== undefined) return err(notAdmitted([refusal]));
  return chooseAmong(choice, [pool], family);
}

/** The first free address of the first pool that has one. */
export function chooseAmong(choice: Choice, pools: readonly Pool[], family: Family): Result<Grant, Refusal> {
  for (const pool of pools) {
    const address = firstFree(choice.ledger, pool, family);
    if (address !== undefined) return ok({ address, pool: pool.name });
  }
  const withFamily = pools.filter((pool) => poolHasFamily(pool, family));
  if (withFamily.length === 0) return err(noFamily(pools, family));
  return err(exhausted(choice.ledger, withFamily, family));
}

/** The pools that a Service which names none may get an address of, in order; or why there are none. */
export function automaticPools(choice: Choice): Result<readonly Pool[], Refusal> {
  const usable = choice.pools.ordered.filter((pool) => !pool.gone);
  if (usable.length === 0) {
    return err({ reason: "NoPools", message: "there is no IPAddressPool; create one" });
  }
  const refusals: (string | undefined)[] = [];
  const admitting = usable.filter((pool) => {
    const refusal = pool.autoAssign
      ? refusedBy(pool, choice.applicant)
      : `pool "${pool.name}" has autoAssign: false`;
    refusals.push(refusal);
    return refusal === undefined;
  });
  return admitting.length === 0 ? err(notAdmitted(refusals)) : ok(admitting);
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

function firstFree(ledger: LedgerView, pool: Pool, family: Family): IpAddress | undefined {
  for (const range of pool.ranges) {
    if (range.family !== family) continue;
    const value = ledger.firstFree(range, pool.avoidBuggyIPs);
    if (value !== undefined) return addressOf(family, value);
  }
  return undefined;
}

function notInAnyPool({ field, value }: Asked<IpAddress>): Refusal {
  const message = `${field} asks for ${value.text}, which is in no pool; ask for another address or add it to an IPAddressPool`;
  return { reason: "AddressNotInAnyPool", message };
}

function namedPoolLacks(
  { request, pools }: Choice,
  asked: Asked<IpAddress>,
  containing: readonly Pool[],
): Refusal {
  const name = request.pool?.value ?? "";
  const field = request.pool?.field ?? "";
  const pool = pools.get(name);
  if (pool === undefined || pool.gone) {
    const message = `${field} names pool "${name}", which does not exist; create it or remove the annotation`;
    return { reason: "PoolNotFound", message };
  }
  return {
    reason: "Contradiction",
    message: `${asked.field} asks for ${asked.value.text}, which is in ${quoteAll(containing)}, and ${field} for pool "${name}" (${formatCover(pool.cover)}); change one of the two`,
  };
}

function notAdmitted(refusals: readonly (string | undefined)[]): Refusal {
  const told = refusals.filter((refusal) => refusal !== undefined);
  const shown = told.slice(0, 5).join("; ");
  const more = told.length > 5 ? `; ${told.length - 5} more pools` : "";
  return {
    reason: "NotAdmitted",
    message: `${shown}${more}; change the pool's autoAssign or serviceAllocation, name another pool, or add a pool`,
  };
}

function excluded({ field, value }: Asked<IpAddress>, pools: readonly Pool[]): Refusal {
  const message = `${field} asks for ${value.text}, which ${quoteAll(pools)} leaves out (avoidBuggyIPs); ask for another address`;
  return { reason: "AddressExcluded", message };
}

function taken(
  { field, value }: Asked<IpAddress>,
  pool: Pool,
  holders: readonly ServiceKey[] | undefined,
): Refusal {
  const by = holders === undefined ? "reserved by its VirtualIP" : `held by ${holders.join(", ")}`;
  const message = `${field} asks for ${value.text} of pool "${pool.name}", which is ${by}; it is given as soon as it is free, or ask for another address`;
  return { reason: "AddressTaken", message };
}

function noFamily(pools: readonly Pool[], family: Family): Refusal {
  const message = `${quoteAll(pools)} has no ${family} addresses; add ${family} addresses to a pool`;
  return { reason: "FamilyNotAvailable", message };
}

function exhausted(ledger: LedgerView, pools: readonly Pool[], family: Family): Refusal {
  const numbers = pools.slice(0, 5).map((pool) => {
    const used = heldIn(ledger, pool.cover, family, pool.avoidBuggyIPs);
    return `pool "${pool.name}" has ${used} of its ${poolCapacity(pool, family)} ${family} addresses in use`;
  });
  const more = pools.length > 5 ? `; so have ${pools.length - 5} more pools` : "";
  return {
    reason: "PoolExhausted",
    message: `${numbers.join("; ")}${more}; add addresses or delete a Service`,
  };
}

function quoteAll(pools: readonly Pool[]): string {
  const shown = pools
    .slice(0, 5)
    .map(({ name }) => `pool "${name}"`)
    .join(", ");
  return pools.length > 5 ? `${shown} and ${pools.length - 5} more` : shown;
}
