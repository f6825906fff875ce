import type { KubeObject } from "@fairlead/api/object-meta.ts";
import type { Clock } from "@fairlead/runtime/clock.ts";
import { keyOf } from "./store.ts";

/** What decides whether two Events say the same. */
export interface Said {
  readonly regarding: KubeObject;
  readonly type: string;
  readonly reason: string;
  readonly note: string;
}

/** `repeat`: said already and nothing else since. `too many`: the object says too much. */
export type Verdict = "new" | "repeat" | "too many";

const WINDOW_MS = 600_000;
const MOST_IN_WINDOW = 20;
const MOST_REMEMBERED = 4096;

interface Memory {
  readonly said: string;
  readonly since: number;
  readonly count: number;
}

/** Remembers what was last said about each object under each reason. */
export class EventRepeats {
  readonly #clock: Clock;
  readonly #last = new Map<string, Memory>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Judges an Event, and remembers it if it is new. */
  judge(event: Said): Verdict {
    const { regarding, type, reason, note } = event;
    const key = [regarding.kind, keyOf(regarding), regarding.metadata.uid, reason].join(" ");
    const said = `${type} ${note}`;
    const now = this.#clock.nowMs();
    const known = this.#last.get(key);
    const last = known !== undefined && now - known.since < WINDOW_MS ? known : undefined;
    if (last?.said === said) return "repeat";
    if (last !== undefined && last.count >= MOST_IN_WINDOW) return "too many";
    // Deleting first moves the entry to the end, so that the first one is the one longest unused.
    this.#last.delete(key);
    this.#last.set(key, { said, since: last?.since ?? now, count: (last?.count ?? 0) + 1 });
    const oldest = this.#last.keys().next().value;
    if (this.#last.size > MOST_REMEMBERED && oldest !== undefined) this.#last.delete(oldest);
    return "new";
  }
}
