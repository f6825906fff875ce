import type { ProxyHealth, Speaker, SpeakerStatus } from "@fairlead/api/speaker.ts";
import type { EventRecorder } from "@fairlead/kube/events.ts";
import type { IpAddress } from "@fairlead/net/address.ts";
import { VERSION } from "@fairlead/runtime/version.ts";
import type { PresentInterface } from "../announcements/present-interface.ts";
import type { MissedHeartbeats } from "../failover/measures.ts";
import type { Trouble } from "../failover/troubles.ts";
import type { FromWire, Split } from "../wire/messages.ts";
import { speakerStatus } from "./speaker-status.ts";
import { splitText } from "./split-text.ts";
import { type TakeoverPorts, troubleConditions } from "./trouble-conditions.ts";

/** What the wire thread says of this node's network. */
export type NetworkNews = Extract<
  FromWire,
  { readonly type: "interfaces" | "troubles" | "split" | "missed" }
>;

export interface SpeakerTellingOptions {
  readonly node: string;
  /** Patterns of interface names that are never used. */
  readonly excludedInterfaces: readonly string[];
  /** The UDP ports on which speakers talk. */
  readonly ports: TakeoverPorts;
  /** The node's own address; undefined: it is not known. */
  readonly nodeAddress: IpAddress | undefined;
  readonly events: Pick<EventRecorder, "record">;
  /** What is known of this node's kube-proxy; undefined: it is not asked, or not yet. */
  readonly proxy: () => ProxyHealth | undefined;
  /** The Speaker object of this node, if there is one. */
  readonly object: () => Speaker | undefined;
  /** Takes what that object should say. */
  readonly want: (status: SpeakerStatus) => void;
}

/** Tells on this node's Speaker object what the wire thread says of the node's network: what is and lasts in its status, what is over as an Event. */
export class SpeakerTelling {
  readonly #options: SpeakerTellingOptions;
  #interfaces: readonly PresentInterface[] | undefined;
  #troubles: readonly Trouble[] = [];
  #missed: readonly MissedHeartbeats[] = [];

  constructor(options: SpeakerTellingOptions) {
    this.#options = options;
  }

  get interfacesKnown(): boolean {
    return this.#interfaces !== undefined;
  }

  /** Heartbeats of others that did not come when they were due. */
  get missed(): readonly MissedHeartbeats[] {
    return this.#missed;
  }

  take(message: NetworkNews): void {
    switch (message.type) {
      case "interfaces":
        this.#interfaces = message.interfaces;
        this.tell();
        return;
      case "troubles":
        this.#troubles = message.troubles;
        this.tell();
        return;
      case "split":
        this.#tellSplit(message.split);
        return;
      case "missed":
        this.#missed = message.missed;
        return;
    }
  }

  /** Has the Speaker object say what is true of this node. */
  tell(): void {
    if (this.#interfaces === undefined) return;
    const { excludedInterfaces: excluded, node, nodeAddress, ports, proxy, want } = this.#options;
    const conditions = troubleConditions(this.#troubles, { node, ports });
    const around = { excluded, version: VERSION, nodeAddress, conditions, proxy: proxy() };
    want(speakerStatus(this.#interfaces, around));
  }

  #tellSplit(split: Split): void {
    const { node, events, object } = this.#options;
    const regarding = object();
    if (regarding === undefined) return;
    const note = splitText(node, split);
    events.record({ regarding, type: "Warning", reason: "SplitBrain", action: "Yield", note });
  }
}
