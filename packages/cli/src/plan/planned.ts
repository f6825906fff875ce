import type { IPAddressPool } from "@fairlead/api/ip-address-pool.ts";
import { changesAddresses, type PlannedChange, plan } from "@fairlead/controller/allocation/plan.ts";
import type { OwnershipOptions } from "@fairlead/controller/service/ownership.ts";
import { type ClusterObjects, poolsOf, stateOf } from "./cluster-state.ts";
import { newPools } from "./new-pools.ts";

/** What a change of pools does to a cluster. */
export interface Planned {
  /** By Service, in alphabetical order. */
  readonly changes: readonly PlannedChange[];
  /** Number of Services that are Fairlead's. */
  readonly services: number;
}

export interface PlanQuestion {
  readonly cluster: ClusterObjects;
  /** The pools of the files. */
  readonly pools: readonly IPAddressPool[];
  /** Whether pools that the files do not have are deleted. */
  readonly prune: boolean;
  readonly ownership: OwnershipOptions;
}

/** Says which Services would change if the pools of the files were applied. */
export function planned({ cluster, pools, prune, ownership }: PlanQuestion): Planned {
  const state = stateOf(cluster, ownership);
  const changes = plan(state, poolsOf(newPools(cluster.pools, pools, prune)));
  return {
    changes: [...changes].sort((a, b) => (a.service < b.service ? -1 : 1)),
    services: state.services.length,
  };
}

/** Whether a Service would get or lose an address. */
export function hasChanges({ changes }: Planned): boolean {
  return changes.some(changesAddresses);
}
