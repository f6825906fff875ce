import type { Family } from "@fairlead/net/address.ts";
import { usageOf } from "../../pool/usage.ts";
import { summary, World } from "../allocation.ts";
import {
  askedOf,
  available,
  claimants,
  clash,
  covers,
  isFree,
  isGrantable,
  isInvalid,
  isModest,
  keptFor,
  leavesOut,
  owner,
  type View,
  wanted,
} from "./naive.ts";
import type { Operation } from "./operations.ts";
import type { Scenario } from "./scenario.ts";
import { ADDRESSES, familyOf, SERVICES, type ServicePlan } from "./universe.ts";

function check(holds: boolean, message: string): void {
  if (!holds) throw new Error(message);
}

/** What holds whenever everything rests. */
export function checkRest(scenario: Scenario): void {
  const view = scenario.view();
  for (const plan of view.services.values()) {
    const { key } = plan;
    const decision = scenario.decide(plan);
    const shown = scenario.shown(key);
    check(!decision.disputed, `${key} is in a dispute that nobody settles`);
    check(!/take|release/.test(summary(decision)), `${key} would move again: ${summary(decision)}`);
    check(decision.restate.length === 0, `the record of ${key} is out of date`);
    const held = scenario.world.has(key);
    check(
      shown.every((text) => held.includes(text) || isForeign(view, text)) && held.length <= shown.length,
      `${key} shows ${shown} and has ${scenario.world.has(key)}`,
    );
    for (const text of shown) checkRecord(scenario, view, plan, text);
    for (const family of wanted(plan)) checkGranted(scenario, view, plan, family);
  }
  for (const text of ADDRESSES) checkSharing(scenario, view, text);
  checkCounts(scenario, view);
}

/** Who shows an address has it on record, unless it is foreign. */
function checkRecord(scenario: Scenario, view: View, { key }: ServicePlan, text: string): void {
  const recorded = view.records.get(text)?.services.includes(key) === true;
  if (isForeign(view, text)) return;
  check(recorded, `${key} shows ${text}, which is not on record`);
  check(
    scenario.world.ledger
      .sharing({ family: familyOf(text), text, value: 0n })
      .some(({ service }) => service === key),
    "",
  );
}

/** No pool has it and none ever did. */
function isForeign(view: View, text: string): boolean {
  return owner(view, text) === undefined && view.records.get(text)?.pool === undefined;
}

/** What a Service wants and can have, it has. */
function checkGranted(scenario: Scenario, view: View, plan: ServicePlan, family: Family): void {
  const { key } = plan;
  const shown = scenario.shown(key);
  const has = (one: Family): boolean => shown.some((text) => familyOf(text) === one);
  const can = (one: Family): boolean => {
    const asked = askedOf(plan, one);
    return asked === undefined ? available(view, plan, one).length > 0 : isGrantable(view, plan, asked);
  };
  if (shown.some((text) => isForeign(view, text))) return;
  const asked = askedOf(plan, family);
  const families = wanted(plan);
  const complete = isModest(plan) || families.every((one) => has(one) || can(one));
  if (!has(family))
    check(
      !complete || !can(family),
      `${key} could have an ${family} address: ${available(view, plan, family)}`,
    );
  else if (asked !== undefined && !shown.includes(asked)) {
    const whole = isModest(plan) || families.every((one) => has(one));
    check(!whole || !isGrantable(view, plan, asked), `${key} could have ${asked}`);
  }
}

/** No address is held by two who may not share it, but for as long as the rules say. */
function checkSharing(scenario: Scenario, view: View, text: string): void {
  if (isForeign(view, text)) return;
  const holders = claimants(view, text).flatMap((key) => view.services.get(key) ?? []);
  for (const [i, a] of holders.entries()) {
    for (const b of holders.slice(i + 1)) {
      const why = clash(a, b, owner(view, text) ?? view.pools.get(view.records.get(text)?.pool ?? ""));
      if (why === undefined) continue;
      const waits = [a, b].some(({ key }) => scenario.pending(key).some((one) => one.endsWith(` ${text}`)));
      if (waits) continue;
      const told = [a, b].filter((one) => {
        const { reason } = scenario.decide(one).outcome;
        return reason === "SharingConflict" || !wanted(one).includes(familyOf(text));
      });
      check(told.length > 0, `${a.key} and ${b.key} share ${text} and may not (${why}), and nobody says so`);
      check(why !== "Ports", `${a.key} and ${b.key} share ${text} with one port`);
    }
  }
}

function checkCounts(scenario: Scenario, view: View): void {
  for (const plan of view.pools.values()) {
    const pool = scenario.world.pools.get(plan.name);
    if (pool === undefined) throw new Error(`pool ${plan.name} was not read`);
    for (const family of ["IPv4", "IPv6"] as const) {
      const usage = usageOf(pool, scenario.world.ledger, family);
      const counted: Record<string, number> = {
        capacity: 0,
        used: 0,
        free: 0,
        reserved: 0,
        released: 0,
        excluded: 0,
      };
      for (const text of ADDRESSES) {
        if (familyOf(text) !== family || !covers(plan, text)) continue;
        const kept = keptFor(view, text);
        const use =
          claimants(view, text).length > 0
            ? "used"
            : kept !== undefined
              ? kept.released
                ? "released"
                : "reserved"
              : leavesOut(plan, text) || !isFree(view, text)
                ? "excluded"
                : "free";
        counted.capacity = (counted.capacity ?? 0) + 1;
        counted[use] = (counted[use] ?? 0) + 1;
      }
      const text =
        usage && JSON.stringify(usage, (_, value) => (typeof value === "bigint" ? Number(value) : value));
      const same = Object.entries(counted).every(
        ([name, n]) => n === Number(usage?.[name as keyof typeof usage] ?? 0),
      );
      check(same, `pool ${plan.name} counts ${text} of ${family} and has ${JSON.stringify(counted)}`);
    }
  }
}

