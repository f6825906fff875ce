import { Dice } from "../simulation/dice.ts";
import { arpNoise } from "./arp.ts";
import { echoNoise4, echoNoise6 } from "./echo.ts";
import { ndpNoise } from "./ndp.ts";
import { netlinkNoise } from "./netlink.ts";
import { takeoverNoise } from "./takeover.ts";
import type { Outcome, Trial } from "./trial.ts";

/** All parsers of what comes from outside of a speaker. */
export const FAMILIES: readonly { readonly name: string; readonly make: (dice: Dice) => Trial }[] = [
  { name: "ARP", make: arpNoise },
  { name: "NDP", make: ndpNoise },
  { name: "echo, IPv4", make: echoNoise4 },
  { name: "echo, IPv6", make: echoNoise6 },
  { name: "takeover", make: takeoverNoise },
  { name: "netlink", make: netlinkNoise },
];

/** How often noise came to what. */
export type Outcomes = ReadonlyMap<Outcome, number>;

export interface NoiseOptions {
  readonly seed: number;
  readonly trials: number;
  /** Called now and then with how much has been run. */
  readonly onProgress?: (done: number) => void;
}

/**
 * Runs so much noise through one parser; the same seed makes the same noise.
 *
 * @throws Violation at the first thing that must never happen
 */
export function runNoise(make: (dice: Dice) => Trial, { seed, trials, onProgress }: NoiseOptions): Outcomes {
  const trial = make(new Dice(seed));
  const outcomes = new Map<Outcome, number>();
  for (let done = 1; done <= trials; done++) {
    const outcome = trial();
    outcomes.set(outcome, (outcomes.get(outcome) ?? 0) + 1);
    if (done % 100_000 === 0) onProgress?.(done);
  }
  return outcomes;
}
