import type { ProxyHealth } from "@fairlead/api/speaker.ts";
import type { EventRecorder } from "@fairlead/kube/events.ts";
import type { Clock, Timer } from "@fairlead/runtime/clock.ts";
import type { Log } from "@fairlead/runtime/log.ts";
import type { ProxyFault } from "./ask-proxy.ts";
import { afterAnswer, type ProxyRecord } from "./proxy-health.ts";

/** Between two questions, and for how long an answer is waited for, in ms. */
export const ASKED_EVERY_MS = 3_000;
export const ANSWERED_WITHIN_MS = 2_000;
/** A wait that took so much longer, in ms, says more of this process than of the one that was asked. */
const LATE_MS = 500;

/** What came of a question. `Stalled`: nothing can be said, since this process stood still meanwhile. */
export type ProxyAnswer = "Healthy" | ProxyFault["kind"] | "Stalled";

/** All of {@link ProxyAnswer}. */
export const PROXY_ANSWERS: readonly ProxyAnswer[] = ["Healthy", "Status", "NoAnswer", "Stalled"];

export interface ProxyWatchOptions {
  readonly node: string;
  /** Who is asked, for those who are told. */
  readonly url: string;
  /** Asks once, and ends when `signal` does; never rejects. Undefined: it is well. */
  readonly ask: (signal: AbortSignal) => Promise<ProxyFault | undefined>;
  /** What is known is another than before. */
  readonly onChange: () => void;
  readonly events: Pick<EventRecorder, "record">;
  readonly clock: Clock;
  readonly log: Log;
}

/** Asks this node's kube-proxy again and again whether it is well, and tells when that changes. */
export class ProxyWatch {
  readonly #options: ProxyWatchOptions;
  readonly #answers = new Map<ProxyAnswer, number>();
  #record: ProxyRecord = { health: "Unknown", against: 0 };
  #isKnown = false;
  #timer: Timer | undefined;
  #asking: AbortController | undefined;
  #stopped = false;

  constructor(options: ProxyWatchOptions) {
    this.#options = options;
  }

  /** What is known; undefined: it has not been asked yet. */
  get health(): ProxyHealth | undefined {
    return this.#isKnown ? this.#record.health : undefined;
  }

  /** How often there was this answer. */
  count(answer: ProxyAnswer): number {
    return this.#answers.get(answer) ?? 0;
  }

  /** Begins to ask. @param earlier what the last process of this node knew */
  start(earlier: ProxyHealth | undefined): void {
    if (earlier !== undefined) {
      this.#record = { health: earlier, against: 0 };
      this.#isKnown = true;
    }
    void this.#ask();
  }

  stop(): void {
    this.#stopped = true;
    this.#timer?.cancel();
    this.#asking?.abort();
  }

  async #ask(): Promise<void> {
    const { clock, ask } = this.#options;
    const asking = new AbortController();
    this.#asking = asking;
    const begunMs = clock.nowMs();
    this.#timer = clock.after(ANSWERED_WITHIN_MS, () => asking.abort(new Error("it took too long")));
    const fault = await ask(asking.signal);
    this.#timer.cancel();
    if (this.#stopped) return;
    this.#timer = clock.after(ASKED_EVERY_MS, () => void this.#ask());
    const stalled = fault !== undefined && clock.nowMs() - begunMs > ANSWERED_WITHIN_MS + LATE_MS;
    const answer = stalled ? "Stalled" : (fault?.kind ?? "Healthy");
    this.#answers.set(answer, this.count(answer) + 1);
    if (!stalled) this.#take(fault);
  }

  #take(fault: ProxyFault | undefined): void {
    const before = this.health;
    this.#record = afterAnswer(this.#record, fault === undefined);
    this.#isKnown = true;
    const { health } = this.#record;
    if (health === before) return;
    if (health === "Unhealthy") this.#tellUnhealthy(fault?.text ?? "");
    else if (before === "Unhealthy") this.#tellHealthy();
    this.#options.onChange();
  }

  #tellUnhealthy(fault: string): void {
    const { log, node, url } = this.#options;
    log.warn("kube-proxy became unhealthy", { url, fault });
    const what = `kube-proxy is unhealthy on node ${node}: ${url} ${fault}`;
    const meaning = "Its addresses go to other nodes, as far as others may have them";
    const cure =
      "see the log of kube-proxy there and restart it, or start the speaker with --proxy-health-url=off if nothing is to answer there any more";
    this.#tell("Warning", "ProxyUnhealthy", `${what}. ${meaning}; ${cure}.`);
  }

  #tellHealthy(): void {
    const { log, node, url } = this.#options;
    log.info("kube-proxy became healthy", { url });
    this.#tell(
      "Normal",
      "ProxyHealthy",
      `kube-proxy is healthy again on node ${node}; it may have addresses.`,
    );
  }

  #tell(type: "Normal" | "Warning", reason: string, note: string): void {
    const { events, node: name } = this.#options;
    // The kubelet's Events on its Node have the name for uid too, and by that kubectl describe finds them.
    const regarding = { apiVersion: "v1", kind: "Node", metadata: { name, uid: name } };
    events.record({ regarding, type, reason, action: "AskProxy", note });
  }
}
