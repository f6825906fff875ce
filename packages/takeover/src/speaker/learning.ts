import type { Timer } from "../clock.ts";
import type { Core } from "../core/core.ts";
import { type Entry, listOf } from "../core/ledger.ts";
import { TIMING } from "../timing.ts";

/**
 * So many addresses each member is asked about at once in the beginning; who took over from this node took all that it stood in for. Of
 * each that this node announced it is asked again before it is resumed.
 */
const LEARNED_AT_ONCE = 320;

/** The first moments of a speaker: it asks everybody what is announced and what was, before it does anything. */
export class Learning {
  readonly #core: Core;
  readonly #onLearned: () => void;
  #timers: readonly Timer[] | undefined;

  /** @param onLearned what is known now may be acted on */
  constructor(core: Core, onLearned: () => void) {
    this.#core = core;
    this.#onLearned = onLearned;
  }

  /** Asks, unless that was begun before. */
  start(): void {
    if (this.#timers !== undefined) return;
    const { clock, self } = this.#core;
    const waitMs = [...this.#members().keys()].some((node) => node !== self.id) ? TIMING.learn : 0;
    this.#timers = [
      ...TIMING.learnQueries.map((at, turn) => clock.after(at, () => this.#ask(turn))),
      clock.after(waitMs, () => {
        this.#core.learned = true;
        this.#onLearned();
      }),
    ];
  }

  stop(): void {
    for (const timer of this.#timers ?? []) timer.cancel();
  }

  #ask(turn: number): void {
    for (const [node, entries] of this.#members())
      this.#core.post.query(
        node,
        turnOf(entries, turn, LEARNED_AT_ONCE).map(({ address }) => address),
      );
  }

  #members(): ReadonlyMap<bigint, readonly Entry[]> {
    const members = new Map<bigint, Entry[]>();
    for (const entry of this.#core.ledger.all())
      for (const node of listOf(entry)) {
        const same = members.get(node);
        if (same === undefined) members.set(node, [entry]);
        else same.push(entry);
      }
    return members;
  }
}

/** The part of these whose turn it is; all of them if they are few. */
function turnOf<T>(all: readonly T[], turn: number, most: number): readonly T[] {
  const from = (turn * most) % Math.max(1, all.length);
  return all.length <= most ? all : all.slice(from, from + most);
}
