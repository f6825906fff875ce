import { addressOf, type Family, type IpAddress } from "@fairlead/net/address.ts";
import type { AddressRange } from "@fairlead/net/range.ts";
import { err, ok, type Result } from "@fairlead/net/result.ts";
import { refusedBy } from "./admission.ts";
import { type Choice, type Grant, quotaFault } from "./choice.ts";
import type { LedgerView } from "./holdings.ts";
import { apartFrom, joinable } from "./join.ts";
import { leftOutBy, type Pool, poolContains, poolHasFamily } from "./pool.ts";
import type { Refusal } from "./reasons.ts";
import * as refusals from "./refusals.ts";

/**
 * An address of these pools: one of those who share with the Service, else the first free one of the first pool that has one, else the one that waits
 * longest for its former Service.
 *
 * @param companions addresses that the Service has or gets beside it: one that is shared with the same Services comes first
 */
export function chooseAmong(
  choice: Choice,
  pools: readonly Pool[],
  family: Family,
  companions: readonly IpAddress[],
): Result<Grant, Refusal> {
  const [shared] = joinable(choice, pools, family, companions);
  if (shared !== undefined) return ok(shared);
  const withFamily = pools.filter((pool) => poolHasFamily(pool, family));
  if (withFamily.length === 0) return err(refusals.noFamily(pools, family));
  const quotas = withFamily.map((pool) => quotaFault(choice, pool, family));
  const open = withFamily.filter((_, i) => quotas[i] === undefined);
  for (const take of [firstFree, longestReleased]) {
    for (const pool of open) {
      const address = take(choice.ledger, pool, family);
      if (address !== undefined) return ok({ address, pool: pool.name });
    }
  }
  const exceeded = quotas.filter((fault) => fault !== undefined);
  if (open.length === 0) return err(refusals.quota(exceeded));
  const exhausted = refusals.exhausted(choice.ledger, open, family, apartFrom(choice, open, family));
  return err(exceeded.length === 0 ? exhausted : refusals.both(exhausted, refusals.quota(exceeded)));
}

/** The pools that a Service which names none may get an address of, in order; or why there are none. */
export function automaticPools(choice: Choice): Result<readonly Pool[], Refusal> {
  const usable = choice.pools.ordered.filter((pool) => !pool.gone);
  if (usable.length === 0) return err(refusals.noPools());
  const faults = usable.map((pool) =>
    pool.autoAssign ? refusedBy(pool, choice.applicant) : `pool "${pool.name}" has autoAssign: false`,
  );
  const admitting = usable.filter((_, i) => faults[i] === undefined);
  if (admitting.length === 0) return err(refusals.noneAdmits(faults));
  const open = admitting.filter(({ disabled }) => !disabled);
  return open.length === 0 ? err(refusals.allDisabled(admitting)) : ok(open);
}

/** The first pool of these that has a free address of every family. */
export function poolForAll(
  choice: Choice,
  pools: readonly Pool[],
  families: readonly Family[],
): Pool | undefined {
  return pools.find((pool) =>
    families.every(
      (family) =>
        quotaFault(choice, pool, family) === undefined &&
        firstFree(choice.ledger, pool, family) !== undefined,
    ),
  );
}

/**
 * The next free address in the order of the pool's ranges: the first one, or, in turn, the first one after that which was handed
 * out last.
 */
function firstFree(ledger: LedgerView, pool: Pool, family: Family): IpAddress | undefined {
  const ranges = pool.offered.filter((range) => range.family === family);
  for (const range of [...laterThanLast(ledger, pool, ranges, family), ...ranges]) {
    const value = ledger.firstFree(range, pool.avoidBuggyIPs);
    if (value !== undefined) return addressOf(family, value);
  }
  return undefined;
}

function laterThanLast(
  ledger: LedgerView,
  pool: Pool,
  ranges: readonly AddressRange[],
  family: Family,
): readonly AddressRange[] {
  if (pool.selection !== "LeastRecentlyUsed") return [];
  const last = ledger.lastHandedOut(pool.name, family);
  if (last === undefined) return [];
  const at = ranges.findIndex((range) => range.first <= last && last <= range.last);
  const turn = ranges[at];
  if (turn !== undefined) return [{ ...turn, first: last + 1n }, ...ranges.slice(at + 1)];
  // It was excluded meanwhile: on with what comes after it in the pool.
  const listed = (value: bigint): number =>
    pool.ranges.findIndex((one) => one.family === family && one.first <= value && value <= one.last);
  const entry = listed(last);
  if (entry < 0) return [];
  const next = ranges.findIndex(({ first }) => {
    const other = listed(first);
    return other > entry || (other === entry && first > last);
  });
  return next < 0 ? [] : ranges.slice(next);
}

function longestReleased(ledger: LedgerView, pool: Pool, family: Family): IpAddress | undefined {
  for (const address of ledger.releasedOf(pool.name, family)) {
    if (!poolContains(pool, address)) continue;
    if (leftOutBy(pool, address) === undefined && ledger.networkUse(address) === undefined) return address;
  }
  return undefined;
}
