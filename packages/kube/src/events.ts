import type { KubeObject } from "@fairlead/api/object-meta.ts";
import type { Resource } from "@fairlead/api/resources.ts";
import { type Clock, sleep } from "@fairlead/runtime/clock.ts";
import { errorText, type Log } from "@fairlead/runtime/log.ts";
import type { ApiClient } from "./client.ts";
import { EventRepeats, type Verdict } from "./event-repeats.ts";
import type { KubeMetrics } from "./metrics.ts";
import { microTime } from "./micro-time.ts";
import { ApiError, hasStatus, RequestRefused } from "./transport.ts";

/** events.k8s.io/v1 Event, as far as it is written here. */
export interface KubeEvent extends KubeObject {
  readonly eventTime: string;
  readonly reportingController: string;
  readonly reportingInstance: string;
  readonly action: string;
  readonly reason: string;
  readonly regarding: Readonly<Record<string, string | undefined>>;
  readonly note: string;
  readonly type: "Normal" | "Warning";
}

export const events: Resource<KubeEvent> = {
  apiVersion: "events.k8s.io/v1",
  kind: "Event",
  path: "/apis/events.k8s.io/v1",
  plural: "events",
  namespaced: true,
};

export interface EventRecorderOptions {
  readonly client: ApiClient;
  readonly clock: Clock;
  readonly log: Log;
  readonly metrics?: KubeMetrics;
  /** `reportingController`, a qualified name such as `fairlead.dev/controller`. */
  readonly component: string;
  /** `reportingInstance`: the name of the Pod. */
  readonly instance: string;
}

export interface RecordedEvent {
  /** Must carry `apiVersion` and `kind`, as every object of a reflector does. */
  readonly regarding: KubeObject;
  readonly type: "Normal" | "Warning";
  /** A stable word for programs, for example `Allocated`. */
  readonly reason: string;
  /** What was done or tried, for example `Allocate`. */
  readonly action: string;
  /** For people, with the cure where there is one. Cut at 1024 bytes. */
  readonly note: string;
}

/** About 1 KiB each; a burst of Services is told at the pace at which it is addressed. */
const MOST_QUEUED = 4096;
/** Few: in a burst the API server's time belongs to what must be known. */
const SENT_AT_ONCE = 2;
const RETRY_DELAYS_MS = [1_000, 5_000, 15_000];
const FLUSH_MS = 2_000;

/**
 * Tells what happened as Kubernetes Events. `record` never waits and never fails: an Event that says what the last one of its
 * reason on the object said is left out for a while, a full queue drops, and what the API server does not take is given up
 * after a few attempts. Events are a courtesy; what must be known stands in a status.
 */
export class EventRecorder {
  readonly #options: EventRecorderOptions;
  readonly #repeats: EventRepeats;
  readonly #ended = new AbortController();
  #queue: KubeEvent[] = [];
  readonly #senders = new Set<Promise<void>>();
  #sequence = 0;
  #closed = false;
  #refusal = "";

  constructor(options: EventRecorderOptions) {
    this.#options = options;
    this.#repeats = new EventRepeats(options.clock);
  }

  record(event: RecordedEvent): void {
    const verdict = this.#judge(event);
    if (verdict === "repeat") return;
    if (verdict !== "new") {
      this.#dropped(verdict);
      return;
    }
    this.#queue.push(this.#build(event));
    if (this.#senders.size >= SENT_AT_ONCE) return;
    const sender = this.#send().finally(() => this.#senders.delete(sender));
    this.#senders.add(sender);
  }

