import type { Metrics } from "@fairlead/runtime/metrics.ts";

/** What a {@link KubeMetrics} reads of a reflector at each scrape. */
export interface ReflectorFigures {
  readonly synced: boolean;
  /** Since the last event, bookmark or list; undefined if there was none yet. */
  readonly lastEventAgeMs: number | undefined;
  readonly size: number;
}

/** What a {@link KubeMetrics} reads of a work queue at each scrape. */
export interface QueueFigures {
  /** Keys that wait to be processed now; delayed ones are not counted. */
  readonly depth: number;
  /** How long the oldest of them has waited. */
  readonly oldestAgeMs: number;
}

/** The metrics of this package. One per process: made once, given to every transport, reflector and queue. */
export class KubeMetrics {
  readonly requests;
  readonly requestSeconds;
  readonly connections;
  readonly throttledSeconds;
  readonly watchRestarts;
  readonly malformedEvents;
  readonly queueRetries;
  readonly queueRuns;
  readonly eventsSent;
  readonly eventsDropped;
  readonly #reflectors = new Map<ReflectorFigures, string>();
  readonly #queues = new Map<QueueFigures, string>();

  constructor(metrics: Metrics) {
    this.requests = metrics.counter("fairlead_api_requests_total", "Requests to the API server.", [
      "method",
      "code",
    ]);
    this.requestSeconds = metrics.histogram(
      "fairlead_api_request_seconds",
      "Time until the whole answer of a request that is no watch was there.",
      [0.005, 0.02, 0.1, 0.5, 2, 10],
      ["method"],
    );
    this.connections = metrics.counter(
      "fairlead_api_connections_total",
      "Connections made to the API server.",
    );
    this.throttledSeconds = metrics.counter(
      "fairlead_api_throttled_seconds_total",
      "Time that requests waited for the client-side rate limit or because the server asked for it.",
    );
    this.watchRestarts = metrics.counter(
      "fairlead_watch_restarts_total",
      "Ends of watches and failed lists, by cause.",
      ["resource", "cause"],
    );
    this.malformedEvents = metrics.counter(
      "fairlead_watch_malformed_events_total",
      "Lines of watches that could not be read.",
      ["resource"],
    );
    this.queueRuns = metrics.counter("fairlead_queue_runs_total", "Keys processed.", ["queue"]);
    this.queueRetries = metrics.counter(
      "fairlead_queue_retries_total",
      "Keys put back because processing failed.",
      ["queue"],
    );
    this.eventsSent = metrics.counter("fairlead_events_sent_total", "Kubernetes Events written.");
    this.eventsDropped = metrics.counter(
      "fairlead_events_dropped_total",
      "Kubernetes Events not written, by cause.",
      ["cause"],
    );
    this.#collectReflectors(metrics);
    this.#collectQueues(metrics);
  }

  /** Shows a reflector under this name until {@link removeReflector}. */
  addReflector(resource: string, figures: ReflectorFigures): void {
    this.#reflectors.set(figures, resource);
  }

  removeReflector(figures: ReflectorFigures): void {
    this.#reflectors.delete(figures);
  }

  /** Shows a queue under this name until {@link removeQueue}. */
  addQueue(name: string, figures: QueueFigures): void {
    this.#queues.set(figures, name);
  }

  removeQueue(figures: QueueFigures): void {
    this.#queues.delete(figures);
  }

  #collectReflectors(metrics: Metrics): void {
    const show = (name: string, help: string, value: (figures: ReflectorFigures) => number): void => {
      metrics.gauge(name, help, ["resource"], (gauge) => {
        gauge.reset();
        for (const [figures, resource] of this.#reflectors) gauge.set({ resource }, value(figures));
      });
    };
    show("fairlead_watch_synced", "1 if the kind has been read completely.", ({ synced }) => Number(synced));
    show("fairlead_watch_objects", "Objects known of the kind.", ({ size }) => size);
    show(
      "fairlead_watch_last_event_age_seconds",
      "Time since the last event, bookmark or list; -1 before the first.",
      ({ lastEventAgeMs }) => (lastEventAgeMs === undefined ? -1 : lastEventAgeMs / 1000),
    );
  }

  #collectQueues(metrics: Metrics): void {
    const show = (name: string, help: string, value: (figures: QueueFigures) => number): void => {
      metrics.gauge(name, help, ["queue"], (gauge) => {
        gauge.reset();
        for (const [figures, queue] of this.#queues) gauge.set({ queue }, value(figures));
      });
    };
    show("fairlead_queue_depth", "Keys that wait to be processed.", ({ depth }) => depth);
    show(
      "fairlead_queue_oldest_age_seconds",
      "How long the oldest waiting key has waited.",
      ({ oldestAgeMs }) => oldestAgeMs / 1000,
    );
  }
}
