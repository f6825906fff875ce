import { ApiClient } from "@fairlead/kube/client.ts";
import { EventRecorder } from "@fairlead/kube/events.ts";
import { LeaderElection } from "@fairlead/kube/leader-election.ts";
import type { KubeMetrics } from "@fairlead/kube/metrics.ts";
import type { ApiTransport } from "@fairlead/kube/transport.ts";
import { WorkQueue } from "@fairlead/kube/work-queue.ts";
import type { Clock } from "@fairlead/runtime/clock.ts";
import type { Log } from "@fairlead/runtime/log.ts";
import type { Metrics } from "@fairlead/runtime/metrics.ts";
import type { Random } from "@fairlead/runtime/random.ts";
import { AdvertisementReconciler } from "./advertisement/reconciler.ts";
import { Cluster } from "./cluster/cluster.ts";
import { Leadership } from "./leadership.ts";
import { ControllerMetrics } from "./metrics.ts";
import { PoolReconciler } from "./pool/reconciler.ts";
import { Reading } from "./reading.ts";
import { Routing, WAITING } from "./routing.ts";
import type { OwnershipOptions } from "./service/ownership.ts";
import { ServiceReconciler } from "./service/reconciler.ts";
import { Records } from "./service/records.ts";
import { Telling } from "./service/telling.ts";
import { VirtualIPReconciler } from "./virtual-ip/reconciler.ts";

export interface ControllerOptions {
  readonly transport: ApiTransport;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Log;
  readonly metrics: Metrics;
  readonly kubeMetrics?: KubeMetrics;
  /** Our own namespace: of the speakers' Pods and of the Lease. */
  readonly namespace: string;
  /** Name of this replica's Pod. */
  readonly identity: string;
  readonly ownership: OwnershipOptions;
  /** How long a deleted pool or advertisement is waited for, in ms. @default 30000 */
  readonly goneGraceMs?: number;
}

/** Under which name the API server records our fields, and the Lease of the replicas. */
const NAME = "fairlead-controller";
const SPEAKER_LABELS = "app.kubernetes.io/name=fairlead,app.kubernetes.io/component=speaker";
/** Writes of different Services do not wait for one another. */
const CONCURRENCY = 16;

/** Builds the controller: reads the cluster, and while it leads, decides and writes. */
export class Controller {
  readonly cluster: Cluster;
  readonly reading: Reading;
  readonly leadership: Leadership;
  readonly #queues: Readonly<Record<"services" | "virtualIPs" | "pools" | "advertisements", WorkQueue>>;
  readonly #events: EventRecorder;

  constructor(options: ControllerOptions) {
    const {
      transport,
      clock,
      random,
      log,
      namespace,
      identity,
      ownership,
      kubeMetrics,
      goneGraceMs = 30_000,
    } = options;
    const client: ApiClient = new ApiClient({
      transport,
      fieldManager: NAME,
      refuseWrites: () => (this.leadership.leading ? undefined : "this replica does not lead"),
    });
    const common = { clock, random, log, ...(kubeMetrics && { metrics: kubeMetrics }) };
    this.#events = new EventRecorder({
      ...common,
      client,
      component: "fairlead.dev/controller",
      instance: identity,
    });
    const routing: Routing = new Routing({
      cluster: () => this.cluster,
      queues: {
        services: { add: (...key) => this.#queues.services.add(...key) },
        virtualIPs: { add: (...key) => this.#queues.virtualIPs.add(...key) },
        pools: { add: (...key) => this.#queues.pools.add(...key) },
        advertisements: { add: (...key) => this.#queues.advertisements.add(...key) },
      },
      offers: { freed: (address) => services.freed(address), offersChanged: () => services.offersChanged() },
      active: () => this.leadership.leading,
    });
    this.cluster = new Cluster({
      ...common,
      transport,
      namespace,
      speakerLabels: SPEAKER_LABELS,
      ownership,
      goneGraceMs,
      listener: routing,
    });
    const { cluster } = this;
    const metrics = new ControllerMetrics(options.metrics, () => ({
      leading: this.leadership.leading,
      held: cluster.ledger.size,
      waiting: services.waiting.size,
      nowhere: cluster.occupancy.nowhereCount,
      byNode: cluster.occupancy.counts(),
    }));
    const services: ServiceReconciler = new ServiceReconciler({
      client,
      cluster,
      metrics,
      ownership,
      records: new Records({ client, cluster }),
      telling: new Telling({ client, clock, log, events: this.#events }),
      enqueue: (key) => this.#queues.services.add(key),
    });
    const virtualIPs = new VirtualIPReconciler({ client, cluster, metrics, clock, log });
    const pools = new PoolReconciler({ client, cluster, metrics, clock, log });
    const advertisements = new AdvertisementReconciler({ client, cluster, clock, log });
    this.leadership = new Leadership({
      onGained: () => routing.everything(),
      onLost: () => services.forget(),
      elect: (callbacks) =>
        new LeaderElection({ ...common, ...callbacks, client, namespace, name: NAME, identity }),
    });
    const queue = (name: string, concurrency: number, process: Process): WorkQueue =>
      new WorkQueue({
        ...common,
        name,
        concurrency,
        process: (key) => this.leadership.whileLeading(process, key),
      });
    this.#queues = {
      services: queue("services", CONCURRENCY, async (key, signal) =>
        key === WAITING ? services.serveWaiting() : await services.reconcile(key, signal),
      ),
      virtualIPs: queue("virtual-ips", CONCURRENCY, (name, signal) => virtualIPs.reconcile(name, signal)),
      pools: queue("pools", 2, (name, signal) => pools.reconcile(name, signal)),
      advertisements: queue("advertisements", 2, (name, signal) => advertisements.reconcile(name, signal)),
    };
    this.reading = new Reading({ reader: cluster.reader, clock, log });
  }

  /** Begins to read; competes for the lead as soon as every kind has been read once. */
  start(): void {
    for (const queue of Object.values(this.#queues)) queue.start();
    this.reading.start(() => this.leadership.start());
  }

  /** Ends what is being written, gives the lead away, then stops reading. */
  async stop(): Promise<void> {
    await this.#events.stop();
    await this.leadership.stop();
    await Promise.all(Object.values(this.#queues).map((queue) => queue.stop()));
    await this.reading.stop();
    this.cluster.stop();
  }
}

/** What is done with a key of a queue. */
export type Process = (
  key: string,
  signal: AbortSignal,
  // biome-ignore lint/suspicious/noConfusingVoidType: what an async function without a return statement gives
) => Promise<void | { readonly requeueAfterMs: number } | undefined>;
