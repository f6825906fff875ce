import type { ApiClient } from "@fairlead/kube/client.ts";
import type { EventRecorder } from "@fairlead/kube/events.ts";
import type { KubeMetrics } from "@fairlead/kube/metrics.ts";
import { WorkQueue } from "@fairlead/kube/work-queue.ts";
import type { Clock } from "@fairlead/runtime/clock.ts";
import type { Log } from "@fairlead/runtime/log.ts";
import type { Random } from "@fairlead/runtime/random.ts";
import { AdvertisementReconciler } from "./advertisement/reconciler.ts";
import type { Cluster } from "./cluster/cluster.ts";
import type { Leadership } from "./leadership.ts";
import type { ControllerMetrics } from "./metrics.ts";
import { PoolReconciler } from "./pool/reconciler.ts";
import { Finalizer } from "./service/finalizer.ts";
import type { OwnershipOptions } from "./service/ownership.ts";
import { ServiceReconciler } from "./service/reconciler.ts";
import { Records } from "./service/records.ts";
import { Telling } from "./service/telling.ts";
import { TakeoverKeyReconciler } from "./takeover-keys/reconciler.ts";
import type { KeyOptions } from "./takeover-keys/step.ts";
import { VirtualIPReconciler } from "./virtual-ip/reconciler.ts";

/** Key in the queue of Services that stands for those who wait. */
export const WAITING = "*";

/** Writes of different objects do not wait for one another: of a busy API server the share that is got grows with what is asked at once. */
const CONCURRENCY = 64;

export interface ReconcilerDependencies {
  readonly client: ApiClient;
  readonly cluster: Cluster;
  readonly events: EventRecorder;
  readonly metrics: ControllerMetrics;
  readonly clock: Clock;
  readonly log: Log;
  readonly ownership: OwnershipOptions;
  readonly goneGraceMs: number;
  readonly serviceFinalizer: boolean;
  /** Our own namespace. */
  readonly namespace: string;
  readonly keys: KeyOptions;
  /** Has a Service looked at. */
  readonly enqueue: (service: string) => void;
}

/** One for each kind that is written. */
export interface Reconcilers {
  readonly services: ServiceReconciler;
  readonly virtualIPs: VirtualIPReconciler;
  readonly pools: PoolReconciler;
  readonly advertisements: AdvertisementReconciler;
  readonly takeoverKeys: TakeoverKeyReconciler;
}

export function makeReconcilers(dependencies: ReconcilerDependencies): Reconcilers {
  const { client, goneGraceMs: graceMs, serviceFinalizer: wanted } = dependencies;
  const records = new Records(dependencies);
  return {
    services: new ServiceReconciler({
      ...dependencies,
      graceMs,
      records,
      telling: new Telling(dependencies),
      finalizer: new Finalizer({ client, wanted }),
    }),
    virtualIPs: new VirtualIPReconciler({ ...dependencies, records }),
    pools: new PoolReconciler(dependencies),
    advertisements: new AdvertisementReconciler(dependencies),
    takeoverKeys: new TakeoverKeyReconciler(dependencies),
  };
}

/** One queue for each kind, so that a burst in one does not hold up the others. */
export interface Queues {
  /** `namespace/name`, or {@link WAITING}. */
  readonly services: WorkQueue;
  /** Names. */
  readonly virtualIPs: WorkQueue;
  readonly pools: WorkQueue;
  readonly advertisements: WorkQueue;
  /** The one Secret, by its name. */
  readonly takeoverKeys: WorkQueue;
}

export interface QueueDependencies {
  readonly reconcilers: Reconcilers;
  readonly leadership: Leadership;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Log;
  readonly metrics?: KubeMetrics;
}

/** Makes the queues; they do nothing while this replica does not lead. */
export function makeQueues(dependencies: QueueDependencies): Queues {
  const { reconcilers, leadership, ...common } = dependencies;
  const { services, virtualIPs, pools, advertisements, takeoverKeys } = reconcilers;
  type Result = { readonly requeueAfterMs: number } | undefined;
  const queue = (
    name: string,
    concurrency: number,
    reconcile: (key: string, signal: AbortSignal) => Promise<Result>,
  ): WorkQueue => {
    const process = (key: string) => leadership.whileLeading((signal) => reconcile(key, signal));
    return new WorkQueue({ ...common, name, concurrency, process });
  };
  return {
    services: queue("services", CONCURRENCY, async (key, signal) => {
      if (key !== WAITING) return await services.reconcile(key, signal);
      services.offers.serveWaiting();
      return undefined;
    }),
    virtualIPs: queue("virtual-ips", CONCURRENCY, (name, signal) => virtualIPs.reconcile(name, signal)),
    pools: queue("pools", 2, (name, signal) => pools.reconcile(name, signal)),
    advertisements: queue("advertisements", 2, async (name, signal) => {
      await advertisements.reconcile(name, signal);
      return undefined;
    }),
    takeoverKeys: queue("takeover-keys", 1, (_name, signal) => takeoverKeys.reconcile(signal)),
  };
}
