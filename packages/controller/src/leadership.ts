import type { LeaderElection, LeaderElectionOptions } from "@fairlead/kube/leader-election.ts";
import type { Process } from "./controller.ts";

export interface LeadershipOptions {
  readonly elect: (callbacks: Pick<LeaderElectionOptions, "onGained" | "onLost">) => LeaderElection;
  /** This replica begins to decide. */
  readonly onGained: () => void;
  /** It no longer does, and nothing that it began is going on. */
  readonly onLost: () => void;
}

/** Lets things be done only while this replica leads, and ends them when it no longer does. */
export class Leadership {
  readonly #election: LeaderElection;
  readonly #running = new Set<Promise<unknown>>();
  #signal = AbortSignal.abort();

  constructor({ elect, onGained, onLost }: LeadershipOptions) {
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
  }

  get leading(): boolean {
    return !this.#signal.aborted && this.#election.leading;
  }

  start(): void {
    this.#election.start();
  }

  async stop(): Promise<void> {
    await this.#election.stop();
  }

  /** Runs `process` if this replica leads. What fails because it no longer does is no failure: the next leader does it. */
  async whileLeading(process: Process, key: string): ReturnType<Process> {
    if (!this.leading) return undefined;
    const signal = this.#signal;
    const run = process(key, signal);
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
