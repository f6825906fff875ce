import type { VirtualIP } from "@fairlead/api/virtual-ip.ts";
import { holdStateOf } from "@fairlead/api/virtual-ip-state.ts";
import type { IpAddress } from "@fairlead/net/address.ts";
import type { ServiceKey } from "../allocation/holdings.ts";
import type { Pools } from "../allocation/pools.ts";
import type { Cluster } from "../cluster/cluster.ts";

/**
 * For how long a released address still waits for its former Service, in ms; undefined: it is not released.
 *
 * @param times `delayMs`: the delay of an address that no pool has; `nowMs`: since 1970
 */
export function releaseDueMs(
  { spec }: VirtualIP,
  address: IpAddress,
  pools: Pools,
  { delayMs, nowMs }: { readonly delayMs: number; readonly nowMs: number },
): number | undefined {
  if (holdStateOf(spec) !== "Released") return undefined;
  const ofPoolMs = pools.ownerOf(address, spec.pool)?.releaseDelayMs;
  return (Date.parse(spec.releasedAt ?? "") || 0) + (ofPoolMs ?? delayMs) - nowMs;
}

/** When it is known of each Service where it is served, and whether kube-proxy knows too, in ms from now. */
export function endpointsDueMs(
  cluster: Pick<Cluster, "endpointsDueMs" | "endpoints">,
  services: readonly ServiceKey[],
): readonly number[] {
  return services
    .flatMap((key) => [cluster.endpointsDueMs(key), cluster.endpoints.settlesInMs(key)])
    .filter((ms) => ms > 0);
}
