import type { Condition } from "./condition.ts";
import type { VirtualIP, VirtualIPSpec, VirtualIPStatus } from "./virtual-ip.ts";

/** Type of the condition that says who holds the address, or for whom it is kept. */
export const BOUND = "Bound";
/** Type of the condition that is there only while two claims to the address contradict each other. */
export const CONFLICT = "Conflict";

/** What is to become of an address: Services hold it, it is kept for one, or it waits for its former one. */
export type HoldState = "Bound" | "Reserved" | "Released";

/**
 * The state that a VirtualIP's spec stands for; one whose `services` are missing is held by nobody. One that waited for its
 * former Service and was given `reclaimPolicy: Retain` meanwhile is kept for it.
 */
export function holdStateOf({ services = [], releasedAt, reclaimPolicy }: VirtualIPSpec): HoldState {
  if (services.length > 0) return "Bound";
  return releasedAt === undefined || reclaimPolicy === "Retain" ? "Reserved" : "Released";
}

/**
 * The status with what the spec stands for: `state` and the condition {@link BOUND}. Whoever writes the status, controller
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
  return { ...status, state: conflict ? "Conflict" : holdStateOf(spec), conditions: [...others, bound] };
}

function boundCondition(spec: VirtualIPSpec, before: VirtualIPStatus | undefined, now: string): Condition {
  const state = holdStateOf(spec);
  const status = state === "Bound" ? "True" : "False";
  const said = before?.conditions?.find(({ type }) => type === BOUND);
  const lastTransitionTime = said?.status === status ? said.lastTransitionTime : now;
  return { type: BOUND, status, lastTransitionTime, reason: state, message: text(spec, state) };
}

function text({ claim, releasedAt }: VirtualIPSpec, state: HoldState): string {
  const kept = claim === undefined ? "nobody" : `Service ${claim.namespace}/${claim.name}`;
  switch (state) {
    case "Bound":
      return "The Services in spec.services hold the address.";
    case "Reserved":
      return `Kept for ${kept}, which gets it when it comes and asks for no other address; delete this VirtualIP to give the address up.`;
    case "Released":
      return `Let go at ${releasedAt}; for the releaseDelay of its pool it waits for ${kept} to come back. Others get it earlier if they ask for it or when nothing else is free; delete this VirtualIP to free it now.`;
  }
}
