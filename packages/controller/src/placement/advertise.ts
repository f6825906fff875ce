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

/** The advertisements that apply to an address of the pool held by Services with these labels, by name. */
export function advertisementsFor(
  all: readonly Advertisement[],
  pool: PoolRef,
  serviceLabels: readonly Labels[],
): readonly Advertisement[] {
  return all
    .filter((advertisement) => advertisesPool(advertisement, pool))
    .filter(({ serviceSelectors }) =>
      serviceLabels.some((labels) => anySelectorMatches(serviceSelectors, labels)),
    )
    .sort((a, b) => (a.name < b.name ? -1 : a.name > b.name ? 1 : 0));
}
