import type { Labels } from "@fairlead/api/selector-matches.ts";
import type { IpAddress } from "@fairlead/net/address.ts";
import { type Decision, decide } from "./allocate.ts";
import type { ServiceKey } from "./holdings.ts";
import type { Ledger } from "./ledger.ts";
import { sentence } from "./outcome.ts";
import type { Pool } from "./pool.ts";
import type { Pools } from "./pools.ts";
import type { Outcome } from "./reasons.ts";
import type { AddressRequest } from "./request.ts";

/** A Service whose addresses are to be planned. */
export interface PlannedService {
  readonly request: AddressRequest;
  readonly namespaceLabels: Labels;
  /** Since when it waits or exists, RFC 3339. */
  readonly since: string;
}

/** All that is known of a cluster's allocation. */
export interface PlanState {
  readonly services: readonly PlannedService[];
  /** Changed by planning: what is planned is written into it. */
  readonly ledger: Ledger;
  readonly pools: Pools;
}

/**
 * What a new configuration does to one Service. `Renumbered`: it gets other addresses. `Gains`: it gets one and loses none.
 * `Loses`: it loses one and gets none. `Invalid`: it keeps an address that it could not get any more.
 * `Waits`: it does not get what it asks for, and did so far or was told another reason.
 */
export interface PlannedChange {
  readonly service: ServiceKey;
  readonly kind: "Renumbered" | "Gains" | "Loses" | "Invalid" | "Waits";
  readonly now: readonly IpAddress[];
  readonly then: readonly IpAddress[];
  /** What brings the change about, and what the Service would be told. */
  readonly why: string;
}

/** Whether the change is one of addresses, and not merely of what is told. */
export function changesAddresses({ kind }: PlannedChange): boolean {
  return kind === "Renumbered" || kind === "Gains" || kind === "Loses";
}

/**
 * Lists the Services that would change if the pools were replaced by these, and why, once everything that waits for a grace
 * to pass has happened. As the controller does it, those who wait get what is free at once, and what begins to speak against an
 * address is acted upon after that.
 */
export function plan(state: PlanState, pools: Pools): readonly PlannedChange[] {
  const { services, ledger } = state;
  const before = new Map(
    services.map((one) => [one.request.service, decideOn(one, ledger, state.pools, () => true)] as const),
  );
  const held = new Map(
    services.map(({ request }) => [request.service, addressesOf(ledger, request.service)]),
  );
  const course: Course = { ledger, pools, last: new Map(), causes: new Map() };
  const inTurn = inOrder(services, ledger);
  const waits = ({ request }: PlannedService): boolean => before.get(request.service)?.waiting === true;
  decideInTurn(
    [...inOrder(services.filter(waits)), ...inTurn.filter((one) => !waits(one))],
    course,
    (service, objection) => before.get(service)?.objections.includes(objection) === true,
  );
  decideInTurn(inTurn, course, () => true);
  return services.flatMap(({ request: { service } }) => {
    const decision = course.last.get(service);
    const told = before.get(service)?.outcome;
    if (decision === undefined || told === undefined) return [];
    const change = changeOf(service, held.get(service) ?? [], addressesOf(ledger, service), decision, told);
    if (change === undefined) return [];
    const since = course.causes.get(service) ?? [];
    return { ...change, why: [...since, ...waited(change, told), change.why].join(" ") };
  });
}

/** What has been decided so far. */
interface Course {
  readonly ledger: Ledger;
  readonly pools: Pools;
  readonly last: Map<ServiceKey, Decision>;
  readonly causes: Map<ServiceKey, readonly string[]>;
}

/** Each round may free what another Service waits for; more rounds than this would be a circle. */
const ROUNDS = 10;

