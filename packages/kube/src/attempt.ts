import type { Clock } from "@fairlead/runtime/clock.ts";
import { TransportError } from "./transport.ts";

/** The limits of one request in progress: one signal for everything that may end it. Dispose of it when it has ended. */
export class Attempt implements Disposable {
  readonly #clock: Clock;
  readonly #endsAt: number;
  readonly #controller = new AbortController();
  readonly #cleanUps: (() => void)[];
  readonly #cancelDeadline: () => void;

  constructor(options: {
    readonly clock: Clock;
    readonly deadlineMs: number;
    readonly signals: readonly AbortSignal[];
  }) {
    const { clock, deadlineMs, signals } = options;
    this.#clock = clock;
    this.#endsAt = clock.nowMs() + deadlineMs;
    const timer = clock.after(deadlineMs, () =>
      this.#controller.abort(new TransportError("deadline", `no answer within ${deadlineMs} ms`)),
    );
    this.#cancelDeadline = () => timer.cancel();
    this.#cleanUps = signals.map((source) => {
      const abort = (): void => this.#controller.abort(source.reason);
      if (source.aborted) abort();
      source.addEventListener("abort", abort, { once: true });
      return () => source.removeEventListener("abort", abort);
    });
  }

  /** Aborts when the deadline passes or any of the signals aborts, with the reason of that one. */
  get signal(): AbortSignal {
    return this.#controller.signal;
  }

  /** Time until the deadline. */
  get leftMs(): number {
    return this.#endsAt - this.#clock.nowMs();
  }

  /** Takes the deadline away. */
  liftDeadline(): void {
    this.#cancelDeadline();
  }

  [Symbol.dispose](): void {
    this.#cancelDeadline();
    for (const cleanUp of this.#cleanUps) cleanUp();
  }
}
