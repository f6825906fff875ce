import type { IpAddress } from "@fairlead/net/address.ts";
import type { Clock, Timer } from "@fairlead/runtime/clock.ts";
import { rfc3339 } from "@fairlead/runtime/rfc3339.ts";

/** An address in quarantine that this node asks for. */
export interface Quarantined {
  readonly address: IpAddress;
  /** Name of the interface on which it is asked for. */
  readonly interface: string;
  /** Which quarantine of the address it is: when that began, as its record says. Never compared with a clock of this node. */
  readonly since: string;
}

/** Each address is asked for this often at most, in ms. */
export const OFTENEST_MS = 30_000;
/** Not more than one address is asked for in such a time, in ms, unless the next limit wants it. */
export const GAP_MS = 3000;
/** Each address is asked for within this time, in ms, however many there are. */
export const SELDOMEST_MS = 600_000;
/** When each of the questions is asked, and when it is known that nobody answered, in ms. */
const VOLLEYS_MS = [0, 200, 400];
const ANSWERED_WITHIN_MS = 1000;
/** So many times in a row nobody must answer: the host may only be booting. */
const SILENT_TIMES = 2;

interface Known extends Quarantined {
  /** It was asked for, and nobody has answered yet. */
  isAsked: boolean;
  silent: number;
  /** RFC 3339; undefined: somebody answers, or it is not known yet. */
  quietSince: string | undefined;
}

/** Asks for the addresses in quarantine, one after the other, for ever. */
export class QuarantineRounds {
  readonly #options: {
    readonly clock: Clock;
    /** @returns whether the answer would be heard */
    readonly ask: (quarantined: Quarantined) => boolean;
    /** Whether anybody answers for the address of this text has become another. */
    readonly onChange: (address: string) => void;
  };
  /** In the order in which they are asked for. */
  readonly #known = new Map<string, Known>();
  readonly #timers = new Set<Timer>();
  #next: Timer | undefined;

  constructor(options: {
    readonly clock: Clock;
    readonly ask: (quarantined: Quarantined) => boolean;
    readonly onChange: (address: string) => void;
  }) {
    this.#options = options;
  }

  /** Asks for these from now on, and for no others. */
  set(all: readonly Quarantined[]): void {
    const wanted = new Set(all.map(({ address }) => address.text));
    for (const key of [...this.#known.keys()]) {
      if (wanted.has(key)) continue;
      this.#known.delete(key);
      this.#options.onChange(key);
    }
    for (const one of all) {
      const before = this.#known.get(one.address.text);
      if (before?.interface === one.interface && before.since === one.since) continue;
      this.#known.set(one.address.text, { ...one, isAsked: false, silent: 0, quietSince: undefined });
      this.#options.onChange(one.address.text);
    }
    if (this.#known.size > 0) this.#next ??= this.#options.clock.after(this.#gapMs(), () => this.#round());
  }

  /** A station says that it has the address of this text. */
  seen(address: string): void {
    const known = this.#known.get(address);
    if (known === undefined) return;
    known.silent = 0;
    known.isAsked = false;
    if (known.quietSince === undefined) return;
    known.quietSince = undefined;
    this.#options.onChange(address);
  }

  /** Since when nobody answers, and in which quarantine; undefined: the address of this text is not asked for. */
  stateOf(address: string): { readonly since: string; readonly quietSince: string | undefined } | undefined {
    return this.#known.get(address);
  }

  stop(): void {
    this.#known.clear();
    this.#next?.cancel();
    for (const timer of this.#timers) timer.cancel();
    this.#timers.clear();
  }

  #gapMs(): number {
    const count = Math.max(1, this.#known.size);
    return Math.max(OFTENEST_MS / count, Math.min(GAP_MS, SELDOMEST_MS / count));
  }

  #round(): void {
    this.#next = undefined;
    const [key] = this.#known.keys();
    const known = key === undefined ? undefined : this.#known.get(key);
    if (key === undefined || known === undefined) return;
    this.#known.delete(key);
    this.#known.set(key, known);
    this.#next = this.#options.clock.after(this.#gapMs(), () => this.#round());
    known.isAsked = true;
    let isHeard = true;
    const isStill = (): boolean => known.isAsked && this.#known.get(key) === known;
    for (const delayMs of VOLLEYS_MS)
      this.#after(delayMs, () => {
        if (isStill()) isHeard = this.#options.ask(known) && isHeard;
      });
    this.#after(ANSWERED_WITHIN_MS, () => {
      if (!isStill() || !isHeard) return;
      known.isAsked = false;
      if (++known.silent < SILENT_TIMES || known.quietSince !== undefined) return;
      known.quietSince = rfc3339(this.#options.clock.wall());
      this.#options.onChange(key);
    });
  }

  #after(delayMs: number, run: () => void): void {
    const timer = this.#options.clock.after(delayMs, () => {
      this.#timers.delete(timer);
      run();
    });
    this.#timers.add(timer);
  }
}

/** The addresses that are asked for on each interface. */
export function byInterface(all: readonly Quarantined[]): ReadonlyMap<string, readonly IpAddress[]> {
  const groups = Map.groupBy(all, (one) => one.interface);
  return new Map([...groups].map(([name, some]) => [name, some.map(({ address }) => address)]));
}
