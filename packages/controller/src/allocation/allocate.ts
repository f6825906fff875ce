import type { Labels } from "@fairlead/api/selector-matches.ts";
import { FAMILIES, type Family, type IpAddress } from "@fairlead/net/address.ts";
import type { Result } from "@fairlead/net/result.ts";
import type { Applicant } from "./admission.ts";
import { type AutomaticChooser, automaticChooser } from "./automatic.ts";
import type { Choice, Grant } from "./choice.ts";
import { chooseFromPool, chooseRequested } from "./choose.ts";
import { type Current, type Currents, currentsOf, judged, returnedPool, stayingOf } from "./current.ts";
import { type Departure, departing } from "./departure.ts";
import type { LedgerView } from "./holdings.ts";
import { triedEnough } from "./in-use.ts";
import { joinablePair } from "./join.ts";
import { foreignRefusal, holdingsOf, isForeign, type KeptAddress, withPool } from "./kept.ts";
import { lackedBy } from "./lacks.ts";
import { outcomeOf } from "./outcome.ts";
import type { Pools } from "./pools.ts";
import type { Outcome, Refusal } from "./reasons.ts";
import { sharingConflict } from "./refusals.ts";
import type { AddressRequest } from "./request.ts";
import { isOutOfDate } from "./sharing-fault.ts";

export type { Grant } from "./choice.ts";
export type { Departure } from "./departure.ts";
export type { KeptAddress } from "./kept.ts";

/** What is known when a Service is decided upon. */
export interface AllocationState {
  readonly pools: Pools;
  readonly ledger: LedgerView;
  /** Labels of the Service's namespace. */
  readonly namespaceLabels: Labels;
  /** In ms since 1970. */
  readonly nowMs: number;
  /**
   * Whether an objection against an address has stood long enough to be acted upon: what holds between two writes of one
   * change is not meant.
   */
  readonly isRipe: (objection: string) => boolean;
}

/** What is to become of a Service's addresses. Applied in the order keep, take, tell, release. */
export interface Decision {
  /** Addresses that stay. One that is not `Recorded` needs its VirtualIP; one without a pool is foreign and gets none. */
  readonly keep: readonly KeptAddress[];
  /** Addresses to be secured. */
  readonly take: readonly Grant[];
  /** Addresses to be let go of once those of `take` are secured and told. */
  readonly release: readonly Departure[];
  /** Addresses among `keep` whose record states other terms of sharing than hold now. */
  readonly restate: readonly IpAddress[];
  readonly outcome: Outcome;
  /** Whether it asks for something that it cannot have now, and so is looked at again when something changes. */
  readonly waiting: boolean;
  /** Of which families an address that others let go of might help it while it waits. One that comes to be kept for it might in any case. */
  readonly lacks: readonly Family[];
  /** What speaks against the Service's addresses, for {@link AllocationState.isRipe}. */
  readonly objections: readonly string[];
  /** Record and statuses contradict each other: nothing is done until that is resolved. */
  readonly disputed: boolean;
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
  const { pools, ledger, namespaceLabels, nowMs } = state;
  const applicant: Applicant = { namespace: request.namespace, namespaceLabels, labels: request.labels };
  // What another program shows on the Service is nothing that it has.
  const contested = request.refusal?.reason === "StatusContested";
  const all = holdingsOf(request.service, ledger, pools)
    .filter(({ hold }) => !contested || hold === "Recorded")
    .map((holding) => withPool(holding, pools, applicant, request.pool?.value));
  const disputed = all.some(
    ({ hold, address }) => hold === "Disputed" || ledger.disputing(address).length > 0,
  );
  if (disputed) return { ...keepAll(request, all, undefined), disputed };
  if (isForeign(all, request)) return keepAll(request, all, request.refusal ?? foreignRefusal(all));
  const objections: string[] = [];
  const isRipe = (objection: string): boolean => {
    objections.push(objection);
    return state.isRipe(objection);
  };
  const has = all.map((kept) => judged(kept, request, { pools, ledger, nowMs, isRipe }));
  if (request.refusal !== undefined) return { ...refused(request, has, request.refusal), objections };
  // What was merely chosen, and could not be chosen any more, is nothing that it has.
  const held = has.filter(
    ({ kept: { hold, told, fault } }) => hold !== "Reserved" || told || fault === undefined,
  );
  const current = currentsOf(request, held);
  const returning = (family: Family): string | undefined =>
    returnedPool(current.get(family), request, ledger);
  const results = chooseFamilies({ request, applicant, pools, ledger, returning }, current);
  return { ...decisionOf(request, ledger, { has, held, results }), objections };
}

/** What a decision is made of. */
interface Findings {
  readonly has: readonly Current[];
  readonly held: readonly Current[];
  readonly results: readonly FamilyResult[];
}

