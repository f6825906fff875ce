import type { Labels } from "@fairlead/api/selector-matches.ts";
import { FAMILIES, type Family, type IpAddress } from "@fairlead/net/address.ts";
import { err, ok, type Result } from "@fairlead/net/result.ts";
import {
  automaticPools,
  type Choice,
  chooseAmong,
  chooseFromPool,
  chooseRequested,
  type Grant,
  poolForAll,
} from "./choose.ts";
import type { Holding, LedgerView } from "./holdings.ts";
import { foreignRefusal, isForeign, isFrom, type KeptAddress, pickCurrent, withPool } from "./kept.ts";
import { outcomeOf } from "./outcome.ts";
import { poolContains } from "./pool.ts";
import type { Pools } from "./pools.ts";
import type { Outcome, Refusal } from "./reasons.ts";
import type { AddressRequest } from "./request.ts";

export type { Grant } from "./choose.ts";
export type { KeptAddress } from "./kept.ts";

/** What is known when a Service is decided upon. */
export interface AllocationState {
  readonly pools: Pools;
  readonly ledger: LedgerView;
  /** Labels of the Service's namespace. */
  readonly namespaceLabels: Labels;
}

/** What is to become of a Service's addresses. Applied in the order keep, take, tell, release. */
export interface Decision {
  /** Addresses that stay. One that is not `Recorded` needs its VirtualIP; one without a pool is foreign and gets none. */
  readonly keep: readonly KeptAddress[];
  /** Free addresses to be secured. */
  readonly take: readonly Grant[];
  /** Addresses to be let go of once those of `take` are secured and told. */
  readonly release: readonly Holding[];
  readonly outcome: Outcome;
  /** Whether it asks for something that it cannot have now, and so is looked at again when something changes. */
  readonly waiting: boolean;
}

/** What one family ends with. */
interface FamilyResult {
  readonly family: Family;
  readonly keep: KeptAddress | undefined;
  readonly take: Grant | undefined;
  readonly refusal: Refusal | undefined;
}

/**
 * Decides upon one Service. What is still valid stays; what it lacks is taken first fit; nothing it has is let go before
 * something better is taken. The same state gives the same decision, and deciding again on the result changes nothing.
 */
export function decide(request: AddressRequest, state: AllocationState): Decision {
  const choice: Choice = {
    request,
    applicant: {
      namespace: request.namespace,
      namespaceLabels: state.namespaceLabels,
      labels: request.labels,
    },
    pools: state.pools,
    ledger: state.ledger,
  };
  const held = state.ledger.holdings(request.service).map((holding) => withPool(holding, state.pools));
  if (request.refusal !== undefined) return keepAll(request, held, request.refusal);
  const current = new Map(request.families.map((family) => [family, pickCurrent(held, family, request)]));
  if (isForeign(held, request)) return keepAll(request, held, foreignRefusal(held));
  const results = chooseFamilies(choice, current);
  const keep = results.flatMap((result) => result.keep ?? []);
  const take = results.flatMap((result) => result.take ?? []);
  const nothing = keep.length + take.length === 0;
  const kept = nothing ? held : keep;
  return {
    keep: kept,
    take,
    release: held.filter((holding) => !kept.includes(holding)),
    outcome: outcomeOf(request, kept, take, results),
    waiting: results.some(({ refusal }) => refusal !== undefined),
  };
}

function keepAll(request: AddressRequest, held: readonly KeptAddress[], refusal: Refusal): Decision {
  const outcome = outcomeOf(request, held, [], [{ family: "IPv4", refusal }]);
  return { keep: held, take: [], release: [], outcome, waiting: true };
}

type Current = ReadonlyMap<Family, KeptAddress | undefined>;

function chooseFamilies(choice: Choice, current: Current): readonly FamilyResult[] {
  const { request } = choice;
  const automatic = automaticChooser(choice, current);
  const results = FAMILIES.filter((family) => request.families.includes(family)).map(
    (family): FamilyResult => {
      const keep = current.get(family);
      const chosen = chooseFamily(choice, family, keep, automatic);
      if (chosen === "keep") return { family, keep, take: undefined, refusal: undefined };
      if (!chosen.ok) return { family, keep, take: undefined, refusal: chosen.error };
      return { family, keep: undefined, take: chosen.value, refusal: undefined };
    },
  );
  const incomplete =
    request.need === "all" && results.some(({ keep, take }) => keep === undefined && take === undefined);
  if (!incomplete) return results;
  return results.map((result) => ({ ...result, keep: current.get(result.family), take: undefined }));
}

function chooseFamily(
  choice: Choice,
  family: Family,
  current: KeptAddress | undefined,
  automatic: (family: Family) => Result<Grant, Refusal>,
): Result<Grant, Refusal> | "keep" {
  const { request, pools } = choice;
  const asked = request.addresses.find(({ value }) => value.family === family);
  if (asked !== undefined) return isAt(current, asked.value) ? "keep" : chooseRequested(choice, asked);
  if (request.pool !== undefined && request.addresses.length === 0) {
    if (current !== undefined && isFrom(current, request.pool.value, pools)) return "keep";
    return chooseFromPool(choice, request.pool, family);
  }
  if (current !== undefined) return "keep";
  return request.pool === undefined ? automatic(family) : chooseFromPool(choice, request.pool, family);
}

function isAt(holding: KeptAddress | undefined, address: IpAddress): boolean {
  return holding?.address.text === address.text;
}

/** Takes both families from one pool if one has both, beginning with the pool of an address that is there already. */
function automaticChooser(choice: Choice, current: Current): (family: Family) => Result<Grant, Refusal> {
  const { request } = choice;
  const candidates = automaticPools(choice);
  if (!candidates.ok) return () => err(candidates.error);
  const missing = request.families.filter((family) => current.get(family) === undefined);
  const asked = request.addresses.map(({ value }) => value);
  const near = [...asked, ...[...current.values()].flatMap((holding) => holding?.address ?? [])];
  const first =
    near.length > 0
      ? candidates.value.find((pool) => near.some((address) => poolContains(pool, address)))
      : poolForAll(choice, candidates.value, missing);
  const ordered =
    first === undefined ? candidates.value : [first, ...candidates.value.filter((pool) => pool !== first)];
  return (family) => {
    const chosen = chooseAmong(choice, ordered, family);
    return chosen.ok ? ok(chosen.value) : chosen;
  };
}