/** What a Service had before something happened. */
export interface Before {
  readonly view: View;
  /** Services with which everything was well. */
  readonly content: ReadonlySet<string>;
}

export function remember(scenario: Scenario): Before {
  const content = [...scenario.services.values()].filter((plan) => {
    const { waiting, objections, outcome } = scenario.decide(plan);
    return outcome.satisfied && !waiting && objections.length === 0;
  });
  return { view: scenario.view(), content: new Set(content.map(({ key }) => key)) };
}

/** Nobody lost an address for which there was no reason. */
export function checkKept(scenario: Scenario, before: Before, operation: Operation): void {
  const view = scenario.view();
  for (const [key, had] of before.view.statuses) {
    const plan = view.services.get(key);
    if (plan === undefined) continue;
    const now = scenario.shown(key);
    const lost = had.filter((text) => !now.includes(text) && !isTouched(operation, text));
    for (const text of lost) {
      const family = familyOf(text);
      const replaced = now.some((one) => familyOf(one) === family);
      const unwanted = now.length > 0 && !wanted(plan).includes(family);
      const parted = clashesAt(before.view, view, key, text, operation) !== undefined;
      check(replaced || unwanted || parted, `${key} lost ${text} for nothing`);
    }
    if (isTarget(operation, key) || !before.content.has(key)) continue;
    for (const text of lost) {
      const invalid = isInvalid(view, plan, text) || isElsewhere(before.view, view, plan, text, operation);
      check(
        invalid || mayPart(before.view, view, key, text, operation),
        `${key} was content and lost ${text}`,
      );
    }
    const gained = now.filter((text) => !had.includes(text) && !isTouched(operation, text));
    check(
      gained.length <= had.filter((text) => !now.includes(text)).length,
      `${key} was content and gained ${gained}`,
    );
  }
}

/**
 * The Service asks for a pool that has the address no more, and nothing says that it came from there: another pool had it too, or
 * its record was lost.
 */
function isElsewhere(
  before: View,
  view: View,
  { asksPool }: ServicePlan,
  text: string,
  operation: Operation,
): boolean {
  if (asksPool === undefined) return false;
  const known = before.records.get(text)?.pool === asksPool;
  if (known && !(operation.kind === "lose" && operation.restart)) return false;
  const named = view.pools.get(asksPool);
  return named !== undefined && !covers(named, text);
}

/** Why the Service could not share the address any more with those who had it too. */
function clashesAt(
  before: View,
  view: View,
  key: string,
  text: string,
  operation: Operation,
): string | undefined {
  const plan = view.services.get(key);
  const scopes = [owner(view, text), view.pools.get(before.records.get(text)?.pool ?? "")];
  const partners = claimants(before, text).flatMap((one) =>
    one === key ? [] : (view.services.get(one) ?? []),
  );
  const kinds = partners.flatMap((one) => (plan ? scopes.map((scope) => clash(plan, one, scope)) : []));
  const port = kinds.find((one) => one === "Ports");
  if (port !== undefined) return port;
  // Without a record, of those whose statuses show it the eldest has it.
  const unrecorded = operation.kind === "lose" || isForeign(before, text);
  return unrecorded ? kinds.find((one) => one !== undefined) : undefined;
}

/** Whether the Service may have had to part from others though it was not touched itself: a pool decides what is shared. */
function mayPart(before: View, view: View, key: string, text: string, operation: Operation): boolean {
  const pools = ["pool", "poolTweak", "poolGone", "recordPool", "lose", "restart", "crash"];
  if (!pools.includes(operation.kind)) return false;
  const plan = view.services.get(key);
  return claimants(before, text).some((one) => {
    const other = view.services.get(one);
    return (
      one !== key &&
      plan !== undefined &&
      other !== undefined &&
      clash(plan, other, owner(view, text)) !== undefined
    );
  });
}

function isTarget(operation: Operation, key: string): boolean {
  if (operation.kind === "service" || operation.kind === "crash") return operation.plan.key === key;
  return operation.kind === "tweak" && operation.key === key;
}

/** Whether a person wrote into the record of the address. */
function isTouched(operation: Operation, text: string): boolean {
  const wrote = operation.kind === "holders" || operation.kind === "recordPool";
  return wrote && operation.address === text;
}

/** Everything read again in another order says the same of everybody. */
export function checkTwin(scenario: Scenario): void {
  const shown = (): string =>
    SERVICES.flatMap((key) => scenario.services.get(key) ?? [])
      .map((plan) => {
        const decision = scenario.decide(plan);
        return `${plan.key}: ${summary(decision)} ${decision.outcome.message}`;
      })
      .join("\n");
  const before = shown();
  scenario.restart([3, 1, 4, 1, 5, 9, 2, 6]);
  const after = shown();
  check(before === after, `another controller decides otherwise:\n${before}\n--\n${after}`);
}

export { World };
