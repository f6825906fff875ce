import type { L2Advertisement } from "@fairlead/api/l2-advertisement.ts";
import { anySelectorMatches, type Labels, selectorMatches } from "@fairlead/api/selector-matches.ts";
import { type ReadL2Advertisement, readL2Advertisement } from "@fairlead/api/validation/l2-advertisement.ts";
import { problemText } from "@fairlead/api/validation/problem.ts";

/** An L2Advertisement as placement sees it. */
export interface Advertisement extends ReadL2Advertisement {
  /** Deleted a moment ago, perhaps to come back: it goes on for what is placed and places nothing new. */
  readonly gone: boolean;
  /** What is wrong with fields that are left out, each with its field and the cure. */
  readonly problems: readonly string[];
}

/** The pool of an address. */
export interface PoolRef {
  readonly name: string;
  /** Undefined also when the pool does not exist. */
  readonly labels: Labels;
}

/** Reads an advertisement. What is wrong in it is left out and told, without widening what it is for. */
export function readAdvertisement(object: L2Advertisement, gone = false): Advertisement {
  const { value, problems } = readL2Advertisement(object);
  return { ...value, gone, problems: problems.map(problemText) };
}

/** Whether the advertisement is for addresses of the pool: named, or selected by label; for all pools if it says neither. */
export function advertisesPool(advertisement: Advertisement, pool: PoolRef): boolean {
  const { ipAddressPools, ipAddressPoolSelectors } = advertisement;
  if (ipAddressPools.length + ipAddressPoolSelectors.length === 0) return true;
  if (ipAddressPools.includes(pool.name)) return true;
  return ipAddressPoolSelectors.some((selector) => selectorMatches(selector, pool.labels));
}

/** Services that share an address and go by the same advertisements. */
export interface Advertised {
  /** `namespace/name`. */
  readonly services: readonly string[];
  /** By name; at least one. */
  readonly advertisements: readonly Advertisement[];
}

/**
 * What applies to an address of the pool: one entry for the Services that go by the same advertisements. A Service that no
 * advertisement is for has no say; if there is no other, there is no entry.
 */
export function advertisedBy(
  all: readonly Advertisement[],
  pool: PoolRef,
  services: readonly { readonly key: string; readonly labels: Labels }[],
): readonly Advertised[] {
  const ofPool = all.filter((one) => advertisesPool(one, pool)).sort((a, b) => (a.name < b.name ? -1 : 1));
  const groups: { readonly services: string[]; readonly advertisements: readonly Advertisement[] }[] = [];
  for (const { key, labels } of [...services].sort((a, b) => (a.key < b.key ? -1 : 1))) {
    const advertisements = ofPool.filter(({ serviceSelectors }) =>
      anySelectorMatches(serviceSelectors, labels),
    );
    if (advertisements.length === 0) continue;
    const alike = groups.find((group) => sameList(group.advertisements, advertisements));
    if (alike === undefined) groups.push({ services: [key], advertisements });
    else alike.services.push(key);
  }
  return groups;
}

/** All advertisements that apply, each once, by name. */
export function advertisementsOf(groups: readonly Advertised[]): readonly Advertisement[] {
  const all = new Set(groups.flatMap(({ advertisements }) => advertisements));
  return groups.length === 1 ? [...all] : [...all].sort((a, b) => (a.name < b.name ? -1 : 1));
}

function sameList<T>(a: readonly T[], b: readonly T[]): boolean {
  return a.length === b.length && a.every((one, i) => one === b[i]);
}
