import type { Node } from "@fairlead/api/core/node.ts";
import { TAKEOVER_SECRET, type TakeoverKey, takeoverKeyFields } from "@fairlead/api/takeover-keys.ts";
import type { Placement, VirtualIPStatus } from "@fairlead/api/virtual-ip.ts";
import { ApiClient } from "@fairlead/kube/client.ts";
import { EventRecorder } from "@fairlead/kube/events.ts";
import { RecordingLog } from "@fairlead/kube/testing/recording-log.ts";
import { FakeClock } from "@fairlead/runtime/fake-clock.ts";
import { seededRandom } from "@fairlead/runtime/random.ts";
import { AnnouncementTable } from "../announcements/table.ts";
import { type Known, NOTHING_KNOWN } from "../control/cache.ts";
import { Control, type ControlOptions } from "../control/control.ts";
import { SharedKeyring } from "../failover/keyring.ts";
import type { ToWire } from "../wire/messages.ts";
import { Wire } from "../wire/wire.ts";
import { FakeCarrier } from "./fake-carrier.ts";
import { SmallApi } from "./small-api.ts";
import { eth } from "./values.ts";
import { virtualIP } from "./virtual-ip.ts";

export const VIPS = "/apis/fairlead.dev/v1beta1/virtualips";
export const SPEAKERS = "/apis/fairlead.dev/v1beta1/speakers";
export const SECRETS = "/api/v1/namespaces/fairlead/secrets";
const NODES = "/api/v1/nodes";
export const LAN = eth("eth0", 2, ["192.0.2.1/24"]);

/** A control thread with a real wire thread's middle, without threads, sockets and network. */
export class ControlBench {
  readonly clock = new FakeClock();
  readonly api: SmallApi;
  readonly log = new RecordingLog();
  readonly carrier = new FakeCarrier();
  readonly keys = new SharedKeyring();
  readonly wire: Wire;
  readonly control: Control;
  /** What the wire was told, by kind. */
  readonly told: ToWire["type"][] = [];
  /** What the cache would be written with. */
  cached: (() => Known) | undefined;
  /** Whether the cache was written out at the end. */
  cacheStopped = false;

  /** @param options.kinds the collections that the API server has */
  constructor({
    api = new SmallApi(),
    known = NOTHING_KNOWN,
    kinds = [VIPS, SPEAKERS, SECRETS],
    proxy,
  }: {
    readonly api?: SmallApi;
    readonly proxy?: ControlOptions["proxy"];
    readonly known?: Known;
    readonly kinds?: readonly string[];
  } = {}) {
    this.api = api;
    const { clock, log } = this;
    this.node({});
    for (const collection of kinds) this.api.get(collection, "");
    let incarnations = 0n;
    this.wire = new Wire({
      node: "worker-1",
      table: new AnnouncementTable({ excluded: [] }),
      carrier: this.carrier,
      keys: this.keys,
      newIncarnation: () => ++incarnations,
      nodePath: undefined,
      openPost: () => ({ send: () => {}, close: () => {} }),
      caretake: true,
      memories: known.memories,
      onTurn: () => {},
      onMeasured: () => {},
      onReport: () => {},
      onDrop: () => {},
      clock,
      post: (message) => {
        if (message.type !== "pong" && message.type !== "log" && message.type !== "stopped")
          this.control.take(message);
      },
      onStop: () => this.#wireStopped.resolve(),
    });
    this.carrier.onSeen = (...seen) => clock.after(1, () => this.wire.onSeen(...seen));
    const client = new ApiClient({ transport: this.api, fieldManager: "fairlead-speaker-worker-1" });
    this.control = new Control({
      node: "worker-1",
      keysNamespace: "fairlead",
      excludedInterfaces: [],
      proxy,
      ports: { segment: 7950, nodePath: 7953 },
      nodeAddress: undefined,
      transport: this.api,
      client,
      events: new EventRecorder({
        client,
        clock,
        log,
        component: "fairlead.dev/speaker",
        instance: "speaker-x",
      }),
      wire: {
        start: () => this.wire.setInterfaces([LAN]),
        post: (message: ToWire) => {
          this.told.push(message.type);
          this.wire.take(message);
        },
        stop: async (manner) => {
          this.wire.take({ type: "stop", manner });
          await this.#wireStopped.promise;
        },
      },
      known,
      cache: {
        changed: (known) => {
          this.cached = known;
        },
        stop: async () => {
          this.cacheStopped = true;
        },
      },
      clock,
      random: seededRandom(1),
      log,
    });
  }

  readonly #wireStopped = Promise.withResolvers<void>();

  async start(): Promise<void> {
    this.control.start();
    await this.pass(2000);
  }

  async pass(ms: number): Promise<void> {
    for (let i = 0; i < 10; i++) await this.clock.advanceAsync(ms / 10);
  }

  /** Ends, in as much time as it needs; says how much, in ms. */
  async stop(): Promise<number> {
    let ended = false;
    const beganMs = this.clock.nowMs();
    const stopping = this.control.stop().then(() => {
      ended = true;
    });
    while (!ended && this.clock.nowMs() - beganMs < 20_000) await this.clock.advanceAsync(10);
    await stopping;
    return this.clock.nowMs() - beganMs;
  }

  place(text: string, placement: Partial<Placement> = {}): void {
    const { status: _, ...rest } = virtualIP(text, placement);
    const before = this.api.get(VIPS, rest.metadata.name);
    this.api.put(VIPS, { ...rest, ...(before?.status === undefined ? {} : { status: before.status }) });
  }

  /** The Node of this speaker: ready, if nothing else is said. */
  node(other: Pick<Node, "spec" | "status">): void {
    const status = { conditions: [{ type: "Ready", status: "True" }] };
    const metadata = { name: "worker-1", uid: "node-uid" };
    this.api.put(NODES, { apiVersion: "v1", kind: "Node", metadata, status, ...other } as Node);
  }

  secret(current: TakeoverKey): void {
    const data = takeoverKeyFields("current", current);
    const metadata = { name: TAKEOVER_SECRET, namespace: "fairlead" };
    this.api.put(SECRETS, { apiVersion: "v1", kind: "Secret", metadata, data } as never);
  }

  status(text: string): VirtualIPStatus {
    return (this.api.get(VIPS, text)?.status ?? {}) as VirtualIPStatus;
  }

  get answered(): readonly string[] {
    return [...this.carrier.answered.keys()].map((place) => place.replace("%2", "")).sort();
  }

  get notReady(): readonly string[] {
    return Object.values(this.control.readiness).flatMap((check) => check() ?? []);
  }

  eventReasons(): readonly string[] {
    return this.api.events.map((event) => String((event as { reason?: string }).reason));
  }
}

/** What a speaker leaves behind that says nothing any more: what the spec stands for. */
export const NOBODY = {
  state: "Bound",
  firstAnnounced: "2026-01-01T00:00:00Z",
  announcers: [],
  conditions: [
    {
      type: "Bound",
      status: "True",
      lastTransitionTime: "2026-01-01T00:00:00Z",
      reason: "Bound",
      message: "The Services in spec.services hold the address.",
    },
  ],
};
