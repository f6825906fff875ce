import type { Move, VirtualIP, VirtualIPStatus } from "@fairlead/api/virtual-ip.ts";
import { newestMove } from "@fairlead/api/virtual-ip-moves.ts";
import { ANNOUNCED } from "@fairlead/api/virtual-ip-status.ts";
import type { EventRecorder } from "@fairlead/kube/events.ts";
import type { Change } from "@fairlead/kube/store.ts";
import type { Log } from "@fairlead/runtime/log.ts";
import { isPlacedOn, saysAnnounced } from "./announced-status.ts";

export interface TellingOptions {
  readonly node: string;
  readonly events: Pick<EventRecorder, "record">;
  readonly log: Log;
}

/**
 * Tells what has become of an address once its status says so: in the log always; as an Event why it is not announced, and that it
 * came here from another node. That it is announced for the first time is no Event: the Service's own says that it has the address.
 */
export class Telling {
  readonly #options: TellingOptions;
  /** The nodes that addresses were on before they were placed here, until that is told. */
  readonly #movedFrom = new Map<string, string>();

  constructor(options: TellingOptions) {
    this.#options = options;
  }

  /** A VirtualIP changed. */
  changed({ key, previous, current }: Change<VirtualIP>): void {
    const { node } = this.#options;
    if (current === undefined || !isPlacedOn(current, node)) {
      this.#movedFrom.delete(key);
      return;
    }
    if (previous?.metadata.uid !== current.metadata.uid) return;
    const from = previous?.spec.placement?.nodes[0];
    const answers = (who: string | undefined): boolean =>
      current.status?.announcers?.some((announcer) => announcer.node === who) === true;
    // What was taken over everywhere is told already; the placement only follows.
    const isTold = answers(node) && !answers(from);
    if (from !== undefined && from !== node && !isTold) this.#movedFrom.set(key, from);
  }

  /** The node that the address was on before it was placed here, if that was seen and is not told yet. */
  movedFrom(key: string): string | undefined {
    return this.#movedFrom.get(key);
  }

  /** @param virtualIP as it was before `status` was written */
  tell(virtualIP: VirtualIP, status: VirtualIPStatus): void {
    const { log, node } = this.#options;
    const condition = status.conditions?.find(({ type }) => type === ANNOUNCED);
    if (condition === undefined) return;
    const { reason, message } = condition;
    if (condition.status === "False") {
      if (!isPlacedOn(virtualIP, node)) return;
      log.warn("address not announced", { vip: virtualIP.spec.address, reason, message });
      this.#record(virtualIP, "Warning", reason, message);
      return;
    }
    const move = newestMove(virtualIP.status, status);
    if (move !== undefined || !saysAnnounced(virtualIP, node, status))
      this.#announced(virtualIP, status, move);
  }

  #announced(virtualIP: VirtualIP, status: VirtualIPStatus, move: Move | undefined): void {
    const { log, node } = this.#options;
    const { address: vip } = virtualIP.spec;
    const isAlone = (status.announcers ?? []).every((announcer) => announcer.node === node);
    // Until then somebody else still answers on another segment.
    if (move !== undefined || isAlone) this.#movedFrom.delete(virtualIP.metadata.name);
    for (const { node: announcer, interface: name, mac, epoch, step = 0 } of status.announcers ?? []) {
      if (announcer !== node) continue;
      log.info("address announced", {
        vip,
        interface: name,
        mac,
        epoch,
        ...(step > 0 && { step }),
        ...(move && { from: move.from, by: move.by, reason: move.reason }),
      });
      if (move === undefined) continue;
      const note = `Node ${node} answers for ${vip} on interface ${name} with MAC ${mac}; before it was on node ${move.from} (${move.reason})`;
      this.#record(virtualIP, "Normal", "Announcing", note);
    }
  }

  #record(regarding: VirtualIP, type: "Normal" | "Warning", reason: string, note: string): void {
    this.#options.events.record({ regarding, type, reason, action: "Announce", note });
  }
}
