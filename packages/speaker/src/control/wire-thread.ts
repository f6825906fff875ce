import { Worker } from "node:worker_threads";
import type { Clock, Timer } from "@fairlead/runtime/clock.ts";
import { errorText, type Log } from "@fairlead/runtime/log.ts";
import type { FromWire, ToWire, WireStart } from "../wire/messages.ts";

/** What the wire thread says that is not its own business. */
export type WireNews = Extract<
  FromWire,
  { readonly type: "interfaces" | "states" | "memories" | "troubles" | "split" | "missed" }
>;

const PING_EVERY_MS = 1_000;
/** Handing everything over takes 2 s at most. */
const STOP_WITHIN_MS = 3_000;

export interface WireThreadOptions {
  /** The worker's program. */
  readonly program: URL;
  readonly start: WireStart;
  readonly clock: Clock;
  readonly log: Log;
  /** Takes what is not the thread's own business. */
  readonly onMessage: (message: WireNews) => void;
  /** The thread ended though nobody asked it to. */
  readonly onDeath: (reason: string) => void;
}

/** The wire thread, seen from the control thread. */
export class WireThread {
  readonly #options: WireThreadOptions;
  readonly #stopped = Promise.withResolvers<void>();
  #worker: Worker | undefined;
  #stopping = false;
  #ping: Timer | undefined;
  #pings = 0;
  #heardMs: number;

  constructor(options: WireThreadOptions) {
    this.#options = options;
    this.#heardMs = options.clock.nowMs();
  }

  start(): void {
    const { program, start, clock, onDeath } = this.#options;
    this.#heardMs = clock.nowMs();
    const worker = new Worker(program, { workerData: start, name: "wire" });
    this.#worker = worker;
    worker.on("message", (message: FromWire) => this.#take(message));
    worker.on("error", (error) => this.#ended(() => onDeath(errorText(error))));
    worker.on("exit", (code) => this.#ended(() => onDeath(`exit code ${code}`)));
    this.#pingOn();
  }

  /** Time since the thread last showed that it runs, in ms. */
  get silentMs(): number {
    return this.#options.clock.nowMs() - this.#heardMs;
  }

  post(message: ToWire): void {
    this.#worker?.postMessage(message);
  }

  /** Lets the thread stop answering and end; ends it if it does not. */
  async stop(manner: "Restart" | "Leave"): Promise<void> {
    if (this.#worker === undefined) return;
    this.#stopping = true;
    this.#ping?.cancel();
    this.post({ type: "stop", manner });
    const late = this.#options.clock.after(STOP_WITHIN_MS, () => this.#stopped.resolve());
    await this.#stopped.promise;
    late.cancel();
    await this.#worker.terminate();
  }

  #take(message: FromWire): void {
    this.#heardMs = this.#options.clock.nowMs();
    switch (message.type) {
      case "pong":
        return;
      case "log":
        this.#options.log[message.level](message.event, message.fields);
        return;
      case "stopped":
        this.#stopped.resolve();
        return;
      case "interfaces":
      case "states":
      case "memories":
      case "troubles":
      case "split":
      case "missed":
        this.#options.onMessage(message);
        return;
    }
  }

  #pingOn(): void {
    this.post({ type: "ping", id: ++this.#pings });
    this.#ping = this.#options.clock.after(PING_EVERY_MS, () => this.#pingOn());
  }

  #ended(tell: () => void): void {
    this.#stopped.resolve();
    if (this.#stopping) return;
    this.#stopping = true;
    this.#ping?.cancel();
    tell();
  }
}
