import type { Family, IpAddress } from "@fairlead/net/address.ts";
import { type Choice, type Grant, quotaFault } from "./choice.ts";
import { type LedgerView, namespaceOf } from "./holdings.ts";
import { leftOutBy, type Pool } from "./pool.ts";
import { clashOf, isOfGroup, MOST_HOLDERS } from "./sharing.ts";

/**
 * Addresses under the Service's sharing key that it may have too: those that others hold, then those that are kept for one of them, who
 * joins it there; of each, those of its companions first, then in order.
 */
export function joinable(
  choice: Choice,
  pools: readonly Pool[],
  family: Family,
  companions: readonly IpAddress[],
): readonly Grant[] {
  const { request, ledger } = choice;
  if (request.sharing === undefined) return [];
  const { key } = request.sharing;
  const partners = new Set(companions.flatMap((one) => membersOf(ledger, one)));
  const near = ({ address }: Grant): boolean =>
    membersOf(ledger, address).some((service) => service !== request.service && partners.has(service));
  return [ledger.sharedUnder(key), ledger.keptUnder(key)].flatMap((addresses) => {
    const grants = addresses.flatMap((address) =>
      address.family === family ? (openTo(choice, pools, address) ?? []) : [],
    );
    return [...grants.filter(near), ...grants.filter((one) => !near(one))];
  });
}

/** The address of others as the Service gets it, if it may have it too of one of these pools. */
function openTo(choice: Choice, pools: readonly Pool[], address: IpAddress): Grant | undefined {
  const { request, ledger } = choice;
  const pool = choice.pools.ownerOf(address, ledger.poolOf(address));
  const standing = ledger.standing(address);
  const open =
    pool !== undefined &&
    pools.includes(pool) &&
    !pool.disabled &&
    leftOutBy(pool, address) === undefined &&
    ledger.networkUse(address) === undefined &&
    ledger.foreignUse(address) === undefined &&
    !membersOf(ledger, address).includes(request.service) &&
    (standing.kind !== "Kept" || isOfGroup(request.sharing, standing.terms)) &&
    clashWith(choice, address, pool) === undefined &&
    (isHeldWithin(choice, address) || quotaFault(choice, pool, address.family) === undefined);
  return open ? { address, pool: pool.name } : undefined;
}

/** Those who hold the address, or the one for which it is kept. */
function membersOf(ledger: LedgerView, address: IpAddress): readonly string[] {
  const standing = ledger.standing(address);
  if (standing.kind === "Kept") return standing.claim === undefined ? [] : [standing.claim];
  return ledger.sharing(address).map(({ service }) => service);
}

/** Why the Service may not hold the first address that is held under its sharing key; undefined: there is none. */
export function apartFrom(choice: Choice, pools: readonly Pool[], family: Family): string | undefined {
  const { request, ledger } = choice;
  if (request.sharing === undefined) return undefined;
  for (const address of ledger.sharedUnder(request.sharing.key)) {
    const pool = choice.pools.ownerOf(address, ledger.poolOf(address));
    if (address.family !== family || pool === undefined || !pools.includes(pool)) continue;
    const clash = clashWith(choice, address, pool);
    if (clash !== undefined) return `it may not share ${address.text}, since ${clash}`;
  }
  return undefined;
}

/**
 * Addresses of one group of Services that this one may join in each of two families.
 *
 * @returns none if there is no such group
 */
export function joinablePair(
  choice: Choice,
  pools: readonly Pool[],
  families: readonly Family[],
): readonly IpAddress[] {
  const { ledger } = choice;
  const [first, second] = families;
  if (first === undefined || second === undefined) return [];
  for (const { address } of joinable(choice, pools, first, [])) {
    const [partner] = joinable(choice, pools, second, [address]);
    if (partner === undefined) return [];
    const members = new Set(membersOf(ledger, address));
    if (membersOf(ledger, partner.address).some((service) => members.has(service)))
      return [address, partner.address];
  }
  return [];
}

/** Why the Service may not join those who hold the address under this pool. */
export function clashWith({ request, ledger }: Choice, address: IpAddress, pool: Pool): string | undefined {
  const sharing = ledger.sharing(address);
  for (const { service, terms } of sharing) {
    if (service === request.service) continue;
    const clash = clashOf(request.sharing, service, terms, pool.sharing);
    if (clash !== undefined) return clash.message;
  }
  if (sharing.length >= MOST_HOLDERS) return `${MOST_HOLDERS} Services hold it, and more cannot`;
  const contending = ledger.contending(address).filter((service) => service !== request.service);
  const others = [...ledger.disputing(address), ...contending];
  return others.length > 0 ? `the status of ${others.join(" and ")} shows it` : undefined;
}

/** Those who have the address. */
export function holdersOf(ledger: LedgerView, address: IpAddress): readonly string[] {
  const standing = ledger.standing(address);
  return standing.kind === "Held" ? standing.holders : [];
}

/** Whether somebody of the Service's namespace has the address, so that it is no other one for the namespace. */
export function isHeldWithin({ request, ledger }: Choice, address: IpAddress): boolean {
  return holdersOf(ledger, address).some((service) => namespaceOf(service) === request.namespace);
}
