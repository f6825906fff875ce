import type { LeaderElection, LeaderElectionOptions } from "@fairlead/kube/leader-election.ts";
import { type Clock, sleep } from "@fairlead/runtime/clock.ts";

export interface LeadershipCallbacks {
  /** This replica begins to decide. */
  readonly onGained: () => void;
  /** It no longer does, and nothing that it began is going on. */
  readonly onLost: () => void;
}

type Election = Pick<LeaderElection, "start" | "stop" | "leading">;

/** How long requests that are under way may take before they are given up when this replica stops, in ms. */
const FINISH_MS = 1000;

/** Lets things be done only while this replica leads, and ends them when it no longer does. */
export class Leadership {
  #election: Election | undefined;
  readonly #running = new Set<Promise<unknown>>();
  readonly #clock: Clock;
  #signal = AbortSignal.abort();
  #stopping = false;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Asked immediately before acting. */
  get leading(): boolean {
    return !this.#stopping && !this.#signal.aborted && this.#election?.leading === true;
  }

  /** Begins to compete. */
  start(
    elect: (callbacks: Pick<LeaderElectionOptions, "onGained" | "onLost">) => Election,
    { onGained, onLost }: LeadershipCallbacks,
  ): void {
    this.#election = elect({
      onGained: (signal) => {
        this.#signal = signal;
        onGained();
      },
      onLost: async () => {
        await Promise.allSettled(this.#running);
        onLost();
      },
    });
    this.#election.start();
  }

  /**
   * Begins nothing more, waits for what is under way, then gives the lead away. A request that is given up may still reach the
   * API server, after the next leader's.
   */
  async stop(): Promise<void> {
    this.#stopping = true;
    const patience = new AbortController();
    const finished = Promise.allSettled(this.#running).finally(() => patience.abort());
    await Promise.race([finished, sleep(this.#clock, FINISH_MS, patience.signal)]);
    await this.#election?.stop();
  }

  /** Runs `process` if this replica leads. What fails because it no longer does is no failure: the next leader does it. */
  async whileLeading<T>(process: (signal: AbortSignal) => Promise<T>): Promise<T | undefined> {
    if (!this.leading) return undefined;
    const signal = this.#signal;
    const run = process(signal);
    this.#running.add(run);
    try {
      return await run;
    } catch (error) {
      if (signal.aborted || !this.leading) return undefined;
      throw error;
    } finally {
      this.#running.delete(run);
    }
  }
}
