import type { Condition } from "@fairlead/api/condition.ts";
import { virtualIPs } from "@fairlead/api/resources.ts";
import type { Placement, Quarantine, VirtualIP, VirtualIPStatus } from "@fairlead/api/virtual-ip.ts";
import { CONTESTED } from "@fairlead/api/virtual-ip-foreign.ts";
import { addressOfVirtualIPName } from "@fairlead/api/virtual-ip-name.ts";
import { holdStateOf, withHoldState } from "@fairlead/api/virtual-ip-state.ts";
import { ANNOUNCED, VIRTUAL_IP_STATUS_MANAGER } from "@fairlead/api/virtual-ip-status.ts";
import type { ApiClient } from "@fairlead/kube/client.ts";
import { hasStatus } from "@fairlead/kube/transport.ts";
import type { IpAddress } from "@fairlead/net/address.ts";
import type { Clock } from "@fairlead/runtime/clock.ts";
import type { Log } from "@fairlead/runtime/log.ts";
import { rfc3339 } from "@fairlead/runtime/rfc3339.ts";
import { type Again, earliest } from "../again.ts";
import { leftOutBy } from "../allocation/pool.ts";
import type { Cluster } from "../cluster/cluster.ts";
import { unannounced } from "../cluster/object-facts.ts";
import type { ControllerMetrics } from "../metrics.ts";
import type { NodeView } from "../placement/node-view.ts";
import { type PlacementDecision, UNPLACED_REASONS } from "../placement/place.ts";
import type { Records } from "../service/records.ts";
import { BetterNodes } from "./better-nodes.ts";
import { type Conflict, conflictOf, saysConflict, withConflict } from "./conflict.ts";
import { moveReason } from "./move-reason.ts";
import { nextEpoch, placementOf, plan, samePlacement } from "./planner.ts";
import { poolOfRecord } from "./pool-of-record.ts";
import { quarantineStep } from "./quarantine.ts";
import { holderOf } from "./takeover.ts";
import { WhenToTell } from "./when-to-tell.ts";
import { fulfills, saysPending, wishOf, withoutFulfilled, withPending } from "./wish.ts";

/** A speaker wrote the status meanwhile; what it wrote has been read by then. */
const RETRY_AFTER_CONFLICT_MS = 50;

interface Decided {
  readonly pool: string | undefined;
  /** The node that has the address now. */
  readonly owner: string | undefined;
  readonly decision: PlacementDecision;
}

