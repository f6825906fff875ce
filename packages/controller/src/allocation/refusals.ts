import type { ForeignClaim } from "@fairlead/api/virtual-ip.ts";
import { usedBy } from "@fairlead/api/virtual-ip-foreign.ts";
import type { Family, IpAddress } from "@fairlead/net/address.ts";
import type { QuotaFault } from "./admission.ts";
import type { LedgerView, ServiceKey } from "./holdings.ts";
import { quarantineExample } from "./in-use.ts";
import { type Pool, poolCapacity, poolContains } from "./pool.ts";
import { formatCover } from "./pools.ts";
import type { Refusal } from "./reasons.ts";
import type { Asked } from "./request.ts";

/** How many pools one message names. */
const SHOWN = 5;

/** Nobody can get anything. */
export function noPools(): Refusal {
  return { reason: "NoPools", message: "there is no IPAddressPool; create one" };
}

/** The pool that was asked for is not there. */
export function poolNotFound({ field, value }: Asked<string>): Refusal {
  const message = `${field} asks for pool "${value}", which does not exist; create it, correct the name or remove the annotation`;
  return { reason: "PoolNotFound", message };
}

/** @param pools those that were looked at */
export function notInAnyPool({ field, value }: Asked<IpAddress>, pools: readonly Pool[]): Refusal {
  const { family, text } = value;
  const shown = pools.slice(0, SHOWN).map((pool) => `pool "${pool.name}" has ${contents(pool, family)}`);
  const there = pools.length === 0 ? "there is none" : some(shown, pools.length);
  const message = `${field} asks for ${text}, which is in no pool (${there}); ask for another address or add it to an IPAddressPool`;
  return { reason: "AddressNotInAnyPool", message };
}

/** Two fields exclude each other. @param containing the pools that have the address @param named the pool asked for */
export function contradiction(
  { field, value }: Asked<IpAddress>,
  containing: readonly Pool[],
  asked: Asked<string>,
  named: Pool,
): Refusal {
  const message = `${field} asks for ${value.text}, which is in ${quoteAll(containing)}, and ${asked.field} for pool "${asked.value}", which has ${contents(named, value.family)}; change one of the two`;
  return { reason: "Contradiction", message };
}

/** @param fault why the pool that has the address does not admit the Service */
export function addressNotAdmitted({ field, value }: Asked<IpAddress>, fault: string): Refusal {
  const message = `${field} asks for ${value.text}, but ${fault}; change its serviceAllocation or ask for another address`;
  return { reason: "NotAdmitted", message };
}

/** Of several pools that have an address: the fault that is nearest to being mended. */
export function mostTelling(faults: readonly (Refusal | undefined)[]): Refusal {
  const told = faults.filter((fault) => fault !== undefined);
  return told.find(({ reason }) => reason !== "NotAdmitted") ?? told[0] ?? noPools();
}

/** The pool hands out nothing new. */
export function disabled({ field, value }: Asked<IpAddress> | Asked<string>, pool: Pool): Refusal {
  const wish = typeof value === "string" ? `pool "${value}"` : `${value.text} of pool "${pool.name}"`;
  const message = `${field} asks for ${wish}, which is disabled and hands out nothing new; set disabled: false or ask for something else`;
  return { reason: "PoolDisabled", message };
}

/** Every pool that would admit the Service hands out nothing new. */
export function allDisabled(pools: readonly Pool[]): Refusal {
  const message = `${quoteAll(pools)} ${pools.length === 1 ? "is" : "are"} disabled and no other pool admits the Service; set disabled: false or add a pool`;
  return { reason: "PoolDisabled", message };
}

/** The namespace has all that it may have. */
export function quota(faults: readonly QuotaFault[]): Refusal {
  const shown = faults
    .slice(0, SHOWN)
    .map(
      ({ pool, namespace, held }) =>
        `namespace "${namespace}" holds ${held} of the ${pool.quotaPerNamespace} addresses that quota.perNamespace of pool "${pool.name}" allows it`,
    );
  const message = `${some(shown, faults.length)}; delete a Service there or raise the quota`;
  return { reason: "QuotaExceeded", message };
}

/** The Service and another holder of its address may share it no more. */
export function sharingConflict(address: IpAddress, clash: string): Refusal {
  const message = `it may not share ${address.text} any more: ${clash}, and it is kept until another address can be had; give the Services the same sharing key and externalTrafficPolicy and different ports`;
  return { reason: "SharingConflict", message };
}

/** @param fault why the pool does not admit the Service */
export function poolNotAdmitting({ field, value }: Asked<string>, fault: string): Refusal {
  const message = `${field} asks for pool "${value}", but ${fault}; change its serviceAllocation or ask for another pool`;
  return { reason: "NotAdmitted", message };
}

/** @param faults why each pool is not for the Service */
export function noneAdmits(faults: readonly (string | undefined)[]): Refusal {
  const message = `${several(faults)}; name a pool that admits it in annotation fairlead.dev/address-pool, change a pool's autoAssign or serviceAllocation, or add a pool`;
  return { reason: "NotAdmitted", message };
}

/** @param by the pool's field that leaves the address out */
export function excluded({ field, value }: Asked<IpAddress>, pool: Pool, by: string): Refusal {
  const message = `${field} asks for ${value.text}, which pool "${pool.name}" leaves out (${by}); ask for another address`;
  return { reason: "AddressExcluded", message };
}

