import { virtualIPs } from "@fairlead/api/resources.ts";
import type { VirtualIP, VirtualIPStatus } from "@fairlead/api/virtual-ip.ts";
import { virtualIPName } from "@fairlead/api/virtual-ip-name.ts";
import { VIRTUAL_IP_STATUS_MANAGER } from "@fairlead/api/virtual-ip-status.ts";
import type { ApiClient } from "@fairlead/kube/client.ts";
import type { EventRecorder } from "@fairlead/kube/events.ts";
import type { KubeMetrics } from "@fairlead/kube/metrics.ts";
import type { Change, ReadStore } from "@fairlead/kube/store.ts";
import { hasStatus } from "@fairlead/kube/transport.ts";
import { WorkQueue } from "@fairlead/kube/work-queue.ts";
import { parseAddress } from "@fairlead/net/address.ts";
import { backoffMs } from "@fairlead/runtime/backoff.ts";
import { type Clock, sleep } from "@fairlead/runtime/clock.ts";
import { errorText, type Log } from "@fairlead/runtime/log.ts";
import type { Random } from "@fairlead/runtime/random.ts";
import { rfc3339 } from "@fairlead/runtime/rfc3339.ts";
import type { AddressState } from "../wire/messages.ts";
import { hasPart, isPlacedOn, statusStep, statusWithout } from "./announced-status.ts";
import { AFTER_CONFLICT, Conflicts } from "./conflicts.ts";
import { Telling } from "./telling.ts";

/** Few: the address is answered already, and in a burst the API server's time belongs to those that are not. */
const WRITES_AT_ONCE = 2;
const CLEARS_AT_ONCE = 16;

export interface StatusWriterOptions {
  readonly node: string;
  readonly client: Pick<ApiClient, "apply">;
  readonly store: ReadStore<VirtualIP>;
  /** What the wire thread does for this key has changed. */
  readonly onState: (key: string) => void;
  /** Why the VirtualIP of this key was left out, or undefined. */
  readonly problemOf: (key: string) => string | undefined;
  readonly events: Pick<EventRecorder, "record">;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Log;
  readonly metrics?: KubeMetrics;
}

/** Keeps what every VirtualIP's status says of this node true, and writes nothing that is there already. */
export class StatusWriter {
  readonly #options: StatusWriterOptions;
  readonly #queue: WorkQueue;
  readonly #states = new Map<string, AddressState>();
  /** What was last written over which version: the store learns of it a moment later. */
  readonly #written = new Map<string, { readonly over: string | undefined; readonly text: string }>();
  readonly #conflicts: Conflicts;
  readonly #telling: Telling;

