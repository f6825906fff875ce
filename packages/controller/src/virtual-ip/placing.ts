import { virtualIPs } from "@fairlead/api/resources.ts";
import type { Placement, VirtualIP } from "@fairlead/api/virtual-ip.ts";
import type { ApiClient } from "@fairlead/kube/client.ts";
import type { Log } from "@fairlead/runtime/log.ts";
import type { Cluster } from "../cluster/cluster.ts";
import type { ControllerMetrics } from "../metrics.ts";
import type { PlacementDecision } from "../placement/place.ts";
import { moveReason } from "./move-reason.ts";
import { nextEpoch, placementOf, samePlacement } from "./planner.ts";
import { isLeftOn } from "./takeover.ts";
import { fulfills, withoutFulfilled } from "./wish.ts";

/** Where an address is to live, beside what it is decided on. */
export interface Decided {
  readonly pool: string | undefined;
  /** The node that has the address now. */
  readonly owner: string | undefined;
  readonly decision: PlacementDecision;
}

export interface PlacingDependencies {
  readonly client: ApiClient;
  readonly cluster: Cluster;
  readonly metrics: ControllerMetrics;
  readonly log: Log;
}

/** Writes where an address lives, and notes what has changed in that in the log and the metrics. */
export class Placing {
  readonly #deps: PlacingDependencies;

  constructor(dependencies: PlacingDependencies) {
    this.#deps = dependencies;
  }

  /** Writes the placement, unless it stands there. @returns the VirtualIP as it is then */
  async place(
    object: VirtualIP,
    { pool, owner, decision }: Decided,
    signal: AbortSignal,
  ): Promise<VirtualIP> {
    const { client, cluster } = this.#deps;
    const { placement } = object.spec;
    const reason = this.#reasonOf(object, { owner, decision });
    const epoch = nextEpoch(placement, object.status?.announcers ?? []);
    const desired = { ...placementOf(decision, epoch), ...(reason !== undefined && { reason }) };
    // Only a higher epoch takes an address back from a node that it was passed on to.
    const isHeld = owner === placement?.nodes[0];
    const same = placement !== undefined && isHeld && samePlacement(placement, desired);
    const isWritten = same && (placement.byHand ?? false) === (desired.byHand ?? false);
    if (isWritten && object.spec.pool === pool && !fulfills(decision, object)) return object;
    const { name } = object.metadata;
    const before = placement?.nodes ?? [];
    cluster.occupancy.set(name, desired.nodes);
    const spec = {
      ...object.spec,
      ...(pool !== undefined && { pool }),
      placement: same ? { ...desired, epoch: placement.epoch } : desired,
    };
    try {
      const written = await client.update(
        virtualIPs,
        withoutFulfilled({ ...object, spec }, decision),
        signal,
      );
      cluster.wroteVirtualIP(written);
      if (!same) this.#note(name, before, desired, { owner, decision });
      return written;
    } catch (error) {
      cluster.occupancy.set(name, before);
      throw error;
    }
  }

  /** Why the address leaves its node, as the record should say. It goes on saying so until the address moves again. */
  #reasonOf(object: VirtualIP, { owner, decision }: Pick<Decided, "owner" | "decision">): string | undefined {
    const { placement } = object.spec;
    if (decision.kind === "Unplaced") return undefined;
    if (decision.node === owner) {
      if (owner === placement?.nodes[0]) return placement.reason;
      // It follows by this decision to where it was taken over.
      const announcers = object.status?.announcers ?? [];
      const node = (name: string) => this.#deps.cluster.nodes.get(name);
      return isLeftOn(announcers, [placement?.nodes[0], owner], node) ? "MoreNetworks" : undefined;
    }
    if (owner === undefined) return undefined;
    const { left, mends = false } = decision;
    const node = this.#deps.cluster.nodes.get(owner);
    return moveReason({ node, left, wanted: fulfills(decision, object), mends });
  }

  #note(
    vip: string,
    [from]: readonly string[],
    { nodes: [node, ...standIns], reason }: Placement,
    { owner, decision }: Pick<Decided, "owner" | "decision">,
  ): void {
    const { log, metrics } = this.#deps;
    if (node === undefined) {
      metrics.placed("unplaced");
      log.info("address taken off its node", {
        vip,
        from,
        ...(decision.kind === "Unplaced" && { reason: decision.reason }),
      });
    } else if (from === undefined) {
      metrics.placed("placed");
      log.info("address placed", { vip, node });
    } else if (from === node && owner === from) {
      metrics.placed("listed");
      log.debug("placement changed", { vip, node, standIns });
    } else {
      const adopted = node === owner;
      metrics.placed(adopted ? "takeover" : "moved");
      const fields = { vip, from: adopted ? from : owner, node, ...(reason !== undefined && { reason }) };
      log.info(adopted ? "address taken over" : "address moved", fields);
    }
  }
}
