import type { Dice } from "../simulation/dice.ts";

/** Values at which lengths, counts and flags are on an edge. */
const EDGES = [0, 1, 2, 4, 6, 7, 8, 16, 24, 31, 32, 63, 64, 127, 128, 129, 254, 255];

/** Of so many pieces of noise one is random from end to end, and one a sample as it is. */
const SHARES = 16;
const MOST_CHANGES = 4;
/** Bytes of pure noise, and those put behind a sample, at most. */
const NOISE_BYTES = 160;

/**
 * Writes a piece of noise into `into` and leaves what is behind it as it was: usually a sample with a few changes, of which most are
 * still deep in the parser, sometimes nothing but random bytes.
 *
 * @returns its length
 */
export function mutate(dice: Dice, samples: readonly Uint8Array[], into: Uint8Array): number {
  const share = dice.below(SHARES);
  if (share === 0) return randomize(dice, into, 0, dice.below(NOISE_BYTES));
  const sample = dice.oneOf(samples);
  into.set(sample);
  let length = sample.length;
  if (share === 1) return length;
  for (let left = 1 + dice.below(MOST_CHANGES); left > 0; left--)
    length = change(dice, samples, into, length);
  return length;
}

function change(dice: Dice, samples: readonly Uint8Array[], bytes: Uint8Array, length: number): number {
  const at = dice.below(Math.max(1, length));
  switch (dice.below(12)) {
    case 0:
      return at;
    case 1:
      return Math.min(bytes.length, randomize(dice, bytes, length, dice.below(NOISE_BYTES)));
    case 2:
    case 3:
      splice(dice, dice.oneOf(samples), bytes, length);
      return length;
    case 4:
      bytes.copyWithin(at, dice.below(Math.max(1, length)), dice.below(length + 1));
      return length;
    case 5:
    case 6:
      bytes[at] = (bytes[at] ?? 0) ^ (1 << dice.below(8));
      return length;
    case 7:
    case 8:
      bytes[at] = dice.oneOf(EDGES);
      return length;
    case 9:
      bytes[at & ~1] = 0;
      bytes[at | 1] = dice.oneOf(EDGES);
      return length;
    default:
      bytes[at] = dice.below(256);
      return length;
  }
}

/** Copies a run of another sample to the place where it has it. */
function splice(dice: Dice, other: Uint8Array, bytes: Uint8Array, length: number): void {
  const from = dice.below(other.length);
  const end = Math.min(length, other.length, from + 1 + dice.below(20));
  for (let i = from; i < end; i++) bytes[i] = other[i] ?? 0;
}

function randomize(dice: Dice, bytes: Uint8Array, from: number, count: number): number {
  const end = Math.min(bytes.length, from + count);
  for (let i = from; i < end; i++) bytes[i] = dice.below(256);
  return end;
}