  /** Waits for what is being sent, for at most 2 s; what is queued, and what comes later, is dropped. */
  async abandon(): Promise<void> {
    for (const _ of this.#queue.splice(0)) this.#dropped("stopped");
    await this.stop();
  }

  /** Sends what is queued, for at most 2 s; later events are dropped. */
  async stop(): Promise<void> {
    this.#closed = true;
    const { clock } = this.#options;
    const timer = clock.after(FLUSH_MS, () => this.#ended.abort(new Error("the recorder was stopped")));
    await Promise.all(this.#senders);
    timer.cancel();
  }

  #judge(event: RecordedEvent): Verdict | "stopped" | "queue full" {
    if (this.#closed) return "stopped";
    if (this.#queue.length >= MOST_QUEUED) return "queue full";
    return this.#repeats.judge(event);
  }

  async #send(): Promise<void> {
    for (let event = this.#queue.shift(); event !== undefined; event = this.#queue.shift()) {
      if (this.#ended.signal.aborted) this.#dropped("stopped");
      else await this.#sendOne(event);
    }
  }

  async #sendOne(event: KubeEvent): Promise<void> {
    const { client, clock, metrics } = this.#options;
    const { signal } = this.#ended;
    for (let attempt = 0; ; attempt++) {
      try {
        await client.create(events, attempt === 0 ? event : this.#renamed(event), signal);
        metrics?.eventsSent.inc();
        this.#refusal = "";
        return;
      } catch (error) {
        const delayMs = RETRY_DELAYS_MS[attempt];
        if (signal.aborted || delayMs === undefined || isFinal(error)) return this.#failed(event, error);
        if (!hasStatus(error, 409)) await sleep(clock, delayMs, signal);
      }
    }
  }

  #failed(event: KubeEvent, error: unknown): void {
    this.#dropped("failed");
    // Nothing can be told about an object whose namespace is going or gone.
    if (hasStatus(error, 404) || /being terminated/.test(errorText(error))) return;
    // Its author no longer leads; whoever does tells it.
    if (error instanceof RequestRefused) return;
    const refusal = errorText(error).slice(0, 300);
    if (this.#refusal !== "" && hasStatus(error, 403)) return;
    if (refusal === this.#refusal) return;
    this.#refusal = refusal;
    const object = `${event.regarding.kind}/${event.regarding.name}`;
    this.#options.log.warn("event could not be written", { object, reason: event.reason, error: refusal });
  }

  #dropped(cause: string): void {
    this.#options.metrics?.eventsDropped.inc({ cause });
  }

  #build({ regarding, type, reason, action, note }: RecordedEvent): KubeEvent {
    const { clock, component, instance } = this.#options;
    const { apiVersion, kind, metadata } = regarding;
    const { name, namespace, uid, resourceVersion } = metadata;
    return {
      // An Event about a cluster-scoped object lives in "default"; so wants it the API server.
      metadata: { namespace: namespace || "default", name: this.#name(name) },
      eventTime: microTime(clock.wall()),
      reportingController: component,
      reportingInstance: instance.slice(0, 128),
      action: action.slice(0, 128),
      reason: reason.slice(0, 128),
      regarding: { apiVersion, kind, name, namespace, uid, resourceVersion },
      note: cut(note, 1024),
      type,
    };
  }

  #renamed(event: KubeEvent): KubeEvent {
    const name = this.#name(event.regarding.name ?? "");
    return { ...event, metadata: { ...event.metadata, name } };
  }

  /** The object's name, where it is short enough, and a number that no other Event on it has: the time in ns, the lower digits counted. */
  #name(object: string): string {
    this.#sequence = (this.#sequence + 1) % 1_000_000;
    const unique = BigInt(this.#options.clock.wall().getTime()) * 1_000_000n + BigInt(this.#sequence);
    return `${object.slice(0, 230).replace(/[^a-z0-9]+$/, "")}.${unique.toString(16)}`;
  }
}

/** Whether the same again would be refused again. */
function isFinal(error: unknown): boolean {
  if (error instanceof RequestRefused) return true;
  return error instanceof ApiError && error.status < 500 && error.status !== 409 && error.status !== 429;
}

/** The text in at most `most` bytes of UTF-8. */
function cut(text: string, most: number): string {
  if (Buffer.byteLength(text) <= most) return text;
  // A character that the cut went through has become U+FFFD.
  const start = Buffer.from(text)
    .subarray(0, most - 3)
    .toString("utf8")
    .replace(/\ufffd+$/, "");
  return `${start}...`;
}
