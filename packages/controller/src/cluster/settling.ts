import type { Clock, Timer } from "@fairlead/runtime/clock.ts";

export interface SettlingOptions {
  readonly clock: Clock;
  /** For how long a node must have been up to be settled, in ms. */
  readonly settleMs: number;
  /** Called when a node has come to be settled. */
  readonly onSettled: (node: string) => void;
}

/** A node that is up. */
interface Up {
  /** When it is settled, on the monotonic clock. */
  readonly settledAtMs: number;
  readonly timer: Timer | undefined;
}

/**
 * Which nodes have been up for a while. While none has, as after the installation, those that come up are settled together with the
 * first of them, so that none of them gets what is meant for all.
 */
export class Settling {
  readonly #options: SettlingOptions;
  readonly #up = new Map<string, Up>();

  constructor(options: SettlingOptions) {
    this.#options = options;
  }

  /** Everything has been read: for how long the nodes have been up is not known. */
  begin(): void {
    const names = [...this.#up.keys()];
    for (const name of names) this.set(name, false);
    for (const name of names) this.set(name, true);
  }

  /** The node is up, or is not. */
  set(node: string, up: boolean): void {
    const known = this.#up.get(node);
    if (up === (known !== undefined)) return;
    known?.timer?.cancel();
    if (!up) {
      this.#up.delete(node);
      return;
    }
    const { clock, settleMs, onSettled } = this.#options;
    const nowMs = clock.nowMs();
    const first = Math.min(...[...this.#up.values()].map(({ settledAtMs }) => settledAtMs));
    const settledAtMs = first > nowMs && first < nowMs + settleMs ? first : nowMs + settleMs;
    const timer = settleMs > 0 ? clock.after(settledAtMs - nowMs, () => onSettled(node)) : undefined;
    this.#up.set(node, { settledAtMs, timer });
  }

  /** Whether the node is up, and has been for long enough. */
  isSettled(node: string): boolean {
    const up = this.#up.get(node);
    return up !== undefined && up.settledAtMs <= this.#options.clock.nowMs();
  }

  /** Cancels the timers. */
  stop(): void {
    for (const { timer } of this.#up.values()) timer?.cancel();
    this.#up.clear();
  }
}
