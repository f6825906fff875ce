import type { NodeId } from "../claims/claim.ts";
import type { Timer } from "../clock.ts";
import type { Core } from "../core/core.ts";
import type { Sight } from "../messages/message.ts";
import { TIMING } from "../timing.ts";
import type { Holder } from "./holder.ts";
import type { Offers } from "./offers.ts";
import type { SightQuestions } from "./sight-questions.ts";

export interface AnchorWatchOptions {
  readonly core: Core;
  readonly holder: Holder;
  readonly offers: Offers;
  readonly questions: SightQuestions;
}

/**
 * A holder checks its own uplink: every 5 s, or once in nodes / 100 s in a large cluster, it asks the anchor. Without an answer to 13
 * tries it asks the stand-ins whether they see the anchor, and offers its addresses to the first that does.
 */
export class AnchorWatch {
  readonly #options: AnchorWatchOptions;
  #timer: Timer | undefined;
  #withdraw = (): void => {};
  #answered = true;
  #actedMs = Number.NEGATIVE_INFINITY;

  constructor(options: AnchorWatchOptions) {
    this.#options = options;
  }

  start(): void {
    const { core } = this.#options;
    const nodes = [...core.directory.others()].length + 1;
    const everyMs = Math.max(TIMING.anchorWatch, nodes * 10);
    this.#timer = core.clock.after(everyMs, () => this.#begin());
  }

  stop(): void {
    this.#timer?.cancel();
  }

  seen(address: string): void {
    if (address === this.#options.core.surroundings.anchor?.text) this.#answered = true;
  }

  /** A stand-in tells what it sees. */
  #sighted(from: NodeId, sight: Sight): void {
    const { core, offers } = this.#options;
    if (this.#answered || sight < 2) return;
    this.#answered = true;
    this.#withdraw();
    this.#actedMs = core.clock.nowMs();
    offers.to(from);
  }

  #begin(): void {
    const { core, holder } = this.#options;
    const rests = core.clock.nowMs() - this.#actedMs < TIMING.offeredAgain;
    if (core.surroundings.anchor === undefined || holder.held.size === 0 || rests) {
      this.start();
      return;
    }
    this.#answered = false;
    this.#try(0);
  }

  #try(tries: number): void {
    const { core, holder, questions } = this.#options;
    const { anchor } = core.surroundings;
    if (this.#answered || anchor === undefined || !core.surroundings.carrier) {
      this.#answered = true;
      this.start();
      return;
    }
    if (tries < TIMING.anchorTries) {
      core.environment.probe(anchor);
      this.#timer = core.clock.after(TIMING.anchorGap, () => this.#try(tries + 1));
      return;
    }
    core.environment.report({ type: "AnchorLost" });
    this.#withdraw();
    this.#withdraw = questions.ask(new Set(holder.held.lists().flat()), (from, { sight }) =>
      this.#sighted(from, sight),
    );
    this.start();
  }
}
