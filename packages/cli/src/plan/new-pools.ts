import type { IPAddressPool } from "@fairlead/api/ip-address-pool.ts";

/**
 * The pools of the cluster once those of the files have been applied.
 *
 * @param prune whether pools that the files do not have are deleted
 */
export function newPools(
  cluster: readonly IPAddressPool[],
  files: readonly IPAddressPool[],
  prune: boolean,
): readonly IPAddressPool[] {
  const named = new Set(files.map(({ metadata }) => metadata.name));
  const kept = prune ? [] : cluster.filter(({ metadata }) => !named.has(metadata.name));
  return [...kept, ...files];
}
