import { type Node, nodes } from "@fairlead/api/core/node.ts";
import type { OwnerReference } from "@fairlead/api/object-meta.ts";
import { speakers } from "@fairlead/api/resources.ts";
import type { Speaker, SpeakerStatus } from "@fairlead/api/speaker.ts";
import type { ApiClient } from "@fairlead/kube/client.ts";
import type { KubeMetrics } from "@fairlead/kube/metrics.ts";
import type { ReadStore } from "@fairlead/kube/store.ts";
import { WorkQueue } from "@fairlead/kube/work-queue.ts";
import type { Clock } from "@fairlead/runtime/clock.ts";
import type { Log } from "@fairlead/runtime/log.ts";
import type { Random } from "@fairlead/runtime/random.ts";
import { sameSpeakerStatus } from "./speaker-status.ts";

export interface SpeakerWriterOptions {
  readonly node: string;
  /** Writes as this node's field manager. */
  readonly client: Pick<ApiClient, "apply" | "get">;
  /** Holds the Speaker object of this node, if there is one. */
  readonly store: ReadStore<Speaker>;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Log;
  readonly metrics?: KubeMetrics;
}

/** Keeps the Speaker object of this node true: made anew if it is deleted, written only if it says something else. */
export class SpeakerWriter {
  readonly #options: SpeakerWriterOptions;
  readonly #queue: WorkQueue;
  #wanted: SpeakerStatus | undefined;
  #written = false;

  constructor(options: SpeakerWriterOptions) {
    this.#options = options;
    const { clock, random, log, metrics } = options;
    this.#queue = new WorkQueue({
      name: "speaker",
      clock,
      random,
      log,
      ...(metrics && { metrics }),
      process: (_key, signal) => this.#process(signal),
    });
  }

  /** Whether the object has said what is true at least once. */
  get written(): boolean {
    return this.#written;
  }

  /** Begins to write; the store must have been read completely. */
  start(): void {
    this.#queue.start();
  }

  stop(): Promise<void> {
    return this.#queue.stop();
  }

  /** What the object should say from now on. */
  want(status: SpeakerStatus): void {
    this.#wanted = status;
    this.changed();
  }

  /** The object changed. */
  changed(): void {
    this.#queue.add(this.#options.node);
  }

  async #process(signal: AbortSignal): Promise<void> {
    const { node: name, client, store, log } = this.#options;
    const status = this.#wanted;
    if (status === undefined) return;
    const present = store.get(name);
    const owners = present?.metadata.ownerReferences?.filter(({ kind }) => kind === "Node") ?? [];
    if (owners.length === 0 || !sameSpeakerStatus(present?.status, status)) {
      const ownerReferences = owners.length === 0 ? [await this.#owner(signal)] : owners;
      // One apply for all: what a manager leaves out of it, it lets go.
      await client.apply(speakers, { metadata: { name, ownerReferences }, status }, { force: true, signal });
      log.info("speaker written", { interfaces: status.interfaces.map((one) => one.name) });
    }
    this.#written = true;
  }

  /** The object goes with its Node. */
  async #owner(signal: AbortSignal): Promise<OwnerReference> {
    const { node: name, client } = this.#options;
    const node: Node = await client.get(nodes, { name }, signal);
    return { apiVersion: "v1", kind: "Node", name, uid: node.metadata.uid ?? "" };
  }
}
