import type { NodeId } from "../claims/claim.ts";
import type { Timer } from "../clock.ts";
import type { Core } from "../core/core.ts";
import type { Entry } from "../core/ledger.ts";
import type { Reason } from "../environment.ts";
import { MOST_ITEMS } from "../messages/items.ts";
import { TIMING } from "../timing.ts";
import type { Duties, Duty } from "./duties.ts";
import { answererOf } from "./evidence.ts";
import { betterThan, rankDelayMs } from "./rank.ts";
import type { Findings } from "./round.ts";

/** What a round said that found the holder dead. */
export interface Confirmation {
  readonly firm: boolean;
  readonly reason: Reason;
  readonly findings: Findings;
}

/** So many of all lists are claimed in one go, ten CLAIM for each member; then sockets and other timers have their turn. */
export const TAKEN_AT_ONCE: number = 10 * MOST_ITEMS;

export interface PlansOptions {
  readonly core: Core;
  readonly holder: NodeId;
  readonly duties: Duties;
  readonly active: () => readonly NodeId[];
  /** Asked again when a plan is due. */
  readonly mayTake: () => boolean;
  readonly take: (duties: readonly Duty[], firm: boolean, reason: Reason) => void;
}

/**
 * The claims that are about to be made, one plan for all addresses with the same list, since those share a rank. A plan that runs is
 * confirmed and not replaced by later rounds, else one slower than the rounds would never come to its end.
 */
export class Plans {
  readonly #options: PlansOptions;
  readonly #plans = new Map<string, Timer>();
  readonly #elsewhereMs = new Map<string, number>();
  /** When another last claimed one of each list. */
  readonly #begunMs = new Map<readonly NodeId[], number>();
  #confirmed: Confirmation | undefined;
  #confirmedMs = 0;
  /** Runs from a claim on until sockets and other timers have had their turn. */
  #others: Timer | undefined;

  constructor(options: PlansOptions) {
    this.#options = options;
  }

  /** A round found the holder dead: plan what is not planned yet. */
  confirm(confirmation: Confirmation): void {
    const { core, holder, duties, active } = this.#options;
    this.#confirmed = confirmation;
    this.#confirmedMs = core.clock.nowMs();
    for (const { entry } of duties.samples()) {
      const node = answererOf(core, entry, confirmation.findings);
      if (node !== undefined && node !== holder) this.#elsewhereMs.set(entry.address.text, this.#confirmedMs);
    }
    for (const [key, list] of duties.lists) {
      if (this.#plans.has(key)) continue;
      const better = betterThan(core.self.id, holder, list, active());
      this.#plan(key, rankDelayMs(better, confirmation.findings.tells));
    }
  }

  /** Another speaker answers for this address on the wire: leave it to that one. */
  answeredByOther(entry: Entry): void {
    this.#elsewhereMs.set(entry.address.text, this.#options.core.clock.nowMs());
  }

  /** Another claims addresses of this list: it may have thousands to claim, and is left to it. */
  begunByOther(list: readonly NodeId[]): void {
    this.#begunMs.set(list, this.#options.core.clock.nowMs());
  }

  cancel(): void {
    for (const plan of this.#plans.values()) plan.cancel();
    this.#plans.clear();
    this.#elsewhereMs.clear();
    this.#begunMs.clear();
    this.#confirmed = undefined;
    this.#others?.cancel();
    this.#others = undefined;
  }

  #plan(key: string, delayMs: number): void {
    const plan = this.#options.core.clock.after(delayMs, () => this.#due(key));
    this.#plans.set(key, plan);
  }

  #due(key: string): void {
    const { core, duties, mayTake, take } = this.#options;
    this.#plans.delete(key);
    if (this.#others !== undefined) {
      this.#plan(key, 0);
      return;
    }
    const nowMs = core.clock.nowMs();
    const confirmed = this.#confirmed;
    if (confirmed === undefined || nowMs - this.#confirmedMs > TIMING.planConfirmed || !mayTake()) return;
    const list = duties.lists.get(key);
    const begunMs = (list && this.#begunMs.get(list)) ?? Number.NEGATIVE_INFINITY;
    if (nowMs - begunMs < TIMING.rankAnswered) {
      this.#plan(key, begunMs + TIMING.rankAnswered - nowMs);
      return;
    }
    const isElsewhere = ({ entry }: Duty): boolean =>
      nowMs - (this.#elsewhereMs.get(entry.address.text) ?? Number.NEGATIVE_INFINITY) <= TIMING.planConfirmed;
    const taken: Duty[] = [];
    for (const duty of duties.all()) {
      if (duty.list !== list || isElsewhere(duty)) continue;
      taken.push(duty);
      if (taken.length === TAKEN_AT_ONCE) break;
    }
    if (taken.length === 0) return;
    // What comes after is planned before: who loses its last duty by this claim cancels its plans.
    this.#others = core.clock.after(0, () => {
      this.#others = undefined;
    });
    if (taken.length === TAKEN_AT_ONCE) this.#plan(key, 0);
    take(taken, confirmed.firm, confirmed.reason);
  }
}
