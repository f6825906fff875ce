import type { Family, IpAddress } from "@fairlead/net/address.ts";
import { err, ok, type Result } from "@fairlead/net/result.ts";
import type { Choice, Grant } from "./choice.ts";
import { chooseKept } from "./choose.ts";
import { joinablePair } from "./join.ts";
import { automaticPools, chooseAmong, poolForAll } from "./offer.ts";
import { type Pool, poolContains } from "./pool.ts";
import type { Refusal } from "./reasons.ts";

/** Chooses for a Service that names neither address nor pool. */
export type AutomaticChooser = (family: Family) => Result<Grant, Refusal>;

/**
 * Takes what is reserved for the Service, else what those hold whom it may join, else what waits for it; of what is left, both families of one
 * group that it may share with, else both from one pool if one has both, beginning with the pool of an address that is there already.
 *
 * @param staying addresses that the Service goes on with
 */
export function automaticChooser(choice: Choice, staying: readonly IpAddress[]): AutomaticChooser {
  const { request } = choice;
  const candidates = automaticPools(choice);
  const kept = new Map<Family, Grant>();
  for (const family of request.families) {
    const grant = chooseKept(choice, family, candidates.ok ? candidates.value : []);
    if (grant !== undefined) kept.set(family, grant);
  }
  const has = [...staying, ...[...kept.values()].map(({ address }) => address)];
  const near = [...request.addresses.map(({ value }) => value), ...has];
  const missing = request.families.filter((family) => !has.some((address) => address.family === family));
  const ordered = candidates.ok ? inOrder(choice, candidates.value, near, missing) : [];
  const companions = near.length > 0 ? near : joinablePair(choice, ordered, missing);
  return (family) => {
    const grant = kept.get(family);
    if (grant !== undefined) return ok(grant);
    return candidates.ok ? chooseAmong(choice, ordered, family, companions) : err(candidates.error);
  };
}

/** The pools, that of what is there already first, or one that has everything that is missing. */
function inOrder(
  choice: Choice,
  pools: readonly Pool[],
  near: readonly IpAddress[],
  missing: readonly Family[],
): readonly Pool[] {
  const first =
    near.length > 0
      ? pools.find((pool) => near.some((address) => poolContains(pool, address)))
      : poolForAll(choice, pools, missing);
  return first === undefined ? pools : [first, ...pools.filter((pool) => pool !== first)];
}
