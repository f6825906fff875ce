import { FAMILIES, type Family } from "@fairlead/net/address.ts";
import type { LedgerView } from "../allocation/holdings.ts";
import { type Pool, poolCapacity, poolHasFamily, poolOffers } from "../allocation/pool.ts";

/** A pool's addresses of one family; capacity is the sum of the others. */
export interface Usage {
  readonly capacity: bigint;
  /** Held by Services. */
  readonly used: bigint;
  /** Can be handed out now. */
  readonly free: bigint;
  /** Kept for a Service, and held by none. */
  readonly reserved: bigint;
  /** Let go, and waiting for their Service to come back. */
  readonly released: bigint;
  /** Not handed out, since somebody else on the LAN answers for them. */
  readonly quarantined: bigint;
  /** Not handed out: by `exclude` or `avoidBuggyIPs`, or since the network uses them itself. */
  readonly excluded: bigint;
}

/** Counts a pool's addresses of one family, or undefined if it has none. */
export function usageOf(pool: Pool, ledger: LedgerView, family: Family): Usage | undefined {
  if (!poolHasFamily(pool, family)) return undefined;
  const capacity = poolCapacity(pool, family);
  const used = BigInt(ledger.count(pool.cover, family, "held"));
  const reserved = BigInt(ledger.count(pool.cover, family, "reserved"));
  const released = BigInt(ledger.count(pool.cover, family, "released"));
  const quarantined = BigInt(ledger.count(pool.cover, family, "quarantined"));
  const free = poolOffers(pool, family) - BigInt(ledger.taken(pool.offered, family, pool.avoidBuggyIPs));
  const excluded = capacity - used - reserved - released - quarantined - free;
  return { capacity, used, free, reserved, released, quarantined, excluded };
}

/** Families of which the pool has nothing left to hand out, what waits for its former Service included. */
export function exhaustedFamilies(pool: Pool, ledger: LedgerView): readonly Family[] {
  return FAMILIES.filter((family) => {
    const usage = usageOf(pool, ledger, family);
    return usage !== undefined && usage.free === 0n && usage.released === 0n;
  });
}
