import { backoffMs } from "@fairlead/runtime/backoff.ts";
import type { Random } from "@fairlead/runtime/random.ts";
import { ApiError, hasStatus } from "./transport.ts";

/** How a list or a watch came to its end. */
export type Ending =
  /** The server closed the watch in good order, as it does when `timeoutSeconds` have passed. */
  | { readonly cause: "ended" }
  /** No event and no bookmark for longer than the server ever leaves between bookmarks. */
  | { readonly cause: "silent" }
  /** 410: the server no longer has the history from the version that was asked for. */
  | { readonly cause: "expired"; readonly error: ApiError }
  /** What came cannot be read; going on would miss a change. */
  | { readonly cause: "malformed"; readonly error: Error }
  /** The watch carried an error other than 410. */
  | { readonly cause: "error-event"; readonly error: ApiError }
  /** No answer, half of one, or a refusal. */
  | { readonly cause: "failed"; readonly error: unknown };

/** What a watch had been good for. A list, or a watch that never opened, has had neither. */
export interface Life {
  /** How long it was open. */
  readonly openMs: number;
  /** Events and bookmarks it brought. */
  readonly events: number;
}

/** What to do after an ending. */
export interface Next {
  /** Read the whole collection again, instead of resuming from the last version. */
  readonly relist: boolean;
  readonly delayMs: number;
}

const BOUNDS = { firstMs: 500, mostMs: 15_000 };
/** A watch that lived this long was no part of a storm of short ones. */
const LONG_MS = 5_000;
/** A watch that lived this long makes the failures before it history; so does one that brought something. */
const SOUND_MS = 60_000;
const MOST_RETRY_AFTER_MS = 300_000;

/**
 * Decides how soon and from where to go on after a list or watch has ended. Refusals are counted apart from silence: a server that is back
 * after an outage says that history is gone (410) or that it is not ready (429), and is not to be left alone for as long as the outage taught.
 */
export class Pace {
  readonly #random: Random;
  #unanswered = 0;
  #refused = 0;

  constructor(random: Random) {
    this.#random = random;
  }

  /** Endings in a row that were not as they should be. */
  get failures(): number {
    return this.#unanswered + this.#refused;
  }

  after(ending: Ending, life: Life): Next {
    const relist = mustRelist(ending, life);
    if (life.openMs >= SOUND_MS || (life.events > 0 && !relist)) this.#forget();
    if (ending.cause === "ended" && life.openMs >= LONG_MS) {
      this.#forget();
      return { relist, delayMs: 0 };
    }
    const answered = "error" in ending && ending.error instanceof ApiError;
    const failures = answered ? ++this.#refused : ++this.#unanswered;
    return { relist, delayMs: Math.max(backoffMs(failures, BOUNDS, this.#random), askedMs(ending)) };
  }

  #forget(): void {
    this.#unanswered = 0;
    this.#refused = 0;
  }
}

/**
 * Resuming costs the server little, so every end resumes, except where that can never succeed: the history is gone (410) or
 * unreadable, the kind itself is gone (404), or a resumed watch brought nothing at all, as one does whose version is ahead of
 * a server that was restored from a backup.
 */
function mustRelist(ending: Ending, life: Life): boolean {
  switch (ending.cause) {
    case "expired":
    case "malformed":
      return true;
    case "silent":
    case "error-event":
      return life.events === 0;
    case "failed":
      return hasStatus(ending.error, 404);
    case "ended":
      return false;
  }
}

function askedMs(ending: Ending): number {
  const error = "error" in ending ? ending.error : undefined;
  return error instanceof ApiError ? Math.min(error.retryAfterMs ?? 0, MOST_RETRY_AFTER_MS) : 0;
}
