import type { VirtualIPSpec } from "@fairlead/api/virtual-ip.ts";
import type { Family } from "@fairlead/net/address.ts";
import { ADDRESSES, addressesOf, familyOf, type PoolPlan, type ServicePlan } from "./universe.ts";

/** All that the API knows, and what the rules say of it, found by looking at everything. */
export interface View {
  readonly pools: ReadonlyMap<string, PoolPlan>;
  readonly services: ReadonlyMap<string, ServicePlan>;
  /** What each VirtualIP says, by address. */
  readonly records: ReadonlyMap<string, VirtualIPSpec>;
  /** Addresses that each Service's status shows. */
  readonly statuses: ReadonlyMap<string, readonly string[]>;
  /** The tier of each namespace. */
  readonly tiers: ReadonlyMap<string, string>;
  /** Addresses of nodes and routers. */
  readonly network: ReadonlySet<string>;
}

export function namespaceOf(key: string): string {
  return key.split("/")[0] ?? "";
}

export function covers({ spans }: PoolPlan, address: string): boolean {
  return spans.some((span) => addressesOf(span).includes(address));
}

export function leavesOut({ exclude, avoidBuggyIPs }: PoolPlan, address: string): boolean {
  const buggy = avoidBuggyIPs && (address.endsWith(".0") || address.endsWith(".255"));
  return buggy || exclude.some((span) => addressesOf(span).includes(address));
}

export function admits({ tiers }: View, pool: PoolPlan, service: ServicePlan): boolean {
  const namespace = namespaceOf(service.key);
  const tier = tiers.get(namespace);
  const restricted = pool.namespaces.length + pool.tiers.length > 0;
  const named = pool.namespaces.includes(namespace) || (tier !== undefined && pool.tiers.includes(tier));
  return (!restricted || named) && (pool.apps.length === 0 || pool.apps.includes(service.app));
}

/** The pools in the order in which they are tried, those that are gone left out. */
export function tried({ pools }: View): readonly PoolPlan[] {
  const rank = (pool: PoolPlan): number => {
    if (pool.priority === undefined && pool.namespaces.length + pool.tiers.length + pool.apps.length === 0)
      return 1001;
    return pool.priority === undefined || pool.priority === 0 ? 1000 : pool.priority;
  };
  return [...pools.values()]
    .filter(({ gone }) => !gone)
    .sort((a, b) => rank(a) - rank(b) || (a.name < b.name ? -1 : 1));
}

/** The pool to which an address belongs that somebody holds. */
export function owner(view: View, address: string): PoolPlan | undefined {
  const recorded = view.pools.get(view.records.get(address)?.pool ?? "");
  if (recorded !== undefined && covers(recorded, address)) return recorded;
  return tried(view).find((pool) => covers(pool, address));
}

/** Services that hold the address, or whose status shows it. */
export function claimants({ records, statuses }: View, address: string): readonly string[] {
  const shown = [...statuses].filter(([, addresses]) => addresses.includes(address)).map(([key]) => key);
  return [...new Set([...(records.get(address)?.services ?? []), ...shown])];
}

/** For whom the address is kept while nobody holds it. */
export function keptFor(
  { records }: View,
  address: string,
): { readonly claim: string; readonly released: boolean } | undefined {
  const record = records.get(address);
  if (record === undefined || record.services.length > 0) return undefined;
  const { claim, releasedAt } = record;
  return { claim: claim ? `${claim.namespace}/${claim.name}` : "", released: releasedAt !== undefined };
}

/** Why two Services may not share an address of the pool. */
export function clash(a: ServicePlan, b: ServicePlan, pool: PoolPlan | undefined): string | undefined {
  if (a.shares === undefined || a.shares !== b.shares) return "Key";
  const same = namespaceOf(a.key) === namespaceOf(b.key);
  const anywhere = pool === undefined || pool.sharing === "AcrossNamespaces";
  if (!same && !anywhere && !(pool.sharing === undefined && a.legacy && b.legacy)) return "Namespace";
  const backend = (one: ServicePlan): string => (one.local ? one.app : "");
  if (backend(a) !== backend(b)) return "Policy";
  return a.ports.some((port) => b.ports.includes(port)) ? "Ports" : undefined;
}

/** The families that the Service is to have addresses of; none if it cannot be served. */
export function wanted({ families, policy, asks }: ServicePlan): readonly Family[] {
  const list = policy === "SingleStack" ? families.slice(0, 1) : families;
  if (policy === "RequireDualStack" && list.length < 2) return [];
  return asks.every((address) => list.includes(familyOf(address))) ? list : [];
}

/** Whether it is content with what it can get of its families. */
export function isModest({ policy }: ServicePlan): boolean {
  return policy === "PreferDualStack";
}

/** What it asks for in a family. */
export function askedOf({ asks }: ServicePlan, family: Family): string | undefined {
  return asks.find((address) => familyOf(address) === family);
}

/** Whether the namespace may hold one more address of the pool, apart from those that the Service gives back for it. */
export function withinQuota(view: View, service: ServicePlan, pool: PoolPlan, family: Family): boolean {
  if (pool.quota === undefined) return true;
  const namespace = namespaceOf(service.key);
  let held = 0;
  let returned = 0;
  for (const [address, { pool: recorded, services }] of view.records) {
    const within = services.filter((key) => namespaceOf(key) === namespace);
    if (recorded !== pool.name || familyOf(address) !== family || within.length === 0) continue;
    held++;
    if (within.length === 1 && within[0] === service.key) returned = 1;
  }
  return held - returned < pool.quota;
}

