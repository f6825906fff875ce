import { l2Advertisements } from "@fairlead/api/resources.ts";
import type { ApiClient } from "@fairlead/kube/client.ts";
import { hasStatus } from "@fairlead/kube/transport.ts";
import type { Clock } from "@fairlead/runtime/clock.ts";
import type { Log } from "@fairlead/runtime/log.ts";
import { rfc3339 } from "@fairlead/runtime/rfc3339.ts";
import type { Cluster } from "../cluster/cluster.ts";
import { readAdvertisement } from "../placement/advertise.ts";
import { readyCondition } from "./condition.ts";

export interface AdvertisementReconcilerDependencies {
  readonly client: ApiClient;
  readonly cluster: Cluster;
  readonly clock: Clock;
  readonly log: Log;
}

/** Tells on each L2Advertisement whether what it refers to is there. */
export class AdvertisementReconciler {
  readonly #deps: AdvertisementReconcilerDependencies;

  constructor(dependencies: AdvertisementReconcilerDependencies) {
    this.#deps = dependencies;
  }

  async reconcile(name: string, signal: AbortSignal): Promise<void> {
    const { client, cluster, clock, log } = this.#deps;
    const object = cluster.reader.advertisements.store.get(name);
    if (object === undefined) return;
    const draft = readyCondition(readAdvertisement(object), {
      pools: [...cluster.reader.pools.store.values()].map(({ metadata }) => ({
        name: metadata.name,
        labels: metadata.labels,
      })),
      nodes: cluster.nodes.list(),
      interfaces: cluster.nodes.interfaceNames(),
    });
    const before = object.status?.conditions?.find(({ type }) => type === draft.type);
    const { generation } = object.metadata;
    const same =
      before?.status === draft.status && before.reason === draft.reason && before.message === draft.message;
    if (same && before.observedGeneration === generation) return;
    const condition = {
      ...draft,
      ...(generation !== undefined && { observedGeneration: generation }),
      lastTransitionTime: before?.status === draft.status ? before.lastTransitionTime : rfc3339(clock.wall()),
    };
    const status = { conditions: [condition] };
    try {
      const options = { subresource: "status", force: true, signal } as const;
      await client.apply(l2Advertisements, { metadata: { name }, status }, options);
    } catch (error) {
      if (hasStatus(error, 404)) return;
      throw error;
    }
    if (!same) log.info("advertisement judged", { advertisement: name, reason: draft.reason });
  }
}
