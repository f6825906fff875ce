import type { Family } from "@fairlead/net/address.ts";
import type { Decision, Grant } from "../../allocation/allocate.ts";
import {
  admits,
  askedOf,
  available,
  claimants,
  covers,
  isFree,
  keptFor,
  leavesOut,
  mayJoin,
  mayPrecede,
  mayReturn,
  openPools,
  type View,
  withinQuota,
} from "./naive.ts";
import { ADDRESSES, addressesOf, familyOf, type PoolPlan, type ServicePlan } from "./universe.ts";

/** Looks at each address that is handed out, before it is. */
export class Audit {
  readonly #lastHandedOut = new Map<string, string>();

  /** @throws Error if the Service may not have what it is given, or should have got something else */
  readonly watch = (plan: ServicePlan, { take }: Decision, view: View): void => {
    for (const grant of take) {
      const fault = this.#faultOf(plan, grant, view);
      if (fault !== undefined)
        throw new Error(`${plan.key} gets ${grant.address.text} of pool ${grant.pool}: ${fault}`);
      if (isFree(view, grant.address.text))
        this.#lastHandedOut.set(`${grant.pool} ${grant.address.family}`, grant.address.text);
    }
  };

  /** Another controller knows no more than what the pools that there are say of it. */
  restarted({ pools }: View): void {
    for (const key of this.#lastHandedOut.keys()) {
      if (!pools.has(key.split(" ")[0] ?? "")) this.#lastHandedOut.delete(key);
    }
  }

  #faultOf(plan: ServicePlan, { address, pool: name }: Grant, view: View): string | undefined {
    const { text, family } = address;
    const pool = view.pools.get(name);
    if (pool === undefined || pool.gone) return "there is no such pool";
    if (!covers(pool, text) || leavesOut(pool, text)) return "the pool does not offer it";
    if (view.network.has(text)) return "a node has it";
    const asked = askedOf(plan, family);
    if (asked !== undefined && asked !== text) return `it asks for ${asked}`;
    if (plan.asksPool !== undefined && plan.asksPool !== name) return `it asks for pool ${plan.asksPool}`;
    if (mayJoin(view, plan, text, pool)) return undefined;
    const kept = keptFor(view, text);
    if (mayReturn(view, plan, text, pool))
      return kept?.released && asked === undefined ? this.#joinable(plan, family, view) : undefined;
    if (claimants(view, text).length > 0) return "others hold it";
    if (mayPrecede(view, plan, text, pool))
      return asked === undefined ? this.#kept(plan, family, pool, view) : undefined;
    if (kept !== undefined && !kept.released) return `it is reserved for ${kept.claim}`;
    if (pool.disabled && kept?.claim !== plan.key) return "the pool is disabled";
    if (!admits(view, pool, plan)) return "the pool does not admit it";
    if (!withinQuota(view, plan, pool, family)) return "the quota is used up";
    if (asked !== undefined) return undefined;
    if (plan.asksPool === undefined && !pool.autoAssign) return "the pool hands out nothing by itself";
    return this.#otherChoice(plan, text, pool, view);
  }

  /** What it should have got, having asked for no address. */
  #otherChoice(plan: ServicePlan, text: string, pool: PoolPlan, view: View): string | undefined {
    const family = familyOf(text);
    const kept = this.#kept(plan, family, pool, view);
    if (kept !== undefined) return kept;
    const pools = openPools(view, plan).filter((one) => withinQuota(view, plan, one, family));
    const left = available(view, plan, family).find((one) =>
      pools.some((open) => mayPrecede(view, plan, one, open)),
    );
    if (left !== undefined) return `it may share ${left}, which is kept for another one`;
    const free = (one: PoolPlan): readonly string[] =>
      one.spans
        .flatMap(addressesOf)
        .filter((a) => familyOf(a) === family && !leavesOut(one, a) && isFree(view, a));
    const next = this.#next(pool, family, free(pool));
    if (isFree(view, text))
      return next === text ? this.#otherPool(plan, pool, pools, free) : `${next} comes first`;
    if (pools.some((one) => free(one).length > 0)) return "another address is free";
    return this.#waitsLonger(text, pool, view);
  }

  #joinable(plan: ServicePlan, family: Family, view: View): string | undefined {
    const shared = available(view, plan, family).find((one) => claimants(view, one).length > 0);
    return shared && `it may share ${shared}`;
  }

  /** What comes before everything that is kept for nobody, or for another one. */
  #kept(plan: ServicePlan, family: Family, pool: PoolPlan, view: View): string | undefined {
    const asked = view.pools.get(plan.asksPool ?? "") ?? pool;
    const own = ADDRESSES.find((one) => familyOf(one) === family && mayReturn(view, plan, one, asked));
    return own === undefined ? this.#joinable(plan, family, view) : `${own} is kept for it`;
  }

  /** Checked for those who want one family; the second of a pair is chosen near the first. */
  #otherPool(
    plan: ServicePlan,
    pool: PoolPlan,
    pools: readonly PoolPlan[],
    free: (one: PoolPlan) => readonly string[],
  ): string | undefined {
    if (plan.families.length > 1 && plan.policy !== "SingleStack") return undefined;
    const first = pools.find((one) => free(one).length > 0);
    return first === pool ? undefined : `pool ${first?.name} comes first`;
  }

  #next(pool: PoolPlan, family: string, free: readonly string[]): string | undefined {
    const last = pool.inTurn ? this.#lastHandedOut.get(`${pool.name} ${family}`) : undefined;
    // Of one that was left out meanwhile it goes on with what comes after it.
    const order = [...new Set(pool.spans.flatMap(addressesOf))];
    const at = last === undefined ? -1 : order.indexOf(last);
    return order.slice(at + 1).find((one) => free.includes(one)) ?? free[0];
  }

  #waitsLonger(text: string, pool: PoolPlan, view: View): string | undefined {
    const since = (one: string): string => view.records.get(one)?.releasedAt ?? "";
    const longer = [...view.records].find(
      ([one, { pool: recorded }]) =>
        recorded === pool.name &&
        familyOf(one) === familyOf(text) &&
        keptFor(view, one)?.released &&
        claimants(view, one).length === 0 &&
        covers(pool, one) &&
        !leavesOut(pool, one) &&
        !view.network.has(one) &&
        since(one) < since(text),
    );
    return longer && `${longer[0]} waits longer`;
  }
}
