import { formatPrefix } from "@fairlead/net/prefix.ts";
import type { Clock, Timer } from "@fairlead/runtime/clock.ts";
import type { NodeInterface } from "../placement/node-view.ts";

/**
 * For how long a node must have had all its links before an address goes to it for their sake, in ms. When a switch is back, links come up
 * one after the other: the node with the first of them would get every address, and keep it.
 */
export const LINKS_STEADY_AFTER_MS = 10_000;

interface Known {
  readonly links: ReadonlySet<string>;
  /** On the monotonic clock. */
  readonly steadyAtMs: number;
  readonly timer: Timer | undefined;
}

/** Whether a link of a node came up a moment ago. An interface that gets another subnet counts for one that came up. */
export class SteadyLinks {
  readonly #clock: Clock;
  readonly #onSteady: (node: string) => void;
  readonly #nodes = new Map<string, Known>();

  constructor(clock: Clock, onSteady: (node: string) => void) {
    this.#clock = clock;
    this.#onSteady = onSteady;
  }

  /**
   * Takes the interfaces with carrier that the node has now.
   *
   * @returns whether it has had them for long enough. Those of a node that is seen for the first time are taken to be as old as it is.
   */
  set(node: string, interfaces: readonly NodeInterface[]): boolean {
    const nowMs = this.#clock.nowMs();
    const links = new Set(interfaces.map(textOf));
    const known = this.#nodes.get(node) ?? { links, steadyAtMs: nowMs, timer: undefined };
    if ([...links].every((link) => known.links.has(link))) {
      this.#nodes.set(node, { ...known, links });
      return known.steadyAtMs <= nowMs;
    }
    known.timer?.cancel();
    const timer = this.#clock.after(LINKS_STEADY_AFTER_MS, () => this.#onSteady(node));
    this.#nodes.set(node, { links, steadyAtMs: nowMs + LINKS_STEADY_AFTER_MS, timer });
    return false;
  }

  /** The node is gone. */
  delete(node: string): void {
    this.#nodes.get(node)?.timer?.cancel();
    this.#nodes.delete(node);
  }

  /** Cancels the timers. */
  stop(): void {
    for (const { timer } of this.#nodes.values()) timer?.cancel();
    this.#nodes.clear();
  }
}

function textOf({ name, subnets }: NodeInterface): string {
  return [name, ...new Set(subnets.map(formatPrefix).sort())].join(" ");
}