/** A node or a router uses it. @param what such as `the address of node "n1"` */
export function networkOwned({ field, value }: Asked<IpAddress>, what: string): Refusal {
  const message = `${field} asks for ${value.text}, which is ${what}; ask for another address`;
  return { reason: "AddressExcluded", message };
}

/** Somebody else on the LAN has it. */
export function quarantined({ field, value }: Asked<IpAddress>, pool: Pool, by: ForeignClaim): Refusal {
  const message = `${field} asks for ${value.text} of pool "${pool.name}", but ${usedBy(by)}; it is given as soon as nobody does: free it there, or ask for another address`;
  return { reason: "AddressInUse", message };
}

/** Nobody holds it, but it is kept for another Service. */
export function kept({ field, value }: Asked<IpAddress>, pool: Pool, claim: ServiceKey | undefined): Refusal {
  const by = claim === undefined ? "reserved by its VirtualIP" : `reserved for ${claim} by its VirtualIP`;
  const message = `${field} asks for ${value.text} of pool "${pool.name}", which is ${by}; delete that VirtualIP or ask for another address`;
  return { reason: "AddressTaken", message };
}

/** @param clash who holds it, and why it is not shared */
export function taken({ field, value }: Asked<IpAddress>, pool: Pool, clash: string): Refusal {
  const message = `${field} asks for ${value.text} of pool "${pool.name}", but ${clash}; it is given as soon as it can be, or ask for another address`;
  return { reason: "AddressTaken", message };
}

/** @param owner the pool under which they hold it; none: it is in no pool that hands out */
export function heldUnder(
  { field, value }: Asked<IpAddress>,
  owner: Pool | undefined,
  holders: string,
): Refusal {
  const under = owner === undefined ? "" : ` as an address of pool "${owner.name}"`;
  const message = `${field} asks for ${value.text}, but ${holders} holds it${under}, which is not a pool to take it from now; ask for another address or correct the pool`;
  return { reason: "AddressTaken", message };
}

/** None of the pools has anything of the family, perhaps because its entries are wrong. */
export function noFamily(pools: readonly Pool[], family: Family): Refusal {
  const faults = pools.flatMap(({ problems }) => problems.slice(0, 1));
  const because = faults.length === 0 ? "" : ` (${some(faults.slice(0, SHOWN), faults.length)})`;
  const verb = pools.length === 1 ? "has" : "have";
  const message = `${quoteAll(pools)} ${verb} no ${family} addresses${because}; add ${family} addresses to a pool`;
  return { reason: "FamilyNotAvailable", message };
}

/** Everything is held. @param apart why it may not join those who hold an address under its sharing key */
export function exhausted(
  ledger: LedgerView,
  pools: readonly Pool[],
  family: Family,
  apart: string | undefined,
): Refusal {
  const numbers = pools
    .slice(0, SHOWN)
    .map((pool) => `pool "${pool.name}" has ${usage(ledger, pool, family)}`);
  const more = pools.length > SHOWN ? `; so have ${pools.length - SHOWN} more pools` : "";
  const shares = apart === undefined ? "" : `; ${apart}`;
  return {
    reason: "PoolExhausted",
    message: `${numbers.join("; ")}${more}${shares}; add addresses or delete a Service`,
  };
}

/** Two things are in the way, of which the mending of one is enough. */
export function both(first: Refusal, second: Refusal): Refusal {
  return { ...first, message: `${first.message}; ${second.message}` };
}

function usage(ledger: LedgerView, pool: Pool, family: Family): string {
  const used = ledger.count(pool.cover, family, "held");
  const reserved = ledger.count(pool.cover, family, "reserved");
  const capacity = poolCapacity(pool, family);
  const quarantined = ledger.count(pool.cover, family, "quarantined");
  const foreign = ledger
    .quarantined()
    .filter(({ address }) => address.family === family && poolContains(pool, address));
  const others = capacity - BigInt(used) - BigInt(reserved) - BigInt(quarantined);
  const parts = [
    `${used} of its ${capacity} ${family} addresses in use`,
    ...(reserved > 0 ? [`${reserved} reserved`] : []),
    ...(quarantined > 0 ? [`${quarantined} in use by others on the LAN${quarantineExample(foreign)}`] : []),
    ...(others > 0n ? [`${others} left out`] : []),
  ];
  return parts.length === 1 ? parts.join() : `${parts.slice(0, -1).join(", ")} and ${parts.at(-1)}`;
}

function contents({ cover, problems }: Pool, family: Family): string {
  const ranges = cover.filter((range) => range.family === family);
  const text = ranges.length === 0 ? `no ${family} addresses` : formatCover(ranges);
  return problems[0] === undefined ? text : `${text} and wrong entries: ${problems[0]}`;
}

function several(faults: readonly (string | undefined)[]): string {
  const told = faults.filter((fault) => fault !== undefined);
  return some(told.slice(0, SHOWN), told.length);
}

/** @param count how many there are */
function some(shown: readonly string[], count: number): string {
  const more = count - shown.length;
  return `${shown.join("; ")}${more > 0 ? `; and ${more} more` : ""}`;
}

function quoteAll(pools: readonly Pool[]): string {
  const shown = pools
    .slice(0, SHOWN)
    .map(({ name }) => `pool "${name}"`)
    .join(", ");
  return pools.length > SHOWN ? `${shown} and ${pools.length - SHOWN} more` : shown;
}
