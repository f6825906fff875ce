import { virtualIPs } from "@fairlead/api/resources.ts";
import type { VirtualIP, VirtualIPStatus } from "@fairlead/api/virtual-ip.ts";
import { withHoldState } from "@fairlead/api/virtual-ip-state.ts";
import { VIRTUAL_IP_STATUS_MANAGER } from "@fairlead/api/virtual-ip-status.ts";
import type { ApiClient } from "@fairlead/kube/client.ts";
import type { IpAddress } from "@fairlead/net/address.ts";
import type { Clock } from "@fairlead/runtime/clock.ts";
import { rfc3339 } from "@fairlead/runtime/rfc3339.ts";
import type { Again } from "../again.ts";
import type { Cluster } from "../cluster/cluster.ts";
import { unannounced } from "../cluster/object-facts.ts";
import { type PlacementDecision, UNPLACED_REASONS } from "../placement/place.ts";
import { type Conflict, conflictOf, saysConflict, withConflict } from "./conflict.ts";
import { sayingNowhere, saysNowhere, type Unplaced } from "./nowhere.ts";
import { WhenToTell } from "./when-to-tell.ts";
import { saysPending, withPending } from "./wish.ts";
import { written } from "./written.ts";

export interface StatusTellingDependencies {
  readonly client: ApiClient;
  readonly cluster: Cluster;
  readonly clock: Clock;
}

/** Says in the status of a VirtualIP why nobody answers, what is wrong with what its spec says, and why a wish waits. */
export class StatusTelling {
  readonly #deps: StatusTellingDependencies;
  readonly #when: WhenToTell;

  constructor(dependencies: StatusTellingDependencies) {
    this.#deps = dependencies;
    this.#when = new WhenToTell(dependencies.clock);
  }

  /** The VirtualIP is gone. */
  forget(name: string): void {
    this.#when.forget(name);
  }

  /** Tells a decision, unless the status says it already. @returns when it is to be told, if not now */
  async tell(
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
    const said = placed ? saysConflict(object, conflict) : saysNowhere(object, conflict, decision);
    if (said && saysPending(object, pending)) return undefined;
    const waitMs = placed ? 0 : this.#waitMs(object, conflict, decision);
    if (waitMs > 0) return { requeueAfterMs: waitMs };
    const now = rfc3339(clock.wall());
    const { status = {} } = object;
    const announced = placed ? status : sayingNowhere(object, decision, cluster.nodes.list(), now);
    const conditions = withConflict(announced, conflict, now);
    const told = { ...announced, conditions: withPending({ conditions }, pending, now) };
    const again = await this.#apply(object, withHoldState(object, told, now), signal);
    if (!placed && again === undefined) this.#when.told(object.metadata.name);
    return again;
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
    return await written(cluster, client.apply(virtualIPs, { metadata, status }, options));
  }
}
