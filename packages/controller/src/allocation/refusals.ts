import type { Family, IpAddress } from "@fairlead/net/address.ts";
import { heldIn, type LedgerView, type ServiceKey } from "./holdings.ts";
import { type Pool, poolCapacity } from "./pool.ts";
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

/** @param faults why each pool that has the address does not admit the Service */
export function addressNotAdmitted(
  { field, value }: Asked<IpAddress>,
  faults: readonly (string | undefined)[],
): Refusal {
  const message = `${field} asks for ${value.text}, but ${several(faults)}; change its serviceAllocation or ask for another address`;
  return { reason: "NotAdmitted", message };
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

/** @param pools those that have the address and admit the Service */
export function excluded({ field, value }: Asked<IpAddress>, pools: readonly Pool[]): Refusal {
  const message = `${field} asks for ${value.text}, which ${quoteAll(pools)} leaves out (avoidBuggyIPs); ask for another address`;
  return { reason: "AddressExcluded", message };
}

/** @param holders undefined: the address is recorded for nobody */
export function taken(
  { field, value }: Asked<IpAddress>,
  pool: Pool,
  holders: readonly ServiceKey[] | undefined,
): Refusal {
  const by = holders === undefined ? "reserved by its VirtualIP" : `held by ${holders.join(", ")}`;
  const message = `${field} asks for ${value.text} of pool "${pool.name}", which is ${by}; it is given as soon as it is free, or ask for another address`;
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

/** Everything is held. */
export function exhausted(ledger: LedgerView, pools: readonly Pool[], family: Family): Refusal {
  const numbers = pools.slice(0, SHOWN).map((pool) => {
    const used = heldIn(ledger, pool.cover, family, pool.avoidBuggyIPs);
    return `pool "${pool.name}" has ${used} of its ${poolCapacity(pool, family)} ${family} addresses in use`;
  });
  const more = pools.length > SHOWN ? `; so have ${pools.length - SHOWN} more pools` : "";
  return {
    reason: "PoolExhausted",
    message: `${numbers.join("; ")}${more}; add addresses or delete a Service`,
  };
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
