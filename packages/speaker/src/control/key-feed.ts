import type { Secret } from "@fairlead/api/core/secret.ts";
import { readTakeoverKeys, type TakeoverKeys } from "@fairlead/api/takeover-keys.ts";
import type { Log } from "@fairlead/runtime/log.ts";

/**
 * Hands the keys of the Secret to the wire thread. One that is gone or cannot be used changes nothing: the controller makes it anew,
 * and speakers that forgot their keys meanwhile could not stand in for one another.
 */
export class KeyFeed {
  readonly #options: { readonly log: Log; readonly send: (keys: TakeoverKeys) => void };
  #keys: TakeoverKeys | undefined;
  #problem = "";

  /** @param options.known the keys of the last process, which the wire thread has not been given yet */
  constructor(options: {
    readonly log: Log;
    readonly send: (keys: TakeoverKeys) => void;
    readonly known?: TakeoverKeys;
  }) {
    this.#options = options;
    this.#keys = options.known;
  }

  /** What was handed over last. */
  get keys(): TakeoverKeys | undefined {
    return this.#keys;
  }

  /** The Secret as it is now. */
  set(secret: Secret | undefined): void {
    const { log, send } = this.#options;
    const read = readTakeoverKeys(secret?.data ?? {});
    const problem = read.ok ? "" : secret === undefined ? "the Secret is gone" : read.error;
    if (problem !== "" && problem !== this.#problem)
      log.warn("takeover keys not usable", { error: problem, goingOnWith: idsOf(this.#keys) });
    this.#problem = problem;
    if (!read.ok) return;
    const before = idsOf(this.#keys);
    this.#keys = read.value;
    log.info("takeover keys", { signing: read.value.signing.id, accepted: idsOf(read.value), before });
    send(read.value);
  }
}

function idsOf(keys: TakeoverKeys | undefined): readonly string[] {
  return keys?.accepted.map(({ id }) => String(id)) ?? [];
}
