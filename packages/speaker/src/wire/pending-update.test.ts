import { expect } from "chai";
import type { SnapshotUpdate } from "../announcements/snapshot.ts";
import { address, placed } from "../testing/values.ts";
import { PendingUpdate } from "./pending-update.ts";

/** `+192.0.2.1 2`: placed in epoch 2; `-192.0.2.1`: removed. */
function words({ set, removed }: SnapshotUpdate): readonly string[] {
  return [
    ...removed.map(({ text }) => `-${text}`),
    ...set.map(({ address: { text }, epoch }) => `+${text} ${epoch}`),
  ];
}

function update(...some: readonly string[]): SnapshotUpdate {
  const of = (sign: string): readonly string[] =>
    some.flatMap((word) => (word.startsWith(sign) ? [word.slice(1)] : []));
  return {
    removed: of("-").map(address),
    set: of("+").map((word) => {
      const [text = "", epoch] = word.split(" ");
      return placed(text, { epoch: Number(epoch) });
    }),
  };
}

function slices(most: number, ...updates: readonly SnapshotUpdate[]): readonly (readonly string[])[] {
  const pending = new PendingUpdate();
  for (const one of updates) pending.add(one);
  const taken: (readonly string[])[] = [];
  while (pending.size > 0) taken.push(words(pending.take(most)));
  return taken;
}

describe("PendingUpdate", () => {
  const [A, B, C] = ["192.0.2.1", "192.0.2.2", "192.0.2.3"];
  const cases: readonly (readonly [string, readonly SnapshotUpdate[], readonly (readonly string[])[]])[] = [
    ["nothing", [update()], []],
    [
      "all that is let go before anything that is set",
      [update(`+${A} 1`, `-${B}`), update(`-${C}`)],
      [[`-${B}`, `-${C}`], [`+${A} 1`]],
    ],
    ["what fits beside what is let go", [update(`+${A} 1`, `-${B}`)], [[`-${B}`, `+${A} 1`]]],
    [
      "a later decision in the place of the one that waits",
      [update(`+${A} 1`), update(`+${A} 2`)],
      [[`+${A} 2`]],
    ],
    ["an address that is gone again as gone", [update(`+${A} 1`), update(`-${A}`)], [[`-${A}`]]],
    [
      "an address that was deleted and made again as both",
      [update(`+${A} 7`), update(`-${A}`), update(`+${A} 1`)],
      [[`-${A}`, `+${A} 1`]],
    ],
    [
      "the addresses in their order",
      [update(`+${A} 1`, `+${B} 1`, `+${C} 1`)],
      [[`+${A} 1`, `+${B} 1`], [`+${C} 1`]],
    ],
  ];
  for (const [what, updates, expected] of cases)
    it(`hands out ${what}`, () => {
      expect(slices(2, ...updates)).to.deep.equal(expected);
    });
});
