import type { IPAddressPoolStatus } from "@fairlead/api/ip-address-pool.ts";
import { ipAddressPools } from "@fairlead/api/resources.ts";
import type { ApiClient } from "@fairlead/kube/client.ts";
import { hasStatus } from "@fairlead/kube/transport.ts";
import { FAMILIES } from "@fairlead/net/address.ts";
import type { Clock } from "@fairlead/runtime/clock.ts";
import type { Log } from "@fairlead/runtime/log.ts";
import { rfc3339 } from "@fairlead/runtime/rfc3339.ts";
import type { Overlap, Pools } from "../allocation/pools.ts";
import type { Cluster } from "../cluster/cluster.ts";
import type { ControllerMetrics } from "../metrics.ts";
import { sameObservation } from "../same-observation.ts";
import { poolStatus } from "./status.ts";
import { usageOf } from "./usage.ts";

/** Least time between two writes of one pool's status, in ms. */
const WRITE_EVERY_MS = 1000;

export interface PoolReconcilerDependencies {
  readonly client: ApiClient;
  readonly cluster: Cluster;
  readonly metrics: ControllerMetrics;
  readonly clock: Clock;
  readonly log: Log;
}

/** Tells on each pool what is used of it and what is wrong with it. */
export class PoolReconciler {
  readonly #deps: PoolReconcilerDependencies;
  readonly #written = new Map<
    string,
    { readonly atMs: number; readonly on: string | undefined; readonly status: IPAddressPoolStatus }
  >();
  #overlaps: { readonly of: Pools; readonly found: ReadonlyMap<string, readonly Overlap[]> } | undefined;

  constructor(dependencies: PoolReconcilerDependencies) {
    this.#deps = dependencies;
  }

  async reconcile(
    name: string,
    signal: AbortSignal,
  ): Promise<{ readonly requeueAfterMs: number } | undefined> {
    const { client, cluster, clock } = this.#deps;
    const object = cluster.poolObject(name);
    const pool = cluster.pools.get(name);
    if (object === undefined || pool === undefined) {
      this.#written.delete(name);
      this.#deps.metrics.poolGone(name);
      return undefined;
    }
    const written = this.#written.get(name);
    const waitMs = written === undefined ? 0 : written.atMs + WRITE_EVERY_MS - clock.nowMs();
    if (waitMs > 0) return { requeueAfterMs: waitMs };
    for (const family of FAMILIES) {
      const usage = usageOf(pool, cluster.ledger, family);
      if (usage !== undefined) this.#deps.metrics.pool(name, family, usage);
    }
    const overlaps = this.#overlapsOf(cluster.pools).get(name) ?? [];
    const status = poolStatus(object, pool, cluster.ledger, overlaps, rfc3339(clock.wall()));
    const present = written?.on === object.metadata.resourceVersion ? written?.status : object.status;
    if (sameObservation(present, status)) return undefined;
    this.#note(name, present, status);
    try {
      const options = { subresource: "status", force: true, signal } as const;
      await client.apply(ipAddressPools, { metadata: { name }, status }, options);
    } catch (error) {
      if (!hasStatus(error, 404)) throw error;
    }
    this.#written.set(name, { atMs: clock.nowMs(), on: object.metadata.resourceVersion, status });
    return undefined;
  }

  #overlapsOf(pools: Pools): ReadonlyMap<string, readonly Overlap[]> {
    if (this.#overlaps?.of !== pools) this.#overlaps = { of: pools, found: pools.overlaps() };
    return this.#overlaps.found;
  }

  #note(pool: string, before: IPAddressPoolStatus | undefined, after: IPAddressPoolStatus): void {
    const ready = (status: IPAddressPoolStatus | undefined) =>
      status?.conditions?.find(({ type }) => type === "Ready");
    if (ready(before)?.message === ready(after)?.message) return;
    const { status, message } = ready(after) ?? {};
    if (status === "False") this.#deps.log.warn("pool has wrong entries", { pool, problem: message });
    else this.#deps.log.info("pool taken up", { pool });
  }
}