/** Whether nobody has the address and nothing keeps anybody from it. */
export function isFree(view: View, address: string): boolean {
  return claimants(view, address).length === 0 && !view.records.has(address) && !view.network.has(address);
}

/** The pools of which the Service may have something new that it asks for by pool or not at all. */
export function openPools(view: View, service: ServicePlan): readonly PoolPlan[] {
  return tried(view).filter(
    (pool) =>
      (service.asksPool === undefined ? pool.autoAssign : pool.name === service.asksPool) &&
      !pool.disabled &&
      admits(view, pool, service),
  );
}

/** Whether the Service may join those who have the address. */
export function mayJoin(view: View, service: ServicePlan, address: string, pool: PoolPlan): boolean {
  const others = claimants(view, address);
  if (others.length === 0 || others.includes(service.key) || owner(view, address) !== pool) return false;
  if (pool.gone || pool.disabled || !admits(view, pool, service)) return false;
  if (leavesOut(pool, address) || view.network.has(address)) return false;
  const within = others.some((key) => namespaceOf(key) === namespaceOf(service.key));
  if (!within && !withinQuota(view, service, pool, familyOf(address))) return false;
  return others.every((key) => {
    const other = view.services.get(key);
    return other !== undefined && clash(service, other, pool) === undefined;
  });
}

/** Whether the address is kept for another one of its namespace, with which the Service may share it. */
export function mayPrecede(view: View, service: ServicePlan, address: string, pool: PoolPlan): boolean {
  const kept = keptFor(view, address);
  const own = view.records.get(address)?.sharing?.find((one) => one.service === kept?.claim);
  if (own === undefined || kept === undefined || kept.claim === service.key) return false;
  if (claimants(view, address).length > 0 || owner(view, address) !== pool) return false;
  if (pool.gone || pool.disabled || !admits(view, pool, service)) return false;
  if (leavesOut(pool, address) || view.network.has(address)) return false;
  if (!withinQuota(view, service, pool, familyOf(address))) return false;
  return (
    namespaceOf(kept.claim) === namespaceOf(service.key) &&
    own.key === service.shares &&
    (own.backend ?? "") === (service.local ? `app=${service.app}` : "") &&
    !service.ports.some((port) => own.ports.includes(`TCP/${port}`))
  );
}

/** Whether the address is kept for the Service and the Service may have it of this pool. */
export function mayReturn(view: View, service: ServicePlan, address: string, pool: PoolPlan): boolean {
  const kept = keptFor(view, address);
  if (kept?.claim !== service.key || claimants(view, address).length > 0) return false;
  if (pool.gone || !covers(pool, address) || leavesOut(pool, address) || view.network.has(address))
    return false;
  if (!kept.released) return true;
  return admits(view, pool, service) && withinQuota(view, service, pool, familyOf(address));
}

/** Everything of a family that the Service can get if it names no address: where there is something, it must have got it. */
export function available(view: View, service: ServicePlan, family: Family): readonly string[] {
  const open = openPools(view, service);
  const known = tried(view).filter(({ name }) => service.asksPool === undefined || service.asksPool === name);
  return ADDRESSES.filter((address) => {
    if (familyOf(address) !== family) return false;
    if (known.some((pool) => mayReturn(view, service, address, pool))) return true;
    if (open.some((pool) => mayJoin(view, service, address, pool))) return true;
    if (open.some((pool) => mayPrecede(view, service, address, pool))) return true;
    const kept = keptFor(view, address);
    return open.some((pool) => {
      if (!covers(pool, address) || leavesOut(pool, address)) return false;
      if (!withinQuota(view, service, pool, family) || view.network.has(address)) return false;
      const released = kept?.released && view.records.get(address)?.pool === pool.name;
      return isFree(view, address) || (released && claimants(view, address).length === 0);
    });
  });
}

/** Whether the Service can have the very address that it asks for. */
export function isGrantable(view: View, service: ServicePlan, address: string): boolean {
  const family = familyOf(address);
  return tried(view).some((pool) => {
    if (service.asksPool !== undefined && service.asksPool !== pool.name) return false;
    if (!covers(pool, address) || leavesOut(pool, address) || view.network.has(address)) return false;
    if (mayReturn(view, service, address, pool) || mayJoin(view, service, address, pool)) return true;
    const kept = keptFor(view, address);
    if (mayPrecede(view, service, address, pool)) return true;
    if (claimants(view, address).length > 0 || (kept !== undefined && !kept.released)) return false;
    const own = kept?.claim === service.key;
    if (!admits(view, pool, service) || (pool.disabled && !own)) return false;
    return withinQuota(view, service, pool, family);
  });
}

/** Whether the Service could not get the address today. */
export function isInvalid(view: View, service: ServicePlan, address: string): boolean {
  const pool = owner(view, address);
  if (pool === undefined) return true;
  if (pool.gone) return false;
  const { claim, releasedAt } = view.records.get(address) ?? {};
  const claimed = releasedAt === undefined && claim && `${claim.namespace}/${claim.name}` === service.key;
  return leavesOut(pool, address) || (!claimed && !admits(view, pool, service));
}
