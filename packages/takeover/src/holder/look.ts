import type { IpAddress } from "@fairlead/net/address.ts";
import type { Timer } from "../clock.ts";
import type { Core } from "../core/core.ts";
import type { Sight } from "../messages/message.ts";
import { TIMING } from "../timing.ts";

/** How many kernels are asked. */
const MOST_ASKED = 7;

/** Answers what this node sees of the segment now: the anchor and other kernels are asked, for 60 ms at most. */
export class Look {
  readonly #core: Core;
  #waiting: ((sight: Sight) => void)[] = [];
  #timers: Timer[] = [];
  #seen = false;

  constructor(core: Core) {
    this.#core = core;
  }

  /** Calls `done` as soon as it is clear; those that ask meanwhile get the same answer. */
  at(done: (sight: Sight) => void): void {
    this.#waiting.push(done);
    if (this.#waiting.length > 1) return;
    const { clock, environment, surroundings } = this.#core;
    const targets = [surroundings.anchor, ...this.#kernels()].filter((target) => target !== undefined);
    this.#seen = false;
    this.#timers = TIMING.lookVolleys.map((at) =>
      clock.after(at, () => {
        for (const target of targets) environment.probe(target);
      }),
    );
    this.#timers.push(clock.after(TIMING.look, () => this.#end(this.#seen ? 1 : 0)));
  }

  /** Somebody answers on the wire. */
  seen(address: IpAddress): void {
    if (this.#waiting.length === 0) return;
    const { anchor } = this.#core.surroundings;
    if (address.text === anchor?.text) this.#end(2);
    else if (this.#kernels().some((kernel) => kernel.text === address.text)) {
      this.#seen = true;
      if (anchor === undefined) this.#end(1);
    }
  }

  #end(sight: Sight): void {
    for (const timer of this.#timers) timer.cancel();
    const waiting = this.#waiting;
    this.#waiting = [];
    for (const done of waiting) done(sight);
  }

  #kernels(): readonly IpAddress[] {
    return [...this.#core.directory.others()].flatMap(({ kernel }) => kernel ?? []).slice(0, MOST_ASKED);
  }
}
