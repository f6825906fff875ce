import { speakers, virtualIPs } from "@fairlead/api/resources.ts";
import type { Speaker } from "@fairlead/api/speaker.ts";
import type { VirtualIP } from "@fairlead/api/virtual-ip.ts";
import type { ApiClient } from "@fairlead/kube/client.ts";
import type { EventRecorder } from "@fairlead/kube/events.ts";
import type { KubeMetrics } from "@fairlead/kube/metrics.ts";
import { Reflector } from "@fairlead/kube/reflector.ts";
import type { ApiTransport } from "@fairlead/kube/transport.ts";
import type { Clock } from "@fairlead/runtime/clock.ts";
import type { Log } from "@fairlead/runtime/log.ts";
import type { Random } from "@fairlead/runtime/random.ts";
import { VERSION } from "@fairlead/runtime/version.ts";
import type { AddressState, FromWire, ToWire } from "../wire/messages.ts";
import { isPlacedOn } from "./announced-status.ts";
import { drain } from "./drain.ts";
import { SnapshotFeed } from "./snapshot-feed.ts";
import { speakerStatus } from "./speaker-status.ts";
import { SpeakerWriter } from "./speaker-writer.ts";
import { StatusWriter } from "./status-writer.ts";

const CLEAR_WITHIN_MS = 2_000;

export interface ControlOptions {
  readonly node: string;
  /** Patterns of interface names that are never used. */
  readonly excludedInterfaces: readonly string[];
  /** How long to go on answering at the end, until the addresses are placed elsewhere, in ms. */
  readonly drainMs: number;
  readonly transport: ApiTransport;
  /** Writes as this node's field manager. */
  readonly client: ApiClient;
  readonly events: EventRecorder;
  readonly wire: { start(): void; post(message: ToWire): void; stop(): Promise<void> };
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Log;
  readonly metrics?: KubeMetrics;
}

/**
 * The control thread's middle: what the API server says goes to the wire, what the wire says goes to the API server. When
 * the API server is away, nothing changes on the wire.
 */
export class Control {
  readonly #options: ControlOptions;
  readonly #virtualIPs: Reflector<VirtualIP>;
  readonly #speaker: Reflector<Speaker>;
  readonly #feed: SnapshotFeed;
  readonly #statusWriter: StatusWriter;
  readonly #speakerWriter: SpeakerWriter;
  readonly #ended = new AbortController();
  #interfacesKnown = false;

  constructor(options: ControlOptions) {
    this.#options = options;
    const { node, wire } = options;
    this.#virtualIPs = new Reflector<VirtualIP>({
      ...options,
      resource: virtualIPs,
      onChange: (change) => {
        this.#feed.set(change.key, change.current);
        this.#statusWriter.changed(change);
      },
    });
    this.#speaker = new Reflector<Speaker>({
      ...options,
      resource: speakers,
      fieldSelector: `metadata.name=${node}`,
      onChange: () => this.#speakerWriter.changed(),
    });
    this.#feed = new SnapshotFeed({ ...options, send: (update) => wire.post({ type: "update", update }) });
    this.#statusWriter = new StatusWriter({
      ...options,
      store: this.#virtualIPs.store,
      problemOf: (key) => this.#feed.problemOf(key),
    });
    this.#speakerWriter = new SpeakerWriter({ ...options, store: this.#speaker.store });
  }

  /** What is true on the wire, by the VirtualIP's name. */
  get states(): ReadonlyMap<string, AddressState> {
    return this.#statusWriter.states;
  }

  /** VirtualIPs that say nothing that could be carried out. */
  get leftOut(): number {
    return this.#feed.leftOut;
  }

  /** What keeps this speaker from its work, by name; see HttpEndpoint. */
  get readiness(): Readonly<Record<string, () => string | undefined>> {
    return {
      virtualips: () => (this.#virtualIPs.synced ? undefined : (this.#virtualIPs.problem ?? "not read yet")),
      interfaces: () => (this.#interfacesKnown ? undefined : "the interfaces are not known yet"),
      speaker: () => this.#speakerProblem(),
    };
  }

  /** Starts without waiting for the API server. */
  start(): void {
    this.#options.wire.start();
    this.#virtualIPs.start();
    this.#speaker.start();
    void this.#goOnWhenSynced();
  }

  /** Takes what the wire thread says. */
  take(message: Extract<FromWire, { readonly type: "interfaces" | "states" }>): void {
    if (message.type === "states") {
      this.#statusWriter.setStates(message.states);
      return;
    }
    this.#interfacesKnown = true;
    const { excludedInterfaces: excluded } = this.#options;
    this.#speakerWriter.want(speakerStatus(message.interfaces, { excluded, version: VERSION }));
  }

  /** Goes on answering until somebody else does, then stops, and lets go of what it wrote. */
  async stop(): Promise<void> {
    const { clock, log, drainMs, wire, node, events } = this.#options;
    const placedHere = (): number => {
      let count = 0;
      for (const virtualIP of this.#virtualIPs.store.values()) if (isPlacedOn(virtualIP, node)) count++;
      return count;
    };
    const placed = placedHere();
    const left = await drain({ placedHere, clock, mostMs: drainMs });
    this.#ended.abort();
    this.#feed.stop();
    await wire.stop();
    log.info("stopped answering", { placed, left });
    await this.#statusWriter.stop();
    const late = new AbortController();
    const timer = clock.after(CLEAR_WITHIN_MS, () => late.abort(new Error("no time left")));
    await this.#statusWriter.clearAll(late.signal);
    timer.cancel();
    await this.#speakerWriter.stop();
    await Promise.all([this.#virtualIPs.stop(), this.#speaker.stop(), events.stop()]);
  }

  #speakerProblem(): string | undefined {
    if (this.#speakerWriter.written) return undefined;
    const unread = this.#speaker.synced ? undefined : this.#speaker.problem;
    return unread ?? "the Speaker object is not written yet";
  }

  async #goOnWhenSynced(): Promise<void> {
    const { signal } = this.#ended;
    const speaker = this.#speaker.whenSynced(signal).then(() => this.#speakerWriter.start());
    const virtualIPs = this.#virtualIPs.whenSynced(signal).then(() => {
      this.#feed.open();
      this.#statusWriter.start();
    });
    await Promise.all([speaker, virtualIPs]).catch((error: unknown) => {
      if (!signal.aborted) throw error;
    });
  }
}
