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
 * on one more segment, is no move. An address on several segments comes to a node one after the other: it has moved once who answered
 * before answers nowhere.
 */
export function movesWith(virtualIP: VirtualIP, arrival: Arrival): readonly Move[] | undefined {
  const { spec, status } = virtualIP;
  const { node, on } = arrival;
  const moves = status?.moves;
  const from = leftBy(virtualIP, arrival);
  if (on === undefined || from === undefined || from === node) return moves;
  const { placement } = spec;
  const isDecided = placement?.nodes[0] === node && on.step === 0 && on.epoch === placement.epoch;
  const why: Pick<Move, "by" | "reason"> = isDecided
    ? { by: "Controller", reason: placement.reason ?? "Placed" }
    : { by: "Speakers", reason: on.reason };
  return [{ from, to: node, at: on.since, ...why }, ...(moves ?? [])].slice(0, MOST_MOVES);
}

/** The node that the address has come from, now that this one answers for it. */
function leftBy(
  { spec, status }: VirtualIP,
  { node, announcers, placedBefore }: Arrival,
): string | undefined {
  const said = status?.announcers ?? [];
  const after = new Set(announcers.map((one) => one.node));
  if (!after.has(node)) return undefined;
  const replaced = said.find((one) => !after.has(one.node))?.node;
  if (said.length === 0) return status?.moves?.[0]?.to ?? placedBefore ?? spec.placement?.nodes[0];
  if (said.every((one) => one.node !== node)) return replaced;
  // It has answered on another segment already. Who came after it, and goes again, has not had the address.
  if (replaced !== undefined) return since(said, replaced) < since(announcers, node) ? replaced : undefined;
  if (placedBefore === undefined || after.has(placedBefore)) return undefined;
  const [told] = status?.moves ?? [];
  return told?.from === placedBefore && told.to === node ? undefined : placedBefore;
}

/** Since when a node answers anywhere, in ms since 1970. */
function since(announcers: readonly Announcer[], node: string): number {
  return Math.min(...announcers.filter((one) => one.node === node).map((one) => Date.parse(one.since)));
}