/** @param isRipe whether the objection has stood for the grace */
function decideInTurn(
  services: readonly PlannedService[],
  { ledger, pools, last, causes }: Course,
  isRipe: (service: ServiceKey, objection: string) => boolean,
): void {
  let rest = services;
  for (let round = 0; round < ROUNDS && rest.length > 0; round++) {
    let moved = false;
    for (const one of rest) {
      const { service } = one.request;
      const decision = decideOn(one, ledger, pools, (objection) => isRipe(service, objection));
      last.set(service, decision);
      causes.set(service, [...(causes.get(service) ?? []), ...causesOf(decision)]);
      if (decision.take.length + decision.release.length > 0) moved = true;
      carryOut(one, decision, ledger, pools);
    }
    if (!moved) break;
    rest = rest.filter(({ request }) => last.get(request.service)?.waiting);
  }
}

function causesOf({ release }: Decision): readonly string[] {
  return release.flatMap(({ why }) => (why === undefined ? [] : sentence(why)));
}

/** Who gains something has waited for it. */
function waited({ kind }: PlannedChange, before: Outcome): readonly string[] {
  return kind === "Gains" && !before.satisfied ? [`So far: ${before.reason}.`] : [];
}

function changeOf(
  service: ServiceKey,
  now: readonly IpAddress[],
  then: readonly IpAddress[],
  { outcome }: Decision,
  before: Outcome,
): PlannedChange | undefined {
  const gained = then.some(({ text }) => !now.some((one) => one.text === text));
  const lost = now.some(({ text }) => !then.some((one) => one.text === text));
  const change = (kind: PlannedChange["kind"]): PlannedChange => ({
    service,
    kind,
    now,
    then,
    why: outcome.message,
  });
  if (gained) return change(lost ? "Renumbered" : "Gains");
  if (lost) return change("Loses");
  if (outcome.reason === before.reason) return undefined;
  if (outcome.reason === "KeptOutsidePools") return change("Invalid");
  return outcome.satisfied ? undefined : change("Waits");
}

function decideOn(
  { request, namespaceLabels }: PlannedService,
  ledger: Ledger,
  pools: Pools,
  isRipe: (objection: string) => boolean,
): Decision {
  return decide(request, { pools, ledger, namespaceLabels, nowMs: Number.POSITIVE_INFINITY, isRipe });
}

/** Writes into the ledger what the controller would write into the API. */
function carryOut(
  { request: { service } }: PlannedService,
  { take, release }: Decision,
  ledger: Ledger,
  pools: Pools,
): void {
  for (const { address, pool } of take) ledger.reserve(address, pool, service);
  for (const { address } of release) {
    const record = ledger.recordOf(address);
    ledger.letGo(address, service);
    if (record === undefined) continue;
    const services = record.services.filter((one) => one !== service);
    const pool = pools.ownerOf(address, record.pool);
    const waits = pool !== undefined && (pool.releaseDelayMs > 0 || pool.reclaimPolicy === "Retain");
    if (services.length > 0 || record.claim !== undefined || record.foreign !== undefined)
      ledger.record({ ...record, services });
    else if (waits)
      ledger.record({ ...record, pool: pool.name, services, claim: service, ...releasedAt(pool) });
    else ledger.deleted(address, record.uid);
  }
}

function releasedAt({ reclaimPolicy }: Pool): { readonly releasedAtMs: number | undefined } {
  return { releasedAtMs: reclaimPolicy === "Retain" ? undefined : 0 };
}

/** Those who hold addresses before those who do not, older before younger. @param ledger undefined: by age alone */
function inOrder(services: readonly PlannedService[], ledger?: Ledger): readonly PlannedService[] {
  const holds = ({ request }: PlannedService): number =>
    ledger === undefined || ledger.holdings(request.service).length > 0 ? 0 : 1;
  return services
    .map((one) => ({ one, holds: holds(one) }))
    .sort(
      (a, b) =>
        a.holds - b.holds ||
        (a.one.since < b.one.since ? -1 : a.one.since > b.one.since ? 1 : 0) ||
        (a.one.request.service < b.one.request.service ? -1 : 1),
    )
    .map(({ one }) => one);
}

function addressesOf(ledger: Ledger, service: ServiceKey): readonly IpAddress[] {
  return ledger.holdings(service).map(({ address }) => address);
}
