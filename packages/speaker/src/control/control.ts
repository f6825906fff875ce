import { nodes } from "@fairlead/api/core/node.ts";
import { type Secret, secrets } from "@fairlead/api/core/secret.ts";
import { speakers, virtualIPs } from "@fairlead/api/resources.ts";
import type { Speaker } from "@fairlead/api/speaker.ts";
import { TAKEOVER_SECRET } from "@fairlead/api/takeover-keys.ts";
import type { VirtualIP } from "@fairlead/api/virtual-ip.ts";
import type { ApiClient } from "@fairlead/kube/client.ts";
import type { EventRecorder } from "@fairlead/kube/events.ts";
import type { KubeMetrics } from "@fairlead/kube/metrics.ts";
import { Reflector } from "@fairlead/kube/reflector.ts";
import type { ApiTransport } from "@fairlead/kube/transport.ts";
import type { IpAddress } from "@fairlead/net/address.ts";
import type { Clock } from "@fairlead/runtime/clock.ts";
import { errorText, type Log } from "@fairlead/runtime/log.ts";
import type { Random } from "@fairlead/runtime/random.ts";
import type { MissedHeartbeats } from "../failover/measures.ts";
import type { AddressState, KeptMemory, ToWire } from "../wire/messages.ts";
import type { Known } from "./cache.ts";
import type { CacheFile } from "./cache-file.ts";
import { KeyFeed } from "./key-feed.ts";
import { leavingBecause } from "./leaving.ts";
import { NodeFeed } from "./node-feed.ts";
import { ProxyWatch, type ProxyWatchOptions } from "./proxy-watch.ts";
import { QuarantineFeed } from "./quarantine-feed.ts";
import { SnapshotFeed } from "./snapshot-feed.ts";
import { SpeakerTelling } from "./speaker-telling.ts";
import { SpeakerWriter } from "./speaker-writer.ts";
import { StatusWriter } from "./status-writer.ts";
import type { TakeoverPorts } from "./trouble-conditions.ts";
import type { WireNews } from "./wire-thread.ts";

const CLEAR_WITHIN_MS = 2_000;
/** At the end, for the question whether this node leaves; without an answer it is taken to come back. */
const ASK_WITHIN_MS = 500;

export interface ControlOptions {
  readonly node: string;
  /** Where the Secret with the keys is. */
  readonly keysNamespace: string;
  /** Patterns of interface names that are never used. */
  readonly excludedInterfaces: readonly string[];
  /** How this node's kube-proxy is asked whether it is well; absent: it is not. */
  readonly proxy?: Pick<ProxyWatchOptions, "url" | "ask"> | undefined;
  /** The UDP ports on which speakers talk. */
  readonly ports: TakeoverPorts;
  /** The node's own address; undefined: it is not known. */
  readonly nodeAddress: IpAddress | undefined;
  readonly transport: ApiTransport;
  /** Writes as this node's field manager. */
  readonly client: ApiClient;
  readonly events: EventRecorder;
  /** The wire thread; it was started with the memories of `known`. */
  readonly wire: {
    start(): void;
    post(message: ToWire): void;
    stop(manner: "Restart" | "Leave"): Promise<void>;
  };
  /** What the last process knew. */
  readonly known: Known;
  readonly cache: Pick<CacheFile, "changed" | "stop">;
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
  readonly #speakers: Reflector<Speaker>;
  readonly #secret: Reflector<Secret>;
  readonly #feed: SnapshotFeed;
  readonly #quarantineFeed: QuarantineFeed;
  readonly #nodeFeed: NodeFeed;
  readonly #keyFeed: KeyFeed;
  readonly #statusWriter: StatusWriter;
  readonly #speakerWriter: SpeakerWriter;
  readonly #proxyWatch: ProxyWatch | undefined;
  readonly #speakerTelling: SpeakerTelling;
  readonly #memories = new Map<string, KeptMemory>();
  readonly #ended = new AbortController();

