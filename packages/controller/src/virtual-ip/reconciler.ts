import { virtualIPs } from "@fairlead/api/resources.ts";
import type { VirtualIP } from "@fairlead/api/virtual-ip.ts";
import { addressOfVirtualIPName } from "@fairlead/api/virtual-ip-name.ts";
import type { ApiClient } from "@fairlead/kube/client.ts";
import { hasStatus } from "@fairlead/kube/transport.ts";
import type { IpAddress } from "@fairlead/net/address.ts";
import type { Clock } from "@fairlead/runtime/clock.ts";
import type { Log } from "@fairlead/runtime/log.ts";
import { type Again, earliest } from "../again.ts";
import type { Cluster } from "../cluster/cluster.ts";
import type { ControllerMetrics } from "../metrics.ts";
import type { Records } from "../service/records.ts";
import { BetterNodes } from "./better-nodes.ts";
import { endpointsDueMs, poolDueMs, releaseDueMs } from "./due.ts";
import { Placing } from "./placing.ts";
import { plan } from "./planner.ts";
import { poolOfRecord } from "./pool-of-record.ts";
import { isOffered, quarantineStep } from "./quarantine.ts";
import { StatusTelling } from "./status-telling.ts";
import { holderOf } from "./takeover.ts";
import { wishOf } from "./wish.ts";
import { written } from "./written.ts";

export interface VirtualIPReconcilerDependencies {
  readonly client: ApiClient;
  readonly cluster: Cluster;
  readonly records: Pick<Records, "delete">;
  readonly metrics: ControllerMetrics;
  readonly clock: Clock;
  readonly log: Log;
  /** See ClusterOptions. */
  readonly goneGraceMs: number;
}

/** Keeps the placement of a VirtualIP right, and says on it why nobody answers when nobody may. */
export class VirtualIPReconciler {
  readonly #deps: VirtualIPReconcilerDependencies;
  readonly #placing: Placing;
  readonly #telling: StatusTelling;
  readonly #betterNodes: BetterNodes;
  readonly #widerNodes: BetterNodes;
  #begunMs = 0;

  constructor(dependencies: VirtualIPReconcilerDependencies) {
    this.#deps = dependencies;
    this.#placing = new Placing(dependencies);
    this.#telling = new StatusTelling(dependencies);
    this.#betterNodes = new BetterNodes(dependencies.clock);
    this.#widerNodes = new BetterNodes(dependencies.clock);
  }

  /** This replica begins to decide, perhaps in the middle of pools and advertisements being deleted and made again. */
  begin(): void {
    this.#begunMs = this.#deps.clock.nowMs();
    this.#betterNodes.clear();
    this.#widerNodes.clear();
  }

  async reconcile(name: string, signal: AbortSignal): Promise<Again> {
    const { cluster } = this.#deps;
    const object = cluster.virtualIPs.get(name);
    const address = addressOfVirtualIPName(name);
    if (object === undefined || address === undefined || object.metadata.deletionTimestamp !== undefined) {
      this.#telling.forget(name);
      this.#betterNodes.note(name, undefined);
      this.#widerNodes.note(name, undefined);
      return undefined;
    }
    try {
      return await this.#reconcile(object, address, signal);
    } catch (error) {
      if (hasStatus(error, 404)) return undefined;
      throw error;
    }
  }

  async #reconcile(object: VirtualIP, address: IpAddress, signal: AbortSignal): Promise<Again> {
    const { client, cluster, records, clock, log, goneGraceMs: delayMs } = this.#deps;
    const { spec } = object;
    const { services = [] } = spec;
    // What nobody wants any more is let go of, which is one write and not two.
    if (services.length > 0 && services.every((key) => cluster.services.holder(key) === undefined))
      return undefined;
    const nowMs = clock.wall().getTime();
    const graceMs = this.#graceMs();
    const { pools } = cluster;
    const dueMs = releaseDueMs(object, address, pools, { delayMs, graceMs, nowMs });
    if (dueMs !== undefined && dueMs <= 0) {
      await records.delete(object, address, signal);
      return undefined;
    }
    const poolDue = poolDueMs(object, address, pools, graceMs);
    const offered = poolDue !== undefined || isOffered(pools, address, spec.pool);
    const step = quarantineStep(object, address, cluster.nodes.list(), offered);
    if (step.kind === "End") {
      await records.delete(object, address, signal);
      log.info("address back in its pool", { vip: address.text, pool: spec.pool });
      return undefined;
    }
    if (step.kind === "Ask") {
      const asking = { ...object, spec: { ...spec, quarantine: step.quarantine } };
      // Another node asks from now on; the write is read again.
      return await written(cluster, client.update(virtualIPs, asking, signal));
    }
    const again = await this.#place(object, address, signal);
    return earliest(dueMs, poolDue, again?.requeueAfterMs);
  }

  /** For how long what was there before this replica began may still come back, in ms; 0 or less: no longer. */
  #graceMs(): number {
    const { clock, goneGraceMs } = this.#deps;
    return this.#begunMs + goneGraceMs - clock.nowMs();
  }

  async #place(object: VirtualIP, address: IpAddress, signal: AbortSignal): Promise<Again> {
    const { cluster } = this.#deps;
    const { name } = object.metadata;
    const { placement, services = [] } = object.spec;
    const pool = poolOfRecord(object, address, cluster);
    const owner = holderOf({
      placement,
      announcers: object.status?.announcers ?? [],
      node: (node) => cluster.nodes.get(node),
    });
    const listed = placement?.nodes ?? [];
    const wish = wishOf(object);
    const byHand = placement?.byHand === true && owner === listed[0];
    const waitedMs = (node: string): number => this.#betterNodes.waitedMs(name, node);
    const widerForMs = (node: string): number => this.#widerNodes.waitedMs(name, node);
    // What becomes due while the decision is carried out has not been acted upon.
    const endpointsDue = endpointsDueMs(cluster, services);
    const holding = { owner, wish, listed, byHand, waitedMs, widerForMs };
    const decision = plan(cluster, { address, pool, services, ...holding });
    const graceMs = this.#graceMs();
    const unadvertised = decision.kind === "Unplaced" && decision.reason === "NoAdvertisement";
    if (unadvertised && owner !== undefined && graceMs > 0) return { requeueAfterMs: graceMs };
    const placed = await this.#placing.place(object, { pool, owner, decision }, signal);
    cluster.occupancy.decided(name, decision);
    const found = decision.kind === "Placed" ? decision : undefined;
    const backMs = this.#betterNodes.note(name, found?.failback);
    const widerMs = this.#widerNodes.note(name, found?.reach);
    const again = await this.#telling.tell(placed, address, decision, signal);
    return earliest(again?.requeueAfterMs, ...endpointsDue, backMs, widerMs);
  }
}
