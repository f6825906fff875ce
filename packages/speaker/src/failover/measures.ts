import type { Measurement } from "@fairlead/takeover/environment.ts";
import type { Path } from "@fairlead/takeover/messages/message.ts";

/** So many ways, of a peer, an interface and a path, are told apart; heartbeats on more are counted together. */
const MOST_WAYS = 64;
const OTHERS = "other";

/** How many heartbeats of a node did not come when they were due. */
export interface MissedHeartbeats {
  readonly interface: string;
  readonly peer: string;
  readonly path: Path;
  readonly count: number;
}

/** The durations that are measured. */
export type Duration = "detectedNode" | "detectedSpeaker" | "takenOver" | "overlap";

export interface MeasuresOptions {
  readonly observe: (what: Duration, ms: number, times: number) => void;
  readonly add: (what: "doubts" | "caretakings", howMany: number) => void;
}

/** Counts what the failover protocol measures. */
export class Measures {
  readonly #options: MeasuresOptions;
  readonly #missed = new Map<string, MissedHeartbeats & { count: number }>();
  #isNews = false;

  constructor(options: MeasuresOptions) {
    this.#options = options;
  }

  /**
   * @param name of the interface
   * @param peer the node that it is about, if its name is known
   */
  take(name: string, what: Measurement, peer: string | undefined): void {
    const { observe, add } = this.#options;
    switch (what.type) {
      case "Detected":
        observe(what.found === "Taking" ? "detectedNode" : "detectedSpeaker", what.silentMs, 1);
        return;
      case "TakenOver":
        observe("takenOver", what.silentMs, what.addresses);
        return;
      case "Overlap":
        observe("overlap", what.lastedMs, what.addresses);
        return;
      case "Caretaking":
        add("caretakings", what.addresses);
        return;
      case "Doubt":
        add("doubts", 1);
        return;
      case "Missed":
        this.#miss(name, peer ?? OTHERS, what.path, what.heartbeats);
        return;
    }
  }

  /** What was missed since the process began, by interface, peer and path; undefined: nothing since this was last asked. */
  missedNews(): readonly MissedHeartbeats[] | undefined {
    if (!this.#isNews) return undefined;
    this.#isNews = false;
    return [...this.#missed.values()].map((one) => ({ ...one }));
  }

  #miss(name: string, peer: string, path: Path, heartbeats: number): void {
    this.#isNews = true;
    const key = `${name} ${peer} ${path}`;
    const known = this.#missed.get(key);
    if (known !== undefined) known.count += heartbeats;
    else if (peer !== OTHERS && this.#missed.size >= MOST_WAYS) this.#miss(name, OTHERS, path, heartbeats);
    else this.#missed.set(key, { interface: name, peer, path, count: heartbeats });
  }
}
