import type { Condition } from "@fairlead/api/condition.ts";
import type { VirtualIP, VirtualIPStatus } from "@fairlead/api/virtual-ip.ts";
import type { AddressState, AnnouncedOn } from "../wire/messages.ts";

/** Type of the condition that says whether somebody answers for the address. */
export const ANNOUNCED = "Announced";

/** Whether the controller placed the address on this node. */
export function isPlacedOn(virtualIP: VirtualIP, node: string): boolean {
  const { placement } = virtualIP.spec;
  return placement?.nodes[0] === node && placement.protocols.includes("Layer2");
}

/** What this node's speaker should do about its part of a VirtualIP's status. */
export type StatusStep =
  | { readonly kind: "Nothing" }
  /** Let go of everything it wrote there. */
  | { readonly kind: "Clear" }
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
    return state === undefined && ownsPart(virtualIP, node) ? { kind: "Clear" } : { kind: "Nothing" };
  }
  // What the wire thinks of an older decision is on its way to be replaced.
  if (state === undefined || state.epoch !== virtualIP.spec.placement?.epoch) return { kind: "Nothing" };
  const status = statusOf(virtualIP, node, state, now);
  return says(virtualIP, node, status) ? { kind: "Nothing" } : { kind: "Write", status };
}

/** Whether the status has something that this node's speaker wrote. */
export function ownsPart(virtualIP: VirtualIP, node: string): boolean {
  const announces = virtualIP.status?.announcers?.some((announcer) => announcer.node === node) ?? false;
  return announces || (conditionOf(virtualIP)?.message.startsWith(`${node}: `) ?? false);
}

/** Whether the status says already that this node answers at these places, so that doing so is nothing new. */
export function saysAnnounced(virtualIP: VirtualIP, node: string, status: VirtualIPStatus): boolean {
  const theirs = virtualIP.status?.announcers ?? [];
  return (status.announcers ?? []).every((own) =>
    theirs.some((other) => other.node === node && other.interface === own.interface && other.mac === own.mac),
  );
}

/**
 * Nodes that the status still names as announcers under an older decision, while this node answers under the present one:
 * their speakers died before they could let go.
 */
export function leftOverNodes(
  virtualIP: VirtualIP,
  node: string,
  state: AddressState | undefined,
): readonly string[] {
  const epoch = virtualIP.spec.placement?.epoch;
  if (!isPlacedOn(virtualIP, node) || epoch === undefined) return [];
  if (state?.kind !== "Announcing" || state.epoch !== epoch) return [];
  const older = (virtualIP.status?.announcers ?? []).filter((one) => one.node !== node && one.epoch < epoch);
  return [...new Set(older.map((one) => one.node))];
}

function statusOf(virtualIP: VirtualIP, node: string, state: AddressState, now: string): VirtualIPStatus {
  if (state.kind === "Refused") {
    const { reason, message } = state;
    return {
      state: "Unannounced",
      conditions: [condition(virtualIP, "False", reason, `${node}: ${message}`, now)],
    };
  }
  const { epoch, on } = state;
  const where = on.map((place) => `${place.interface} with ${place.mac}`).join(" and ");
  return {
    state: "Announced",
    announcers: on.map((place) => ({
      node,
      interface: place.interface,
      mac: place.mac,
      epoch,
      since: sinceOf(virtualIP, node, place),
    })),
    conditions: [condition(virtualIP, "True", "Answering", `${node}: answering on ${where}`, now)],
  };
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

function says(virtualIP: VirtualIP, node: string, wanted: VirtualIPStatus): boolean {
  const condition = conditionOf(virtualIP);
  const [want] = wanted.conditions ?? [];
  if (condition === undefined || want === undefined || virtualIP.status?.state !== wanted.state) return false;
  if (condition.status !== want.status || condition.reason !== want.reason) return false;
  if (condition.message !== want.message) return false;
  const own = (virtualIP.status?.announcers ?? []).filter((announcer) => announcer.node === node);
  const wantOwn = wanted.announcers ?? [];
  return (
    own.length === wantOwn.length &&
    wantOwn.every((one) =>
      own.some(
        (other) =>
          other.interface === one.interface &&
          other.mac === one.mac &&
          other.epoch === one.epoch &&
          other.since === one.since,
      ),
    )
  );
}

function conditionOf(virtualIP: VirtualIP): Condition | undefined {
  return virtualIP.status?.conditions?.find(({ type }) => type === ANNOUNCED);
}