/** Of a Service that can get nothing in its families, what it has in others stays too. */
function decisionOf(
  request: AddressRequest,
  ledger: LedgerView,
  { has, held, results }: Findings,
): Omit<Decision, "objections"> {
  const take = results.flatMap((result) => result.take ?? []);
  const stays = results.flatMap((result) => result.keep ?? []);
  const nothing = stays.length + take.length === 0;
  const keep = nothing ? remaining(held) : stays;
  const clashing = held.flatMap(({ kept, clash }) => (clash === undefined ? [] : kept));
  const restated = keep.filter(
    (one) => one.pool !== undefined && isOutOfDate(one, request, ledger) && !clashing.includes(one),
  );
  return {
    keep,
    take,
    release: departing(request, has, keep),
    restate: restated.map(({ address }) => address),
    outcome: outcomeOf(request, keep, take, results),
    waiting: results.some(({ refusal }) => refusal !== undefined) || keep.some(({ renumber }) => renumber),
    lacks: lackedBy(request, keep, results),
    disputed: false,
  };
}

/** Of a Service that cannot be served as it is, only another one's traffic takes an address away. */
function refused(request: AddressRequest, has: readonly Current[], refusal: Refusal): Decision {
  const keep = remaining(has);
  return { ...keepAll(request, keep, refusal), release: departing(request, has, keep) };
}

function remaining(has: readonly Current[]): readonly KeptAddress[] {
  return has.flatMap(({ kept, leave }) => (leave ? [] : kept));
}

/** Lets a Service keep what it has, whatever it asks for. @param refusal why; undefined: nothing is told */
export function keepAll(
  request: AddressRequest,
  held: readonly KeptAddress[],
  refusal: Refusal | undefined,
): Decision {
  const outcome = outcomeOf(request, held, [], [{ family: "IPv4", refusal }]);
  const nothing = { take: [], release: [], restate: [], objections: [], disputed: false } as const;
  return { ...nothing, keep: held, outcome, waiting: true, lacks: [] };
}

function chooseFamilies(choice: Choice, current: Currents): readonly FamilyResult[] {
  const { request } = choice;
  let chooser: AutomaticChooser | undefined;
  const automatic: AutomaticChooser = (family) => {
    chooser ??= automaticChooser(choice, stayingOf(current));
    return chooser(family);
  };
  const companions = companionsOf(choice, current);
  const results: FamilyResult[] = [];
  for (const family of FAMILIES.filter((one) => request.families.includes(one))) {
    const has = current.get(family);
    const result = resultOf(family, has, chooseFamily(choice, family, has, automatic, companions));
    if (result.take !== undefined) companions.push(result.take.address);
    results.push(result);
  }
  const incomplete =
    request.need === "all" && results.some(({ keep, take }) => keep === undefined && take === undefined);
  if (!incomplete) return results;
  // What it has already may be replaced; what it lacks is given whole or not at all.
  return results.map((result) => {
    const has = current.get(result.family);
    return has?.replace ? result : { ...result, keep: has?.kept, take: undefined };
  });
}

/** Addresses near which those of the pool that the Service names are chosen. */
function companionsOf(choice: Choice, current: Currents): IpAddress[] {
  const { request, pools } = choice;
  const staying = [...stayingOf(current)];
  const named = request.pool && pools.get(request.pool.value);
  if (named === undefined || staying.length > 0) return staying;
  return [...joinablePair(choice, [named], request.families)];
}

function resultOf(
  family: Family,
  current: Current | undefined,
  chosen: Result<Grant, Refusal> | "keep",
): FamilyResult {
  const keep = current?.leave ? undefined : current?.kept;
  if (chosen === "keep") return { family, keep, take: undefined, refusal: faultOf(current) };
  if (chosen.ok) return { family, keep: undefined, take: chosen.value, refusal: undefined };
  return { family, keep, take: undefined, refusal: faultOf(current) ?? chosen.error };
}

function faultOf(current: Current | undefined): Refusal | undefined {
  if (current?.inUse !== undefined && !current.replace)
    return triedEnough(current.kept.address, current.inUse);
  if (current?.clash === undefined || !current.replace || current.leave) return undefined;
  return sharingConflict(current.kept.address, current.clash.message);
}

function chooseFamily(
  choice: Choice,
  family: Family,
  current: Current | undefined,
  automatic: AutomaticChooser,
  companions: readonly IpAddress[],
): Result<Grant, Refusal> | "keep" {
  const { request } = choice;
  const asked = request.addresses.find(({ value }) => value.family === family);
  if (asked !== undefined) {
    const has = current?.kept.address.text === asked.value.text && !current.leave;
    return has ? "keep" : chooseRequested(choice, asked);
  }
  const stays = current !== undefined && !current.replace;
  if (request.pool === undefined) return stays ? "keep" : automatic(family);
  const wanted = request.addresses.length > 0 || current?.kept.wished === true;
  if (stays && wanted) return "keep";
  return chooseFromPool(choice, request.pool, family, companions);
}
