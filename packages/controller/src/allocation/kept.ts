import type { Family } from "@fairlead/net/address.ts";
import type { Holding } from "./holdings.ts";
import { poolContains } from "./pool.ts";
import type { Pools } from "./pools.ts";
import type { Refusal } from "./reasons.ts";
import type { AddressRequest } from "./request.ts";

/** A held address and the pool that it belongs to now. */
export interface KeptAddress extends Holding {
  /** The pool that its record names. */
  readonly recordedPool: string | undefined;
  /** Whether a pool still has the address. */
  readonly inPool: boolean;
}

/** The pool that a held address belongs to: the one on record while that has it, else the first that has it. */
export function withPool(holding: Holding, pools: Pools): KeptAddress {
  const recordedPool = holding.pool;
  const recorded = recordedPool === undefined ? undefined : pools.get(recordedPool);
  if (recorded !== undefined && poolContains(recorded, holding.address))
    return { ...holding, recordedPool, inPool: true };
  const [first] = pools.containing(holding.address);
  return first === undefined
    ? { ...holding, recordedPool, inPool: false }
    : { ...holding, recordedPool, pool: first.name, inPool: true };
}

/** Everything that it shows was given by somebody else, no pool has it, and the Service does not ask for anything of ours. */
export function isForeign(held: readonly KeptAddress[], request: AddressRequest): boolean {
  if (request.pool !== undefined || request.addresses.length > 0) return false;
  return held.length > 0 && held.every(({ pool }) => pool === undefined);
}

export function foreignRefusal(held: readonly KeptAddress[]): Refusal {
  const shown = held.map(({ address }) => address.text).join(" and ");
  const message = `its status shows ${shown}, which is in no pool and was not given by Fairlead, so it is left alone; add it to an IPAddressPool to take it over, or clear the status to get another address`;
  return { reason: "ForeignAddress", message };
}

/** Of several held addresses of a family: the one asked for, else the one in the pool asked for, else the one on record and told. */
export function pickCurrent(
  held: readonly KeptAddress[],
  family: Family,
  request: AddressRequest,
): KeptAddress | undefined {
  const asked = request.addresses.find(({ value }) => value.family === family);
  const score = (holding: KeptAddress): number =>
    (asked?.value.text === holding.address.text ? 16 : 0) +
    (request.pool !== undefined && [holding.pool, holding.recordedPool].includes(request.pool.value)
      ? 8
      : 0) +
    (holding.hold === "Recorded" ? 4 : holding.hold === "Reserved" ? 2 : 0) +
    (holding.told ? 1 : 0);
  const sameFamily = held.filter(({ address }) => address.family === family);
  return sameFamily.reduce<KeptAddress | undefined>(
    (best, holding) => (best === undefined || score(holding) > score(best) ? holding : best),
    undefined,
  );
}

/** The pool has it, or had it when it was given: an edit of the pool takes no address away. */
export function isFrom(holding: KeptAddress, name: string, pools: Pools): boolean {
  if (holding.recordedPool === name) return true;
  const pool = pools.get(name);
  return pool !== undefined && poolContains(pool, holding.address);
}
