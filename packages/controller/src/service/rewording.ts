import type { Service } from "@fairlead/api/core/service.ts";
import { keyOf } from "@fairlead/kube/store.ts";
import type { Clock } from "@fairlead/runtime/clock.ts";
import type { ServiceKey } from "../allocation/holdings.ts";

/**
 * How long what a Service that waits was told stands before other words for the same reason replace it, in ms. All of them would
 * have it written anew with each address that comes or goes.
 */
export const STANDS_FOR_MS = 30_000;

/** When it is time to tell a Service in other words why it waits. */
export class Rewording {
  readonly #clock: Pick<Clock, "nowMs">;
  /** What was told last stands last; what may be replaced is forgotten. */
  readonly #told = new Map<ServiceKey, { readonly atMs: number; readonly asked: string }>();

  constructor(clock: Pick<Clock, "nowMs">) {
    this.#clock = clock;
  }

  /** In how many ms the words may be replaced: at once if the Service has come to ask for something else. */
  dueMs(service: Service): number {
    const told = this.#told.get(keyOf(service));
    if (told === undefined || told.asked !== askedBy(service)) return 0;
    return Math.max(0, told.atMs + STANDS_FOR_MS - this.#clock.nowMs());
  }

  /** The Service was told something. */
  told(service: Service): void {
    const key = keyOf(service);
    const nowMs = this.#clock.nowMs();
    this.#told.delete(key);
    this.#told.set(key, { atMs: nowMs, asked: askedBy(service) });
    for (const [oldest, { atMs }] of this.#told) {
      if (nowMs < atMs + STANDS_FOR_MS) break;
      this.#told.delete(oldest);
    }
  }
}

function askedBy({ spec, metadata: { annotations, labels } }: Service): string {
  return JSON.stringify([spec, annotations, labels]);
}
