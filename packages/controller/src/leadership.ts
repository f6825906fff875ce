import type { LeaderElection, LeaderElectionOptions } from "@fairlead/kube/leader-election.ts";

export interface LeadershipCallbacks {
  /** This replica begins to decide. */
  readonly onGained: () => void;
  /** It no longer does, and nothing that it began is going on. */
  readonly onLost: () => void;
}

type Election = Pick<LeaderElection, "start" | "stop" | "leading">;

/** Lets things be done only while this replica leads, and ends them when it no longer does. */
export class Leadership {
  #election: Election | undefined;
  readonly #running = new Set<Promise<unknown>>();
  #signal = AbortSignal.abort();

  /** Asked immediately before acting. */
  get leading(): boolean {
    return !this.#signal.aborted && this.#election?.leading === true;
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

  /** Ends what runs, then gives the lead away. */
  async stop(): Promise<void> {
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
