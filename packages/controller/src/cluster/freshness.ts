import type { Clock } from "@fairlead/runtime/clock.ts";
import { KUBE_PROXY_LEARNS_WITHIN_MS } from "../placement/endpoints.ts";

const NONE: ReadonlySet<string> = new Set();

/** Which nodes have had ready endpoints only for moments, by whatever key. What has passed is forgotten when something new is seen. */
export class Freshness {
  readonly #clock: Pick<Clock, "nowMs">;
  /** Since when a node has had one; the key that was seen last stands last. */
  readonly #since = new Map<string, Map<string, number>>();

  constructor(clock: Pick<Clock, "nowMs">) {
    this.#clock = clock;
  }

  /** The nodes with ready endpoints have changed. */
  see(key: string, before: ReadonlySet<string>, after: ReadonlySet<string>): void {
    const nowMs = this.#clock.nowMs();
    const since = new Map(
      [...(this.#since.get(key) ?? [])].filter(([node, ms]) => after.has(node) && isFresh(ms, nowMs)),
    );
    for (const node of after) if (!before.has(node)) since.set(node, nowMs);
    this.#since.delete(key);
    if (since.size > 0) this.#since.set(key, since);
    for (const [oldest, nodes] of this.#since) {
      if ([...nodes.values()].some((ms) => isFresh(ms, nowMs))) return;
      this.#since.delete(oldest);
    }
  }

  /** The nodes whose endpoints are fresh now. */
  of(key: string): ReadonlySet<string> {
    const since = this.#since.get(key);
    if (since === undefined) return NONE;
    const nowMs = this.#clock.nowMs();
    return new Set([...since].flatMap(([node, ms]) => (isFresh(ms, nowMs) ? [node] : [])));
  }

  /** When the first of them is not fresh any more, in ms from now; 0: none is. */
  endsInMs(key: string): number {
    const nowMs = this.#clock.nowMs();
    const left = [...(this.#since.get(key)?.values() ?? [])]
      .filter((ms) => isFresh(ms, nowMs))
      .map((ms) => ms + KUBE_PROXY_LEARNS_WITHIN_MS - nowMs);
    return left.length === 0 ? 0 : Math.min(...left);
  }
}

function isFresh(sinceMs: number, nowMs: number): boolean {
  return nowMs < sinceMs + KUBE_PROXY_LEARNS_WITHIN_MS;
}
