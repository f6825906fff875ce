import { ApiClient } from "@fairlead/kube/client.ts";
import { EventRecorder } from "@fairlead/kube/events.ts";
import { LeaderElection } from "@fairlead/kube/leader-election.ts";
import type { KubeMetrics } from "@fairlead/kube/metrics.ts";
import type { ApiTransport } from "@fairlead/kube/transport.ts";
import type { Clock } from "@fairlead/runtime/clock.ts";
import type { Log } from "@fairlead/runtime/log.ts";
import type { Metrics } from "@fairlead/runtime/metrics.ts";
import type { Random } from "@fairlead/runtime/random.ts";
import { Cluster } from "./cluster/cluster.ts";
import { Leadership } from "./leadership.ts";
import { MANAGER } from "./manager.ts";
import { type ControllerFigures, ControllerMetrics } from "./metrics.ts";
import type { CordonedNodes } from "./placement/node-view.ts";
import { Reading } from "./reading.ts";
import { makeQueues, makeReconcilers, type Queues, type Reconcilers } from "./reconcilers.ts";
import { Routing } from "./routing.ts";
import type { OwnershipOptions } from "./service/ownership.ts";
import type { KeyOptions } from "./takeover-keys/step.ts";
import { MoveTelling } from "./virtual-ip/move-telling.ts";

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
  /** For how long a node must have been up, in ms, before it gets something new while another node can have it. @default 10000 */
  readonly nodeSettleMs?: number;
  /** What becomes of the addresses of a node that is cordoned. @default "avoid" */
  readonly cordonedNodes?: CordonedNodes;
  /** Whether Services get the finalizer that keeps them until their addresses are withdrawn. @default false */
  readonly serviceFinalizer?: boolean;
  /** How the keys of the speakers are made and replaced. */
  readonly keys: KeyOptions;
}

const SPEAKER_LABELS = "app.kubernetes.io/name=fairlead,app.kubernetes.io/component=speaker";

/** Reads the cluster, and while this replica leads, decides and writes. */
export class Controller {
  readonly cluster: Cluster;
  readonly leadership: Leadership;
  readonly reading: Reading;
  readonly #options: ControllerOptions;
  readonly #client: ApiClient;
  readonly #events: EventRecorder;
  readonly #reconcilers: Reconcilers;
  readonly #queues: Queues;
  readonly #routing: Routing;

  constructor(options: ControllerOptions) {
    this.#options = options;
    const { transport, clock, random, log, namespace, identity, ownership, goneGraceMs = 30_000 } = options;
    const { kubeMetrics, serviceFinalizer = false } = options;
    const { nodeSettleMs = 10_000, cordonedNodes = "avoid" } = options;
    const leadership = new Leadership(clock);
    const common = { clock, random, log, ...(kubeMetrics && { metrics: kubeMetrics }) };
    const refuseWrites = () => (leadership.leading ? undefined : "this replica does not lead");
    const client = new ApiClient({ transport, fieldManager: MANAGER, refuseWrites });
    const events = new EventRecorder({
      ...common,
      client,
      component: "fairlead.dev/controller",
      instance: identity,
    });
    const routing = new Routing(() => leadership.leading);
    const cluster = new Cluster({
      ...common,
      transport,
      namespace,
      speakerLabels: SPEAKER_LABELS,
      ownership,
      goneGraceMs,
      nodeSettleMs,
      cordonedNodes,
      listener: routing,
    });
    const metrics = new ControllerMetrics(options.metrics, () => this.#figures());
    const enqueue = (service: string): void => routing.service(service, false);
    const own = {
      client,
      cluster,
      events,
      metrics,
      clock,
      log,
      ownership,
      goneGraceMs,
      serviceFinalizer,
      namespace,
      keys: options.keys,
      enqueue,
    };
    const reconcilers = makeReconcilers(own);
    const queues = makeQueues({ ...common, reconcilers, leadership });
    const moves = new MoveTelling({ events, service: (key) => cluster.services.holder(key) });
    routing.connect({ cluster, queues, offers: reconcilers.services.offers, moves });
    this.leadership = leadership;
    this.cluster = cluster;
    this.reading = new Reading({ reader: cluster.reader, clock, log });
    this.#client = client;
    this.#events = events;
    this.#reconcilers = reconcilers;
    this.#queues = queues;
    this.#routing = routing;
  }

  /** Begins to read; competes for the lead as soon as every kind has been read once. */
  start(): void {
    for (const queue of Object.values(this.#queues)) queue.start();
    this.reading.start(() => this.#compete());
  }

  /** Gives the lead away, after which nothing is written any more, Events neither, then stops reading. */
  async stop(): Promise<void> {
    await this.#events.abandon();
    await this.leadership.stop();
    await Promise.all(Object.values(this.#queues).map((queue) => queue.stop()));
    await this.reading.stop();
    this.cluster.stop();
  }

  #compete(): void {
    this.cluster.nodes.begin();
    const { clock, random, log, namespace, identity } = this.#options;
    const { services, virtualIPs } = this.#reconcilers;
    const election = { client: this.#client, clock, random, log, namespace, name: MANAGER, identity };
    this.leadership.start((callbacks) => new LeaderElection({ ...election, ...callbacks }), {
      onGained: () => {
        virtualIPs.begin();
        this.#routing.everything();
      },
      onLost: () => services.forget(),
    });
  }

  #figures(): ControllerFigures {
    const { ledger, occupancy, virtualIPs } = this.cluster;
    const held = (name: string): boolean => (virtualIPs.get(name)?.spec.services ?? []).length > 0;
    return {
      leading: this.leadership.leading,
      held: ledger.size,
      waiting: this.#reconcilers.services.offers.waiting.size,
      noLongerServed: this.#reconcilers.services.noLongerServed.size,
      nowhere: [...occupancy.nowhere()].filter(held).length,
      alone: occupancy.standIns.alone(),
      byNode: occupancy.counts(),
    };
  }
}
