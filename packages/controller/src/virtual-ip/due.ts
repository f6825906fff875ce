import type { VirtualIP } from "@fairlead/api/virtual-ip.ts";
import { holdStateOf } from "@fairlead/api/virtual-ip-state.ts";
import type { IpAddress } from "@fairlead/net/address.ts";
import type { ServiceKey } from "../allocation/holdings.ts";
import type { Pools } from "../allocation/pools.ts";
import type { Cluster } from "../cluster/cluster.ts";

/**
 * For how long a released address still waits for its former Service, in ms; undefined: it is not released.
 *
 * @param times `delayMs`: the delay of an address that no pool has; `graceMs`: for how long one that was there before may still come
 *   back; `nowMs`: since 1970
 */
export function releaseDueMs(
  { spec }: VirtualIP,
  address: IpAddress,
  pools: Pools,
  times: { readonly delayMs: number; readonly graceMs: number; readonly nowMs: number },
): number | undefined {
  if (holdStateOf(spec) !== "Released") return undefined;
  const ofPoolMs = pools.ownerOf(address, spec.pool)?.releaseDelayMs;
  const dueMs = (Date.parse(spec.releasedAt ?? "") || 0) + (ofPoolMs ?? times.delayMs) - times.nowMs;
  return ofPoolMs === undefined ? Math.max(dueMs, times.graceMs) : dueMs;
}

/** For how long an address in quarantine that no pool has is left there, since its pool may come back, in ms; undefined: it is not. */
export function poolDueMs(
  { spec }: VirtualIP,
  address: IpAddress,
  pools: Pools,
  graceMs: number,
): number | undefined {
  const isLost = holdStateOf(spec) === "Quarantined" && pools.ownerOf(address, spec.pool) === undefined;
  return isLost && graceMs > 0 ? graceMs : undefined;
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
