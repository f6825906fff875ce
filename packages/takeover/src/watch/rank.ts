import type { NodeId } from "../claims/claim.ts";
import type { Tell } from "../messages/message.ts";
import { TIMING } from "../timing.ts";

/**
 * How long a stand-in lets better ones go first, in ms: 50 for each that was silent in the round, 300 for the first of them that
 * answered that it can do it, and 50 for each other one that did, so that no two wait alike. Who answered that it cannot is not waited for.
 *
 * @param better those before me, see {@link betterThan}
 */
export function rankDelayMs(better: readonly NodeId[], tells: ReadonlyMap<NodeId, Tell>): number {
  let silent = 0;
  let willing = 0;
  for (const node of better) {
    const tell = tells.get(node);
    if (tell === undefined) silent++;
    else if (tell.ready && tell.hasDuty) willing++;
  }
  const answered = willing === 0 ? 0 : TIMING.rankAnswered + (willing - 1) * TIMING.rankSilent;
  return silent * TIMING.rankSilent + answered;
}

/** The list members that go before me: the active stand-ins before the reserve, each in the order of the list. */
export function betterThan(
  self: NodeId,
  holder: NodeId,
  list: readonly NodeId[],
  active: readonly NodeId[],
): readonly NodeId[] {
  const others = list.filter((node) => node !== holder);
  const ranked = [
    ...others.filter((node) => active.includes(node)),
    ...others.filter((node) => !active.includes(node)),
  ];
  const at = ranked.indexOf(self);
  return at < 0 ? ranked : ranked.slice(0, at);
}
