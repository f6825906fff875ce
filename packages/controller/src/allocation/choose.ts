import type { Family, IpAddress } from "@fairlead/net/address.ts";
import { err, ok, type Result } from "@fairlead/net/result.ts";
import { refusedBy } from "./admission.ts";
import { type Choice, type Grant, quotaFault } from "./choice.ts";
import { clashWith, holdersOf, isHeldWithin, joinable } from "./join.ts";
import { chooseAmong } from "./offer.ts";
import { leftOutBy, type Pool } from "./pool.ts";
import type { Pools } from "./pools.ts";
import type { Refusal } from "./reasons.ts";
import * as refusals from "./refusals.ts";
import type { Asked } from "./request.ts";
import { isOfGroup } from "./sharing.ts";

/** The address that was asked for, if it can be had. */
export function chooseRequested(choice: Choice, asked: Asked<IpAddress>): Result<Grant, Refusal> {
  const { ledger, request } = choice;
  const candidates = poolsFor(choice, asked);
  if (!candidates.ok) return candidates;
  const address = asked.value;
  const use = ledger.networkUse(address);
  if (use !== undefined) return err(refusals.networkOwned(asked, use));
  const standing = ledger.standing(address);
  if (standing.kind === "Held" || precedes(choice, address, candidates.value))
    return joinRequested(choice, asked, candidates.value);
  const own = standing.kind === "Kept" && standing.claim === request.service;
  const released = standing.kind === "Kept" && standing.released;
  const faults = candidates.value.map((pool) => faultOfPool(choice, pool, asked, own && !released));
  const pool = candidates.value[faults.indexOf(undefined)];
  if (pool === undefined) return err(refusals.mostTelling(faults));
  if (standing.kind === "Quarantined") return err(refusals.quarantined(asked, pool, standing.foreign));
  if (standing.kind === "Kept" && !own && !released) return err(refusals.kept(asked, pool, standing.claim));
  return ok({ address, pool: pool.name });
}

/** Whether the address is reserved for another Service, which joins this one there when it comes. */
function precedes(
  { ledger, pools, request }: Choice,
  address: IpAddress,
  candidates: readonly Pool[],
): boolean {
  const standing = ledger.standing(address);
  if (standing.kind !== "Kept" || standing.released || standing.claim === request.service) return false;
  const owner = pools.ownerOf(address, ledger.poolOf(address));
  return owner !== undefined && candidates.includes(owner) && isOfGroup(request.sharing, standing.terms);
}

/** An address that others hold is to be had only of the pool under which they hold it. */
function joinRequested(
  choice: Choice,
  asked: Asked<IpAddress>,
  candidates: readonly Pool[],
): Result<Grant, Refusal> {
  const address = asked.value;
  const { ledger, pools } = choice;
  const owner = pools.ownerOf(address, ledger.poolOf(address));
  const pool = candidates.find((one) => one === owner);
  if (pool === undefined)
    return err(refusals.heldUnder(asked, owner, holdersOf(ledger, address).join(" and ")));
  const fault = faultOfPool(choice, pool, asked, false);
  if (fault !== undefined) return err(fault);
  const clash = clashWith(choice, address, pool);
  if (clash !== undefined) return err(refusals.taken(asked, pool, clash));
  const foreign = ledger.foreignUse(address);
  if (foreign !== undefined) return err(refusals.quarantined(asked, pool, foreign));
  return ok({ address, pool: pool.name });
}

/** Why the address cannot be had of this pool. @param reserved whether it is reserved for the Service, which counts for more than the pool's rules */
function faultOfPool(
  choice: Choice,
  pool: Pool,
  asked: Asked<IpAddress>,
  reserved: boolean,
): Refusal | undefined {
  const leftOut = leftOutBy(pool, asked.value);
  if (leftOut !== undefined) return refusals.excluded(asked, pool, leftOut);
  if (reserved) return undefined;
  const fault = refusedBy(pool, choice.applicant);
  if (fault !== undefined) return refusals.addressNotAdmitted(asked, fault);
  const { ledger, request } = choice;
  const standing = ledger.standing(asked.value);
  const own = standing.kind === "Kept" && standing.claim === request.service;
  if (pool.disabled && !own) return refusals.disabled(asked, pool);
  const quota = isHeldWithin(choice, asked.value) ? undefined : quotaFault(choice, pool, asked.value.family);
  return quota && refusals.quota([quota]);
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

/**
 * An address that is kept for the Service: what a person reserves, a pool merely may not leave out; what waits for the Service
 * must be admitted as anything new, but of a disabled pool too, and comes after what others hold whom the Service may join.
 *
 * @param open the pools of which it may join others
 * @param within the name of the pool that it must be of
 */
export function chooseKept(
  choice: Choice,
  family: Family,
  open: readonly Pool[],
  within?: string,
): Grant | undefined {
  const { ledger, pools, request, applicant } = choice;
  for (const address of ledger.keptFor(request.service)) {
    if (address.family !== family || ledger.networkUse(address) !== undefined) continue;
    const standing = ledger.standing(address);
    const reserved = standing.kind === "Kept" && !standing.released;
    if (!reserved && mayJoinHolders(choice, open, family)) return undefined;
    const offers = (pool: Pool): boolean =>
      refusedBy(pool, applicant) === undefined && quotaFault(choice, pool, family) === undefined;
    const pool = pools
      .containing(address)
      .find(
        (one) =>
          (within === undefined || one.name === within) &&
          leftOutBy(one, address) === undefined &&
          (reserved || offers(one)),
      );
    if (pool !== undefined) return { address, pool: pool.name };
  }
  return undefined;
}

function mayJoinHolders(choice: Choice, pools: readonly Pool[], family: Family): boolean {
  const [first] = joinable(choice, pools, family, []);
  return first !== undefined && choice.ledger.standing(first.address).kind === "Held";
}

/** An address of the pool that was asked for. */
export function chooseFromPool(
  choice: Choice,
  asked: Asked<string>,
  family: Family,
  companions: readonly IpAddress[],
): Result<Grant, Refusal> {
  const pool = existing(choice.pools, asked.value);
  if (pool === undefined) return err(refusals.poolNotFound(asked));
  const kept = chooseKept(choice, family, [pool], pool.name);
  if (kept !== undefined) return ok(kept);
  const fault = refusedBy(pool, choice.applicant);
  if (fault !== undefined) return err(refusals.poolNotAdmitting(asked, fault));
  if (pool.disabled) return err(refusals.disabled(asked, pool));
  return chooseAmong(choice, [pool], family, companions);
}

function existing(pools: Pools, name: string): Pool | undefined {
  const pool = pools.get(name);
  return pool?.gone ? undefined : pool;
}
