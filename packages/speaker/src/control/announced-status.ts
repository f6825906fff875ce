import type { Condition } from "@fairlead/api/condition.ts";
import type { Announcer, VirtualIP, VirtualIPStatus } from "@fairlead/api/virtual-ip.ts";
import { withHoldState } from "@fairlead/api/virtual-ip-state.ts";
import { ANNOUNCED } from "@fairlead/api/virtual-ip-status.ts";
import type { AddressState, AnnouncedOn } from "../wire/messages.ts";

/** Whether the controller placed the address on this node. */
export function isPlacedOn(virtualIP: VirtualIP, node: string): boolean {
  const { placement } = virtualIP.spec;
  return placement?.nodes[0] === node && placement.protocols.includes("Layer2");
}

/** What this node's speaker should do about a VirtualIP's status. */
export type StatusStep =
  | { readonly kind: "Nothing" }
  /** Put this in the place of the whole status. */
  | { readonly kind: "Write"; readonly status: VirtualIPStatus };

/**
 * Compares what the object says with what is true on the wire.
 *
 * @param state what the wire thread says; undefined: it does nothing for the address
 * @param now RFC 3339, for a transition that happens now
 */
export function statusStep(
  virtualIP: VirtualIP,
  node: string,
  state: AddressState | undefined,
  now: string,
): StatusStep {
  if (!isPlacedOn(virtualIP, node)) {
    // Until the wire has let go, the status still says the truth; its next message brings us back here.
    const done = state !== undefined || !hasPart(virtualIP, node);
    return done ? { kind: "Nothing" } : { kind: "Write", status: statusWithout(virtualIP, node, now) };
  }
  // What the wire thinks of an older decision is on its way to be replaced.
  if (state === undefined || state.epoch !== virtualIP.spec.placement?.epoch) return { kind: "Nothing" };
  const status = statusOf(virtualIP, node, state, now);
  return saysTheSame(virtualIP.status ?? {}, status) ? { kind: "Nothing" } : { kind: "Write", status };
}

/** Whether the status has something that this node's speaker says. */
export function hasPart(virtualIP: VirtualIP, node: string): boolean {
  const announces = virtualIP.status?.announcers?.some((announcer) => announcer.node === node) ?? false;
  return announces || isOwn(conditionOf(virtualIP), node);
}

/** The status once this node's speaker says nothing any more. @param now RFC 3339 */
export function statusWithout(virtualIP: VirtualIP, node: string, now: string): VirtualIPStatus {
  const { announcers = [], conditions = [] } = virtualIP.status ?? {};
  const own = isOwn(conditionOf(virtualIP), node);
  const status = {
    announcers: announcers.filter((announcer) => announcer.node !== node),
    conditions: own ? conditions.filter(({ type }) => type !== ANNOUNCED) : conditions,
  };
  return withHoldState(virtualIP, status, now);
}

/** Whether the status says already that this node answers at these places, so that doing so is nothing new. */
export function saysAnnounced(virtualIP: VirtualIP, node: string, status: VirtualIPStatus): boolean {
  const said = virtualIP.status?.announcers ?? [];
  return (status.announcers ?? [])
    .filter((own) => own.node === node)
    .every((own) =>
      said.some((other) => other.node === node && other.interface === own.interface && other.mac === own.mac),
    );
}

/** A node other than this one that the status says answers. */
export function otherAnnouncer(virtualIP: VirtualIP, node: string): string | undefined {
  return virtualIP.status?.announcers?.find((announcer) => announcer.node !== node)?.node;
}

function statusOf(virtualIP: VirtualIP, node: string, state: AddressState, now: string): VirtualIPStatus {
  const { announcers = [], conditions = [] } = virtualIP.status ?? {};
  const others = announcers.filter((announcer) => announcer.node !== node);
  const otherConditions = conditions.filter(({ type }) => type !== ANNOUNCED);
  if (state.kind === "Refused") {
    const { reason, message } = state;
    const refused = condition(virtualIP, "False", reason, `${node}: ${message}`, now);
    return withHoldState(virtualIP, { announcers: others, conditions: [...otherConditions, refused] }, now);
  }
  const { epoch, on } = state;
  const where = on.map((place) => `${place.interface} with ${place.mac}`).join(" and ");
  const answering = condition(virtualIP, "True", "Answering", `${node}: answering on ${where}`, now);
  const own = on.map((place): Announcer => {
    const { interface: name, mac } = place;
    return { node, interface: name, mac, epoch, since: sinceOf(virtualIP, node, place) };
  });
  const status = {
    // Whoever answered under an older decision either lets go now or died before it could say so.
    announcers: [...others.filter((other) => other.epoch >= epoch), ...own],
    conditions: [...otherConditions, answering],
  };
  return withHoldState(virtualIP, status, now);
}

/** A speaker that was restarted answers where it answered before: that is no new beginning. */
function sinceOf(virtualIP: VirtualIP, node: string, place: AnnouncedOn): string {
  const before = virtualIP.status?.announcers?.find(
    (other) => other.node === node && other.interface === place.interface && other.mac === place.mac,
  )?.since;
  return before !== undefined && Date.parse(before) <= Date.parse(place.since) ? before : place.since;
}

function condition(
  virtualIP: VirtualIP,
  status: "True" | "False",
  reason: string,
  message: string,
  now: string,
): Condition {
  const before = conditionOf(virtualIP);
  const lastTransitionTime = before?.status === status ? before.lastTransitionTime : now;
  return { type: ANNOUNCED, status, lastTransitionTime, reason, message };
}

/** Whether this node's part is the same. What the spec stands for is no reason to write: it goes with the next change. */
function saysTheSame(present: VirtualIPStatus, wanted: VirtualIPStatus): boolean {
  return textOf(present) === textOf(wanted);
}

/** Everything that speakers say but times of transition, in an order of its own. */
function textOf({ announcers = [], conditions = [] }: VirtualIPStatus): string {
  return JSON.stringify([
    announcers.map((one) => [one.node, one.interface, one.mac, one.epoch, one.since].join(" ")).sort(),
    conditions
      .filter(({ type }) => type === ANNOUNCED)
      .map(({ status, reason, message }) => [status, reason, message].join(" ")),
  ]);
}

function conditionOf(virtualIP: VirtualIP): Condition | undefined {
  return virtualIP.status?.conditions?.find(({ type }) => type === ANNOUNCED);
}

function isOwn(condition: Condition | undefined, node: string): boolean {
  return condition?.message.startsWith(`${node}: `) ?? false;
}
