import type { Condition } from "@fairlead/api/condition.ts";
import { MOVE_PENDING, MOVE_TO_ANNOTATION } from "@fairlead/api/moves.ts";
import type { VirtualIP, VirtualIPStatus } from "@fairlead/api/virtual-ip.ts";
import type { PlacementDecision } from "../placement/place.ts";
import type { PendingWish } from "../placement/wish.ts";

/** The node that a person wants the address on. */
export function wishOf({ metadata }: Pick<VirtualIP, "metadata">): string | undefined {
  return metadata.annotations?.[MOVE_TO_ANNOTATION];
}

/** Whether the decision puts the address where a person wants it, so that the wish is to be taken off. */
export function fulfills(decision: PlacementDecision, object: Pick<VirtualIP, "metadata">): boolean {
  return decision.kind === "Placed" && decision.node === wishOf(object);
}

/** The object without the wish, if the decision fulfills that. */
export function withoutFulfilled(object: VirtualIP, decision: PlacementDecision): VirtualIP {
  if (!fulfills(decision, object)) return object;
  const { annotations, ...metadata } = object.metadata;
  const { [MOVE_TO_ANNOTATION]: _wish, ...others } = annotations ?? {};
  const kept = Object.keys(others).length > 0 ? { annotations: others } : {};
  return { ...object, metadata: { ...metadata, ...kept } };
}

/** Whether the status says already which wish waits, or that none does. */
export function saysPending({ status }: VirtualIP, pending: PendingWish | undefined): boolean {
  const said = status?.conditions?.find(({ type }) => type === MOVE_PENDING);
  return said?.reason === pending?.reason && said?.message === pending?.message;
}

/** The conditions with this wish in the place of what was said before. @param now RFC 3339 */
export function withPending(
  { conditions = [] }: VirtualIPStatus,
  pending: PendingWish | undefined,
  now: string,
): readonly Condition[] {
  const others = conditions.filter(({ type }) => type !== MOVE_PENDING);
  if (pending === undefined) return others;
  const said = conditions.find(({ type }) => type === MOVE_PENDING);
  const lastTransitionTime = said?.lastTransitionTime ?? now;
  return [...others, { type: MOVE_PENDING, status: "True", lastTransitionTime, ...pending }];
}
