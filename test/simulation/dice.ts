import { type Random, seededRandom } from "@fairlead/runtime/random.ts";

/** Reproducible chance: the same seed gives the same run. */
export class Dice {
  readonly #random: Random;

  constructor(seed: number) {
    this.#random = seededRandom(seed);
  }

  between(least: number, most: number): number {
    return least + this.#random.next() * (most - least);
  }

  /** A whole number from 0, below `bound`. */
  below(bound: number): number {
    return Math.floor(this.#random.next() * bound);
  }

  chance(probability: number): boolean {
    return this.#random.next() < probability;
  }

  /** @throws RangeError if there is nothing to choose from */
  oneOf<T>(choices: readonly T[]): T {
    const choice = choices[this.below(choices.length)];
    if (choice === undefined) throw new RangeError("nothing to choose from");
    return choice;
  }
}
