import type { Move, VirtualIPStatus } from "./virtual-ip.ts";

/** The move that one status tells and the one before it did not; undefined: none. */
export function newestMove(
  before: VirtualIPStatus | undefined,
  after: VirtualIPStatus | undefined,
): Move | undefined {
  const [last] = before?.moves ?? [];
  const [newest] = after?.moves ?? [];
  const isKnown = last?.to === newest?.to && last?.at === newest?.at && last?.from === newest?.from;
  return isKnown ? undefined : newest;
}