type Unplaced = Extract<PlacementDecision, { readonly kind: "Unplaced" }>;

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
  readonly #when: WhenToTell;
  readonly #betterNodes: BetterNodes;
  readonly #widerNodes: BetterNodes;
  #begunMs = 0;

  constructor(dependencies: VirtualIPReconcilerDependencies) {
    this.#deps = dependencies;
    this.#when = new WhenToTell(dependencies.clock);
    this.#betterNodes = new BetterNodes(dependencies.clock);
    this.#widerNodes = new BetterNodes(dependencies.clock);
  }

  /** This replica begins to decide, perhaps in the middle of advertisements being deleted and made again. */
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
      this.#when.forget(name);
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
    const { cluster, clock, goneGraceMs } = this.#deps;
    const { services = [] } = object.spec;
    // What nobody wants any more is let go of, which is one write and not two.
    if (services.length > 0 && services.every((key) => cluster.holder(key) === undefined)) return undefined;
    const dueMs = this.#releaseDueMs(object, address);
    if (dueMs !== undefined && dueMs <= 0) {
      await this.#deps.records.delete(object, address, signal);
      return undefined;
    }
    const isOffered = cluster.pools.containing(address).some((one) => leftOutBy(one, address) === undefined);
    const step = quarantineStep(object, address, cluster.nodes.list(), isOffered);
    if (step.kind === "End") {
      await this.#deps.records.delete(object, address, signal);
      this.#deps.log.info("address back in its pool", { vip: address.text, pool: object.spec.pool });
      return undefined;
    }
    if (step.kind === "Ask") return await this.#ask(object, step.quarantine, signal);
    const pool = poolOfRecord(object, address, cluster);
    const { placement } = object.spec;
    const owner = holderOf({
      placement,
      announcers: object.status?.announcers ?? [],
      node: (node) => cluster.nodes.get(node),
    });
    const listed = placement?.nodes ?? [];
    const wish = wishOf(object);
    const byHand = placement?.byHand === true && owner === listed[0];
    const waitedMs = (node: string): number => this.#betterNodes.waitedMs(object.metadata.name, node);
    const widerForMs = (node: string): number => this.#widerNodes.waitedMs(object.metadata.name, node);
    // What becomes due while the decision is carried out has not been acted upon.
    const endpointsDueMs = this.#endpointsDueMs(services);
    const holding = { owner, wish, listed, byHand, waitedMs, widerForMs };
    const decision = plan(cluster, { address, pool, services, ...holding });
    const graceMs = this.#begunMs + goneGraceMs - clock.nowMs();
    const unadvertised = decision.kind === "Unplaced" && decision.reason === "NoAdvertisement";
    if (unadvertised && owner !== undefined && graceMs > 0) return { requeueAfterMs: graceMs };
    const placed = await this.#place(object, { pool, owner, decision }, signal);
    cluster.occupancy.standIns.setWanting(
      object.metadata.name,
      decision.kind === "Placed" && decision.standIns.wanting,
    );
    const failback = decision.kind === "Placed" ? decision.failback : undefined;
    cluster.occupancy.failback.set(object.metadata.name, failback);
    const reach = decision.kind === "Placed" ? decision.reach : undefined;
    cluster.occupancy.reach.set(object.metadata.name, reach);
    const backMs = this.#betterNodes.note(object.metadata.name, failback);
    const widerMs = this.#widerNodes.note(object.metadata.name, reach);
    const again = await this.#tell(placed, address, decision, signal);
    return earliest(again?.requeueAfterMs, dueMs, ...endpointsDueMs, backMs, widerMs);
  }

  /** For how long a released address still waits for its former Service, in ms; undefined: it is not released. */
  #releaseDueMs({ spec }: VirtualIP, address: IpAddress): number | undefined {
    const { cluster, clock, goneGraceMs } = this.#deps;
    if (holdStateOf(spec) !== "Released") return undefined;
    const delayMs = cluster.pools.ownerOf(address, spec.pool)?.releaseDelayMs ?? goneGraceMs;
    return (Date.parse(spec.releasedAt ?? "") || 0) + delayMs - clock.wall().getTime();
  }

  /** When it is known of each Service where it is served, and whether kube-proxy knows too, in ms from now. */
  #endpointsDueMs(services: readonly string[]): readonly number[] {
    const { cluster } = this.#deps;
    return services
      .flatMap((key) => [cluster.endpointsDueMs(key), cluster.endpoints.settlesInMs(key)])
      .filter((ms) => ms > 0);
  }

  /** Another node asks from now on; the write is read again. */
  async #ask(object: VirtualIP, quarantine: Quarantine, signal: AbortSignal): Promise<Again> {
    const { client, cluster } = this.#deps;
    const spec = { ...object.spec, quarantine };
    try {
      cluster.wroteVirtualIP(await client.update(virtualIPs, { ...object, spec }, signal));
      return undefined;
    } catch (error) {
      if (hasStatus(error, 409)) return { requeueAfterMs: RETRY_AFTER_CONFLICT_MS };
      throw error;
    }
  }

  async #place(
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
    if (decision.node === owner) return owner === placement?.nodes[0] ? placement.reason : undefined;
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

  async #tell(
    object: VirtualIP,
    address: IpAddress,
    decision: PlacementDecision,
    signal: AbortSignal,
  ): Promise<Again> {
    const { cluster, clock } = this.#deps;
    const conflict = conflictOf(object, address, cluster.pools);
    const { pending } = decision;
    const placed = decision.kind === "Placed";
    if (placed) this.#when.forget(object.metadata.name);
    // What was said before is replaced by the speaker of the node, in the same write as who answers now.
    const said = placed ? saysConflict(object, conflict) : this.#isSaid(object, conflict, decision);
    if (said && saysPending(object, pending)) return undefined;
    const waitMs = placed ? 0 : this.#waitMs(object, conflict, decision);
    if (waitMs > 0) return { requeueAfterMs: waitMs };
    const now = rfc3339(clock.wall());
    const { status = {} } = object;
    const announced = placed ? status : this.#nobody(object, decision, now);
    const conditions = withConflict(announced, conflict, now);
    const told = { ...announced, conditions: withPending({ conditions }, pending, now) };
    const again = await this.#apply(object, withHoldState(object, told, now), signal);
    if (!placed && again === undefined) this.#when.told(object.metadata.name);
    return again;
  }

  /** Whether the status says all there is to say of an address that lives nowhere. */
  #isSaid(object: VirtualIP, conflict: Conflict | undefined, decision: Unplaced): boolean {
    if (!saysConflict(object, conflict)) return false;
    const { spec, status } = object;
    if (status?.state !== (conflict === undefined ? holdStateOf(spec) : "Conflict")) return false;
    // That nobody answers for what nobody holds goes without saying; but what was said of an answer is taken back.
    if ((spec.services ?? []).length === 0)
      return !status.conditions?.some((one) => one.type === ANNOUNCED && one.status === "True");
    const said = unannounced(object);
    return said?.reason === decision.reason && said.message === decision.message;
  }

  /** Nobody may answer; a speaker that still does takes out what it says, one that is gone cannot. */
  #nobody(object: VirtualIP, { reason, message }: Unplaced, now: string): VirtualIPStatus {
    const { cluster } = this.#deps;
    const { status, metadata } = object;
    const running = new Set(
      cluster.nodes
        .list()
        .filter(hasSpeaker)
        .map(({ name }) => name),
    );
    const condition: Condition = {
      type: ANNOUNCED,
      status: "False",
      ...(metadata.generation !== undefined && { observedGeneration: metadata.generation }),
      lastTransitionTime: unannounced(object)?.lastTransitionTime ?? now,
      reason,
      message,
    };
    const { foreign, ...rest } = status ?? {};
    const isHeard = foreign !== undefined && running.has(foreign.node);
    const others = (status?.conditions ?? []).filter(
      ({ type }) => type !== ANNOUNCED && (type !== CONTESTED || isHeard),
    );
    return {
      ...rest,
      ...(isHeard && { foreign }),
      announcers: (status?.announcers ?? []).filter(({ node }) => running.has(node)),
      conditions: [...others, condition],
    };
  }

  /** How long to wait before telling. Other words for what is said already can wait; whoever wishes for something watches. */
  #waitMs(object: VirtualIP, conflict: Conflict | undefined, { reason, pending }: Unplaced): number {
    const { name } = object.metadata;
    const said = unannounced(object)?.reason;
    if (!UNPLACED_REASONS.some((one) => one === said)) return this.#when.firstInMs(name);
    const onlyWords = said === reason && saysConflict(object, conflict);
    return onlyWords && pending === undefined && saysPending(object, undefined)
      ? this.#when.againInMs(name)
      : 0;
  }

  async #apply(
    { metadata: { name, resourceVersion } }: VirtualIP,
    status: VirtualIPStatus,
    signal: AbortSignal,
  ): Promise<Again> {
    const { client, cluster } = this.#deps;
    const metadata = { name, ...(resourceVersion !== undefined && { resourceVersion }) };
    const fieldManager = VIRTUAL_IP_STATUS_MANAGER;
    const options = { fieldManager, subresource: "status", force: true, signal } as const;
    try {
      cluster.wroteVirtualIP(await client.apply(virtualIPs, { metadata, status }, options));
      return undefined;
    } catch (error) {
      if (hasStatus(error, 409)) return { requeueAfterMs: RETRY_AFTER_CONFLICT_MS };
      throw error;
    }
  }
}

/** Whether a speaker runs there that can take back what it wrote. */
function hasSpeaker({ fault }: NodeView): boolean {
  return fault !== "NodeNotReady" && fault !== "NodeOutOfService" && fault !== "SpeakerNotRunning";
}
