import type { Condition } from "@fairlead/api/condition.ts";
import type { VirtualIP, VirtualIPStatus } from "@fairlead/api/virtual-ip.ts";
import { CONTESTED } from "@fairlead/api/virtual-ip-foreign.ts";
import { holdStateOf } from "@fairlead/api/virtual-ip-state.ts";
import { ANNOUNCED } from "@fairlead/api/virtual-ip-status.ts";
import { unannounced } from "../cluster/object-facts.ts";
import type { NodeView } from "../placement/node-view.ts";
import type { PlacementDecision } from "../placement/place.ts";
import { type Conflict, saysConflict } from "./conflict.ts";

/** That an address lives nowhere, and why. */
export type Unplaced = Extract<PlacementDecision, { readonly kind: "Unplaced" }>;

/** Whether the status says all there is to say of an address that lives nowhere. */
export function saysNowhere(
  object: VirtualIP,
  conflict: Conflict | undefined,
  { reason, message }: Unplaced,
): boolean {
  if (!saysConflict(object, conflict)) return false;
  const { spec, status } = object;
  if (status?.state !== (conflict === undefined ? holdStateOf(spec) : "Conflict")) return false;
  // That nobody answers for what nobody holds goes without saying; but what was said of an answer is taken back.
  if ((spec.services ?? []).length === 0)
    return !status.conditions?.some((one) => one.type === ANNOUNCED && one.status === "True");
  const said = unannounced(object);
  return said?.reason === reason && said.message === message;
}

/**
 * The status once nobody may answer; a speaker that still does takes out what it says, one that is gone cannot.
 *
 * @param nodes all that there are
 * @param now RFC 3339
 */
export function sayingNowhere(
  object: VirtualIP,
  { reason, message }: Unplaced,
  nodes: readonly NodeView[],
  now: string,
): VirtualIPStatus {
  const { status, metadata } = object;
  const running = new Set(nodes.filter(hasSpeaker).map(({ name }) => name));
  const condition: Condition = {
    type: ANNOUNCED,
    status: "False",
    ...(metadata.generation !== undefined && { observedGeneration: metadata.generation }),
    lastTransitionTime: unannounced(object)?.lastTransitionTime ?? now,
    reason,
    message,
  };
  const { foreign, ...rest } = status ?? {};
  const isHeard = foreign !== undefined && running.has(foreign.node);
  const others = (status?.conditions ?? []).filter(
    ({ type }) => type !== ANNOUNCED && (type !== CONTESTED || isHeard),
  );
  return {
    ...rest,
    ...(isHeard && { foreign }),
    announcers: (status?.announcers ?? []).filter(({ node }) => running.has(node)),
    conditions: [...others, condition],
  };
}

/** Whether a speaker runs there that can take back what it wrote. */
function hasSpeaker({ fault }: NodeView): boolean {
  return fault !== "NodeNotReady" && fault !== "NodeOutOfService" && fault !== "SpeakerNotRunning";
}