  constructor(options: ControlOptions) {
    this.#options = options;
    const { node, keysNamespace, wire, known, cache, proxy } = options;
    const remember = (): void => cache.changed(() => this.#known());
    this.#virtualIPs = new Reflector<VirtualIP>({
      ...options,
      resource: virtualIPs,
      onChange: (change) => {
        this.#feed.set(change.key, change.current);
        this.#quarantineFeed.set(change.key, change.current);
        this.#statusWriter.changed(change);
      },
    });
    this.#speakers = new Reflector<Speaker>({
      ...options,
      resource: speakers,
      onChange: ({ key }) => {
        if (key === node) this.#speakerWriter.changed();
        this.#nodeFeed.changed();
      },
    });
    this.#secret = new Reflector<Secret>({
      ...options,
      resource: secrets,
      namespace: keysNamespace,
      fieldSelector: `metadata.name=${TAKEOVER_SECRET}`,
      onChange: ({ current }) => this.#keyFeed.set(current),
    });
    for (const memory of known.memories) this.#memories.set(keyOf(memory), memory);
    this.#feed = new SnapshotFeed({
      ...options,
      known: known.placed,
      send: (update) => {
        wire.post({ type: "update", update });
        remember();
      },
      isAnnounced: (key) => this.#statusWriter.states.get(key)?.kind === "Announcing",
    });
    this.#quarantineFeed = new QuarantineFeed({
      ...options,
      send: (addresses) => wire.post({ type: "quarantined", addresses }),
    });
    this.#nodeFeed = new NodeFeed({
      ...options,
      known: known.nodes,
      speakers: () => this.#speakers.store.values(),
      send: (all) => {
        wire.post({ type: "nodes", nodes: all });
        remember();
      },
    });
    this.#keyFeed = new KeyFeed({
      log: options.log,
      ...(known.keys && { known: known.keys }),
      send: (keys) => {
        wire.post({ type: "keys", keys });
        remember();
      },
    });
    this.#statusWriter = new StatusWriter({
      ...options,
      store: this.#virtualIPs.store,
      onState: (key) => this.#feed.answeredOrNot(key),
      problemOf: (key) => this.#feed.problemOf(key),
    });
    this.#speakerWriter = new SpeakerWriter({ ...options, store: this.#speakers.store });
    this.#proxyWatch =
      proxy && new ProxyWatch({ ...options, ...proxy, onChange: () => this.#speakerTelling.tell() });
    this.#speakerTelling = new SpeakerTelling({
      ...options,
      proxy: () => this.#proxyWatch?.health,
      object: () => this.#speakers.store.get(node),
      want: (status) => this.#speakerWriter.want(status),
    });
  }

  /** What is true on the wire, by the VirtualIP's name. */
  get states(): ReadonlyMap<string, AddressState> {
    return this.#statusWriter.states;
  }

  /** VirtualIPs that say nothing that could be carried out. */
  get leftOut(): number {
    return this.#feed.leftOut;
  }

  /** What is known of this node's kube-proxy; undefined: it is not asked. */
  get proxy(): Pick<ProxyWatch, "health" | "count"> | undefined {
    return this.#proxyWatch;
  }

  /** Heartbeats of others that did not come when they were due. */
  get missed(): readonly MissedHeartbeats[] {
    return this.#speakerTelling.missed;
  }

  /** What keeps this speaker from its work, by name; see HttpEndpoint. */
  get readiness(): Readonly<Record<string, () => string | undefined>> {
    return {
      virtualips: () => (this.#virtualIPs.synced ? undefined : (this.#virtualIPs.problem ?? "not read yet")),
      interfaces: () =>
        this.#speakerTelling.interfacesKnown ? undefined : "the interfaces are not known yet",
      speaker: () => this.#speakerProblem(),
      keys: () => (this.#secret.synced ? undefined : this.#secret.problem),
    };
  }

  /** Starts without waiting for the API server: what the last process knew is acted upon first. */
  start(): void {
    const { wire, known } = this.#options;
    wire.start();
    if (known.keys !== undefined) wire.post({ type: "keys", keys: known.keys });
    wire.post({ type: "nodes", nodes: known.nodes });
    if (known.placed.length > 0) wire.post({ type: "update", update: { set: known.placed, removed: [] } });
    this.#virtualIPs.start();
    this.#speakers.start();
    this.#secret.start();
    void this.#goOnWhenSynced();
  }

  /** Takes what the wire thread says. */
  take(message: WireNews): void {
    switch (message.type) {
      case "states":
        this.#statusWriter.setStates(message.states);
        return;
      case "memories":
        for (const kept of message.memories) this.#remember(kept);
        this.#options.cache.changed(() => this.#known());
        return;
      default:
        this.#speakerTelling.take(message);
    }
  }

  /**
   * Ends. If this process will be back, others answer in its place meanwhile, so what it wrote stays true; if this node leaves, its addresses
   * are handed over first, and it lets go of what it wrote.
   */
  async stop(): Promise<void> {
    const { clock, log, wire, events, cache } = this.#options;
    const because = await this.#leavingBecause();
    const announced = this.#announced();
    this.#ended.abort();
    this.#feed.stop();
    this.#quarantineFeed.stop();
    this.#nodeFeed.stop();
    this.#proxyWatch?.stop();
    await wire.stop(because === undefined ? "Restart" : "Leave");
    log.info("stopped answering", { announced, ...(because !== undefined && { leaving: because }) });
    await Promise.all([this.#statusWriter.stop(), cache.stop()]);
    if (because !== undefined) {
      const late = new AbortController();
      const timer = clock.after(CLEAR_WITHIN_MS, () => late.abort(new Error("no time left")));
      await this.#statusWriter.clearAll(late.signal);
      timer.cancel();
    }
    await this.#speakerWriter.stop();
    const reflectors = [this.#virtualIPs, this.#speakers, this.#secret];
    await Promise.all([...reflectors.map((reflector) => reflector.stop()), events.stop()]);
  }

  #announced(): number {
    let count = 0;
    for (const { kind } of this.#statusWriter.states.values()) if (kind === "Announcing") count++;
    return count;
  }

  async #leavingBecause(): Promise<string | undefined> {
    const { clock, client, node: name, log } = this.#options;
    const late = new AbortController();
    const timer = clock.after(ASK_WITHIN_MS, () => late.abort(new Error("no time left")));
    try {
      return leavingBecause(await client.get(nodes, { name }, late.signal));
    } catch (error) {
      log.warn("own node not read; taken to come back", { error: errorText(error) });
      return undefined;
    } finally {
      timer.cancel();
    }
  }

  #remember(kept: KeptMemory): void {
    const { placement, top } = kept.memory;
    if (placement === undefined && top === undefined) this.#memories.delete(keyOf(kept));
    else this.#memories.set(keyOf(kept), kept);
  }

  #known(): Known {
    return {
      placed: [...this.#feed.sent],
      nodes: this.#nodeFeed.nodes,
      keys: this.#keyFeed.keys,
      memories: [...this.#memories.values()],
    };
  }

  #speakerProblem(): string | undefined {
    if (this.#speakerWriter.written) return undefined;
    const unread = this.#speakers.synced ? undefined : this.#speakers.problem;
    return unread ?? "the Speaker object is not written yet";
  }

  async #goOnWhenSynced(): Promise<void> {
    const { signal } = this.#ended;
    const speakersRead = this.#speakers.whenSynced(signal).then(() => {
      this.#nodeFeed.open();
      // What the last process reported holds until there is an answer.
      this.#proxyWatch?.start(this.#speakers.store.get(this.#options.node)?.status?.proxy);
      this.#speakerTelling.tell();
      this.#speakerWriter.start();
    });
    // Who the others are is known before what is placed on them.
    const virtualIPsRead = Promise.all([this.#virtualIPs.whenSynced(signal), speakersRead]).then(() => {
      this.#feed.open();
      this.#quarantineFeed.open();
      this.#statusWriter.start();
    });
    await Promise.all([speakersRead, virtualIPsRead]).catch((error: unknown) => {
      if (!signal.aborted) throw error;
    });
  }
}

function keyOf({ interface: name, memory }: KeptMemory): string {
  return `${name} ${memory.address.text}`;
}
