import { accept, type BpfStatement, jumpIf, jumpUnless, label } from "@fairlead/linux/bpf.ts";
import type { WordRange } from "./cover.ts";

/**
 * Accepts the frame if the word in A lies in one of the ranges, else goes on behind. Each range ends in an instruction of
 * its own to accept, because a conditional jump reaches 255 instructions at most.
 *
 * @param name makes the labels unique within the program
 */
export function acceptRanges(name: string, ranges: readonly WordRange[]): readonly BpfStatement[] {
  return ranges.flatMap(({ first, last }, i) => {
    const next = `${name}-${i}`;
    return [jumpUnless(">=", first, next), jumpIf(">", last, next), accept(), label(next)];
  });
}
