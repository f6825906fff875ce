import { type Announcer, MOST_MOVES, type Move, type VirtualIP } from "@fairlead/api/virtual-ip.ts";
import type { AnnouncedOn } from "../wire/messages.ts";

/** How an address came to be answered for by this node. */
export interface Arrival {
  readonly node: string;
  /** Where, under which claim, since when and why. */
  readonly on: AnnouncedOn | undefined;
  /** Who answers from now on. */
  readonly announcers: readonly Announcer[];
  /** The node that it was placed on before it was placed here, if that was seen. */
  readonly placedBefore: string | undefined;
}

/**
 * The moves of an address once this node answers for it. That it is answered for the first time, again by the node that last did, or
 * on one more segment, is no move.
 */
export function movesWith({ spec, status }: VirtualIP, arrival: Arrival): readonly Move[] | undefined {
  const { node, on, placedBefore } = arrival;
  const moves = status?.moves;
  const before = new Set((status?.announcers ?? []).map((one) => one.node));
  const after = new Set(arrival.announcers.map((one) => one.node));
  if (on === undefined || before.has(node) || !after.has(node)) return moves;
  const [replaced] = [...before].filter((one) => !after.has(one));
  if (replaced === undefined && before.size > 0) return moves;
  const { placement } = spec;
  const owner = placement?.nodes[0];
  const from = replaced ?? moves?.[0]?.to ?? placedBefore ?? owner;
  if (from === undefined || from === node) return moves;
  const isDecided = owner === node && on.step === 0 && on.epoch === placement?.epoch;
  const why: Pick<Move, "by" | "reason"> = isDecided
    ? { by: "Controller", reason: placement.reason ?? "Placed" }
    : { by: "Speakers", reason: on.reason };
  return [{ from, to: node, at: on.since, ...why }, ...(moves ?? [])].slice(0, MOST_MOVES);
}