  constructor(options: StatusWriterOptions) {
    this.#options = options;
    const { clock, random, log, metrics } = options;
    this.#telling = new Telling(options);
    this.#conflicts = new Conflicts(clock, random);
    this.#queue = new WorkQueue({
      name: "virtualip-status",
      clock,
      random,
      log,
      ...(metrics && { metrics }),
      concurrency: WRITES_AT_ONCE,
      process: (key, signal) => this.#process(key, signal),
    });
  }

  /** What is true on the wire, by the VirtualIP's name. */
  get states(): ReadonlyMap<string, AddressState> {
    return this.#states;
  }

  start(): void {
    this.#queue.start();
  }

  /** Ends writing; what was written stays. */
  stop(): Promise<void> {
    return this.#queue.stop();
  }

  /** Takes what changed on the wire, by address. */
  setStates(states: ReadonlyMap<string, AddressState | undefined>): void {
    for (const [text, state] of states) {
      const address = parseAddress(text);
      if (!address.ok) continue;
      const key = virtualIPName(address.value);
      if (state === undefined) this.#states.delete(key);
      else this.#states.set(key, state);
      this.#queue.add(key);
      this.#options.onState(key);
    }
  }

  /** A VirtualIP changed. */
  changed(change: Change<VirtualIP>): void {
    const { node } = this.#options;
    const { key, current } = change;
    this.#telling.changed(change);
    if (current === undefined) {
      this.#written.delete(key);
      this.#conflicts.forget(key);
    } else if (this.#states.has(key) || isPlacedOn(current, node) || hasPart(current, node))
      this.#queue.add(key);
  }

  /** After {@link StatusWriter.stop}: takes back everything this speaker says, as far as `signal` leaves time. */
  async clearAll(signal: AbortSignal): Promise<void> {
    const { store, node, log } = this.#options;
    const keys = [...store.values()]
      .filter((virtualIP) => hasPart(virtualIP, node) || this.#written.has(virtualIP.metadata.name))
      .map(({ metadata }) => metadata.name);
    const clearNext = async (): Promise<void> => {
      for (let key = keys.pop(); key !== undefined && !signal.aborted; key = keys.pop()) {
        try {
          await this.#clear(key, signal);
        } catch (error) {
          if (!signal.aborted) log.warn("status not cleared", { vip: key, error: errorText(error) });
        }
      }
    };
    await Promise.all(Array.from({ length: CLEARS_AT_ONCE }, clearNext));
  }

  async #clear(key: string, signal: AbortSignal): Promise<void> {
    const { store, node, clock, random } = this.#options;
    for (let times = 1; !signal.aborted; times++) {
      const virtualIP = store.get(key);
      if (virtualIP === undefined || !(hasPart(virtualIP, node) || this.#written.has(key))) return;
      const status = statusWithout(virtualIP, node, rfc3339(clock.wall()));
      if ((await this.#apply(virtualIP, status, signal)) !== "Conflict") return;
      await sleep(clock, backoffMs(times, AFTER_CONFLICT, random), signal);
    }
  }

  async #process(key: string, signal: AbortSignal): Promise<{ readonly requeueAfterMs: number } | undefined> {
    const { store, node, clock } = this.#options;
    const virtualIP = store.get(key);
    if (virtualIP === undefined) return undefined;
    const now = rfc3339(clock.wall());
    const before = this.#telling.movedFrom(key);
    const step = statusStep(virtualIP, node, this.#stateOf(key, virtualIP), now, before);
    if (step.kind === "Nothing") return undefined;
    const { status } = step;
    const over = virtualIP.metadata.resourceVersion;
    const text = JSON.stringify(status, (name, value) => (name === "lastTransitionTime" ? "" : value));
    const written = this.#written.get(key);
    if (written !== undefined && written.over === over && written.text === text) return undefined;
    const requeueAfterMs = this.#conflicts.waitMs(key, over);
    if (requeueAfterMs > 0) return { requeueAfterMs };
    const outcome = await this.#apply(virtualIP, status, signal);
    if (outcome === "Conflict") return { requeueAfterMs: this.#conflicts.refused(key, over) };
    this.#conflicts.forget(key);
    if (outcome === "Written") {
      this.#written.set(key, { over, text });
      this.#telling.tell(virtualIP, status);
    }
    return undefined;
  }

  /** One that was left out never reaches the wire; what is wrong with it is told all the same. */
  #stateOf(key: string, virtualIP: VirtualIP): AddressState | undefined {
    const problem = this.#options.problemOf(key);
    if (problem === undefined) return this.#states.get(key);
    const epoch = virtualIP.spec.placement?.epoch ?? 0;
    return { kind: "Refused", epoch, reason: "InvalidAddress", message: problem };
  }

  async #apply(
    { metadata: { name, resourceVersion } }: VirtualIP,
    status: VirtualIPStatus,
    signal: AbortSignal,
  ): Promise<"Written" | "Gone" | "Conflict"> {
    const metadata = { name, ...(resourceVersion !== undefined && { resourceVersion }) };
    const fieldManager = VIRTUAL_IP_STATUS_MANAGER;
    const options = { fieldManager, force: true, subresource: "status", signal } as const;
    try {
      await this.#options.client.apply(virtualIPs, { metadata, status }, options);
      return "Written";
    } catch (error) {
      // Deleted meanwhile: there is nothing left to say.
      if (hasStatus(error, 404)) return "Gone";
      if (hasStatus(error, 409)) return "Conflict";
      throw error;
    }
  }
}
