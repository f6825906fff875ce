import type { NodeId } from "../claims/claim.ts";
import type { Timer } from "../clock.ts";
import type { Core } from "../core/core.ts";
import { type Entry, listOf } from "../core/ledger.ts";
import { TIMING } from "../timing.ts";
import type { Holder } from "./holder.ts";

/**
 * So many addresses of each list are asked about. Who took over from this holder took all that it stood in for, and a claim on a single
 * one is repeated until it is acknowledged.
 */
const SAMPLES = 16;

/**
 * Y6: after a stall, or with a carrier that is back, somebody may have taken over. Nothing is answered for and no heartbeat sent until the others
 * have been asked; whoever hears of no higher claim for 100 ms announces once and goes on.
 */
export class Doubt {
  readonly #core: Core;
  readonly #holder: Holder;
  #timers: Timer[] = [];

  constructor(core: Core, holder: Holder) {
    this.#core = core;
    this.#holder = holder;
  }

  begin(): void {
    if (this.#holder.held.size === 0) return;
    const { clock, environment } = this.#core;
    this.stop();
    environment.silence(true);
    environment.measured({ type: "Doubt" });
    this.#holder.overlaps.silent(true);
    this.#holder.beats.pause(true);
    this.#timers = TIMING.doubtQueries.map((at) => clock.after(at, () => this.#ask()));
    this.#timers.push(clock.after(TIMING.doubt, () => this.#end()));
  }

  stop(): void {
    for (const timer of this.#timers) timer.cancel();
    this.#timers = [];
  }

  #ask(): void {
    const asked = new Map<NodeId, Entry[]>();
    for (const entry of this.#holder.held.samples(SAMPLES))
      for (const node of listOf(entry)) asked.set(node, [...(asked.get(node) ?? []), entry]);
    for (const [node, about] of asked)
      this.#core.post.query(
        node,
        about.map(({ address }) => address),
      );
  }

  #end(): void {
    this.#timers = [];
    this.#core.environment.silence(false);
    this.#holder.overlaps.silent(false);
    this.#holder.beats.pause(false);
    for (const entry of this.#holder.held.all()) this.#holder.again(entry);
  }
}
