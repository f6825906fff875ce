import type { Condition } from "./condition.ts";
import type { VirtualIP, VirtualIPSpec, VirtualIPStatus } from "./virtual-ip.ts";
import { usedBy } from "./virtual-ip-foreign.ts";

/** Type of the condition that says who holds the address, or for whom it is kept. */
export const BOUND = "Bound";
/** Type of the condition that is there only while two claims to the address contradict each other. */
export const CONFLICT = "Conflict";

/** What is to become of an address: Services hold it, it is kept for one, it waits for its former one, or somebody else on the LAN has it. */
export type HoldState = "Bound" | "Reserved" | "Released" | "Quarantined";

/**
 * The state that a VirtualIP's spec stands for; one whose `services` are missing is held by nobody. One that waited for its
 * former Service and was given `reclaimPolicy: Retain` meanwhile is kept for it.
 */
export function holdStateOf({
  services = [],
  claim,
  quarantine,
  releasedAt,
  reclaimPolicy,
}: VirtualIPSpec): HoldState {
  if (services.length > 0) return "Bound";
  if (quarantine !== undefined && claim === undefined) return "Quarantined";
  return releasedAt === undefined || reclaimPolicy === "Retain" ? "Reserved" : "Released";
}

/**
 * The status with what the spec stands for: `state`, the condition {@link BOUND}, and what the status once said and must go on
 * saying: that it was answered for. Whoever writes the status, controller
 * or speaker, writes these with it, so that they cost no write of their own. They say nothing that changes while the state
 * does not, but for the Service that the address is kept for.
 *
 * @param now RFC 3339, for a transition that happens now
 */
export function withHoldState(
  { spec, status: before }: VirtualIP,
  status: VirtualIPStatus,
  now: string,
): VirtualIPStatus {
  const others = (status.conditions ?? []).filter(({ type }) => type !== BOUND);
  const conflict = others.some((one) => one.type === CONFLICT && one.status === "True");
  const bound = boundCondition(spec, before, now);
  const state = holdStateOf(spec);
  const { firstAnnounced: _, quietSince, quietOf, ...rest } = status;
  const isAnswered = [status, before].some((one) => (one?.announcers ?? []).length > 0);
  const firstAnnounced =
    state === "Bound" ? (before?.firstAnnounced ?? (isAnswered ? now : undefined)) : undefined;
  return {
    ...rest,
    state: conflict ? "Conflict" : state,
    ...(firstAnnounced !== undefined && { firstAnnounced }),
    ...(state === "Quarantined" && quietSince !== undefined && { quietSince, ...(quietOf && { quietOf }) }),
    conditions: [...others, bound],
  };
}

function boundCondition(spec: VirtualIPSpec, before: VirtualIPStatus | undefined, now: string): Condition {
  const state = holdStateOf(spec);
  const status = state === "Bound" ? "True" : "False";
  const said = before?.conditions?.find(({ type }) => type === BOUND);
  const lastTransitionTime = said?.status === status ? said.lastTransitionTime : now;
  return { type: BOUND, status, lastTransitionTime, reason: state, message: text(spec, state) };
}

function text({ claim, releasedAt, quarantine }: VirtualIPSpec, state: HoldState): string {
  const kept = claim === undefined ? "nobody" : `Service ${claim.namespace}/${claim.name}`;
  switch (state) {
    case "Bound":
      return "The Services in spec.services hold the address.";
    case "Reserved":
      return `Kept for ${kept}, which gets it when it comes and asks for no other address; delete this VirtualIP to give the address up.`;
    case "Quarantined":
      return `Not handed out: ${quarantine === undefined ? "somebody" : usedBy(quarantine)}, as was found before it was announced for the first time. Free it there, or exclude it from its pool. It is asked for from time to time and given back to its pool when nobody answers; delete this VirtualIP to do so now.`;
    case "Released":
      return `Let go at ${releasedAt}; for the releaseDelay of its pool it waits for ${kept} to come back. Others get it earlier if they ask for it or when nothing else is free; delete this VirtualIP to free it now.`;
  }
}
