import {
  accept,
  type BpfStatement,
  compute,
  computeByX,
  jump,
  jumpUnless,
  label,
  loadU32,
  loadValue,
  moveToX,
} from "@fairlead/linux/bpf.ts";
import { firstOf, PLACE, WHOLE, type WordBlocks } from "./word-blocks.ts";

/**
 * Accepts the frame if its word at `offset` is in the set, else goes on behind.
 *
 * @param name makes the labels unique within the program
 */
export function acceptWords(
  name: string,
  offset: number,
  { bits, blocks }: WordBlocks,
): readonly BpfStatement[] {
  const none = `${name}-none`;
  const bit = `${name}-bit`;
  return [
    loadU32(offset),
    compute("&", PLACE),
    moveToX(),
    loadU32(offset),
    compute("&", firstOf(WHOLE, bits)),
    ...[...blocks].flatMap(([first, words], i) => {
      const next = `${name}-${i}`;
      const found = words === WHOLE ? [accept()] : [loadValue(words), jump(bit)];
      return [jumpUnless("==", first, next), ...found, label(next)];
    }),
    jump(none),
    label(bit),
    computeByX(">>"),
    jumpUnless("&", 1, none),
    accept(),
    label(none),
  ];
}
