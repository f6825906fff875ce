import { compareAddresses, type Family } from "@fairlead/net/address.ts";
import { type Applicant, refusedBy } from "./admission.ts";
import type { Holding, LedgerView, ServiceKey } from "./holdings.ts";
import { leftOutBy, type Pool, poolContains } from "./pool.ts";
import type { Pools } from "./pools.ts";
import type { Refusal } from "./reasons.ts";
import type { AddressRequest } from "./request.ts";

/** A held address and what holds of it now. */
export interface KeptAddress extends Holding {
  /** The pool that its record is to name: a Service that asks for a pool by name keeps what came from it. */
  readonly pool: string | undefined;
  /** The pool that its record names. */
  readonly recordedPool: string | undefined;
  /** The pool that has it now. */
  readonly owner: string | undefined;
  /** Whether the pool that the Service asks for has it, or had it when it was given: an edit of the pool takes no address away. */
  readonly wished: boolean;
  /** Whether the pool that the Service asks for does not have it. */
  readonly astray: boolean;
  /** Why it is not an address that the Service could get today: a sentence without what follows from it. */
  readonly fault: string | undefined;
  /** Whether its pool wants the Service to get another address because of that. */
  readonly renumber: boolean;
}

/** What the Service holds, and what it shows that neither it nor anybody else has of us. */
export function holdingsOf(service: ServiceKey, ledger: LedgerView, pools: Pools): readonly Holding[] {
  const foreign = ledger
    .shownOfOthers(service)
    .filter(({ address }) => ledger.poolOf(address) === undefined && pools.containing(address).length === 0)
    .map(({ address }): Holding => ({ address, hold: "Told", pool: undefined, told: true, claimed: false }));
  const held = ledger.holdings(service);
  if (foreign.length === 0) return held;
  return [...held, ...foreign].sort((a, b) => compareAddresses(a.address, b.address));
}

/** What holds of a held address today. @param asked the pool that the Service asks for */
export function withPool(
  holding: Holding,
  pools: Pools,
  applicant: Applicant,
  asked: string | undefined,
): KeptAddress {
  const recordedPool = holding.pool;
  const recorded = recordedPool === undefined ? undefined : pools.get(recordedPool);
  const named = asked === undefined ? undefined : pools.get(asked);
  const inNamed = named !== undefined && poolContains(named, holding.address);
  const givenByNamed = inNamed && faultIn(named, holding, applicant) === undefined;
  const owner = pools.ownerOf(holding.address, recordedPool);
  const fault =
    owner === undefined ? outsideFault(holding, recordedPool) : faultIn(owner, holding, applicant);
  return {
    ...holding,
    pool:
      givenByNamed || (named !== undefined && named === recorded)
        ? named.name
        : (owner?.name ?? recordedPool),
    recordedPool,
    owner: owner?.name,
    wished: inNamed || (asked !== undefined && asked === recordedPool),
    astray: asked !== undefined && !inNamed,
    fault,
    renumber: fault !== undefined && (owner ?? recorded)?.onInvalid === "Renumber",
  };
}

function outsideFault({ address }: Holding, recordedPool: string | undefined): string {
  const was = recordedPool === undefined ? "" : ` (it came from pool "${recordedPool}")`;
  return `No pool has ${address.text} any more${was}`;
}

/**
 * Why the Service could not get an address of this pool today, if it asked anew. A pool that was deleted a moment ago is not asked; whether a
 * pool admits the Service does not matter if a person does.
 */
export function faultIn(
  pool: Pool,
  { address, claimed }: Pick<Holding, "address" | "claimed">,
  applicant: Applicant,
): string | undefined {
  if (pool.gone) return undefined;
  const by = leftOutBy(pool, address);
  if (by !== undefined) return `Pool "${pool.name}" leaves ${address.text} out now (${by})`;
  if (claimed) return undefined;
  const refused = refusedBy(pool, applicant);
  return refused && `P${refused.slice(1)} any more, from which it has ${address.text}`;
}

/** Everything that it shows was given by somebody else, no pool has it, and the Service does not ask for anything of ours. */
export function isForeign(held: readonly KeptAddress[], request: AddressRequest): boolean {
  if (request.pool !== undefined || request.addresses.length > 0) return false;
  return held.length > 0 && held.every(({ pool, hold }) => pool === undefined && hold === "Told");
}

export function foreignRefusal(held: readonly KeptAddress[]): Refusal {
  const shown = held.map(({ address }) => address.text).join(" and ");
  const message = `its status shows ${shown}, which is in no pool and was not given by Fairlead, so it is left alone; add it to an IPAddressPool to take it over, or clear the status to get another address`;
  return { reason: "ForeignAddress", message };
}

/** Of several held addresses of a family: the one asked for, else one of the pool asked for, else one on record and told. */
export function pickCurrent(
  held: readonly KeptAddress[],
  family: Family,
  request: AddressRequest,
): KeptAddress | undefined {
  const asked = request.addresses.find(({ value }) => value.family === family);
  const score = (holding: KeptAddress): number =>
    (asked?.value.text === holding.address.text ? 16 : 0) +
    (holding.wished ? 8 : 0) +
    (holding.hold === "Recorded" ? 4 : holding.hold === "Reserved" ? 2 : 0) +
    (holding.told ? 1 : 0);
  const sameFamily = held.filter(({ address }) => address.family === family);
  return sameFamily.reduce<KeptAddress | undefined>(
    (best, holding) => (best === undefined || score(holding) > score(best) ? holding : best),
    undefined,
  );
}
