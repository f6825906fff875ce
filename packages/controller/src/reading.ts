import type { Clock, Timer } from "@fairlead/runtime/clock.ts";
import type { Log } from "@fairlead/runtime/log.ts";
import { type ClusterReader, reflectorsOf } from "./cluster/reader.ts";

/** After this time, kinds that could not be read are named in the log, in ms. */
const PATIENCE_MS = 5000;
/** A reflector that sees nothing for this long, bookmarks included, and knows of no problem has died. */
const SILENT_MS = 15 * 60_000;

/** Reads all kinds. Nothing may be decided before each has been read once. */
export class Reading {
  readonly #reader: ClusterReader;
  readonly #clock: Clock;
  readonly #log: Log;
  readonly #ended = new AbortController();
  #patience: Timer | undefined;
  #complete = false;

  constructor(dependencies: { readonly reader: ClusterReader; readonly clock: Clock; readonly log: Log }) {
    this.#reader = dependencies.reader;
    this.#clock = dependencies.clock;
    this.#log = dependencies.log;
  }

  /** @param onComplete called once, when every kind has been read */
  start(onComplete: () => void): void {
    const reflectors = reflectorsOf(this.#reader);
    for (const reflector of reflectors) reflector.start();
    this.#patience = this.#clock.after(PATIENCE_MS, () => {
      const waiting = this.problem();
      if (waiting !== undefined) this.#log.warn("nothing is decided yet", { problem: waiting });
    });
    Promise.all(reflectors.map((reflector) => reflector.whenSynced(this.#ended.signal))).then(
      () => {
        this.#complete = true;
        onComplete();
      },
      () => {
        // Stopped before everything was read.
      },
    );
  }

  async stop(): Promise<void> {
    this.#ended.abort(new Error("the controller was stopped"));
    this.#patience?.cancel();
    await Promise.all(reflectorsOf(this.#reader).map((reflector) => reflector.stop()));
  }

  /** Why nothing can be decided yet; undefined when everything has been read once. */
  problem(): string | undefined {
    if (this.#complete) return undefined;
    const unread = reflectorsOf(this.#reader).filter(({ synced }) => !synced);
    return unread.flatMap(({ problem }) => problem ?? []).join("; ") || "not everything has been read yet";
  }

  /** Which reflectors have died without noticing; undefined if none has. */
  stuck(): string | undefined {
    const silent = Object.entries(this.#reader).filter(
      ([, { lastEventAgeMs = 0, problem }]) => lastEventAgeMs > SILENT_MS && problem === undefined,
    );
    return silent.length === 0 ? undefined : `no news of ${silent.map(([kind]) => kind).join(", ")}`;
  }
}
