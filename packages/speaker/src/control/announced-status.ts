import type { Condition } from "@fairlead/api/condition.ts";
import type { Announcer, Quarantine, VirtualIP, VirtualIPStatus } from "@fairlead/api/virtual-ip.ts";
import { compareAnnouncers } from "@fairlead/api/virtual-ip-claim.ts";
import { CONTESTED } from "@fairlead/api/virtual-ip-foreign.ts";
import { newestMove } from "@fairlead/api/virtual-ip-moves.ts";
import { holdStateOf, withHoldState } from "@fairlead/api/virtual-ip-state.ts";
import { ANNOUNCED } from "@fairlead/api/virtual-ip-status.ts";
import type { AddressState, AnnouncedOn } from "../wire/messages.ts";
import { contestedPart, type ForeignPart, foreignAsSaid, foreignPart } from "./foreign-status.ts";
import { movesWith } from "./moves.ts";

/** Whether the controller placed the address on this node. */
export function isPlacedOn(virtualIP: VirtualIP, node: string): boolean {
  const { placement } = virtualIP.spec;
  return placement?.nodes[0] === node && placement.protocols.includes("Layer2");
}

/** Whether the controller lets this node answer for the address, as its owner or as a stand-in. */
function isListed(virtualIP: VirtualIP, node: string): boolean {
  const { placement } = virtualIP.spec;
  return placement?.nodes.includes(node) === true && placement.protocols.includes("Layer2");
}

/** Whether the address is in quarantine, and this node asks for it. */
function isAskedBy({ spec }: VirtualIP, node: string): boolean {
  return spec.quarantine?.node === node && holdStateOf(spec) === "Quarantined";
}

/** What this node's speaker should do about a VirtualIP's status. */
export type StatusStep =
  | { readonly kind: "Nothing" }
  /** Put this in the place of the whole status. */
  | { readonly kind: "Write"; readonly status: VirtualIPStatus };

const NOTHING: StatusStep = { kind: "Nothing" };

/**
 * Compares what the object says with what is true on the wire.
 *
 * @param state what the wire thread says; undefined: it does nothing for the address
 * @param now RFC 3339, for a transition that happens now
 * @param placedBefore the node that the address was placed on before it was placed here, if that was seen
 */
export function statusStep(
  virtualIP: VirtualIP,
  node: string,
  state: AddressState | undefined,
  now: string,
  placedBefore?: string,
): StatusStep {
  const asked = isAskedBy(virtualIP, node) ? virtualIP.spec.quarantine : undefined;
  if (asked !== undefined && state?.kind !== "Announcing")
    return write(virtualIP, quarantinedStatus(virtualIP, node, asked, state, now));
  switch (state?.kind) {
    case "Announcing":
      return write(virtualIP, statusOf(virtualIP, node, state, now, placedBefore));
    case "Refused":
      // What the wire thinks of an older decision is on its way to be replaced.
      if (isPlacedOn(virtualIP, node))
        return state.epoch === virtualIP.spec.placement?.epoch
          ? write(virtualIP, statusOf(virtualIP, node, state, now))
          : NOTHING;
      return without(virtualIP, node, now);
    case "LetGo":
      return without(virtualIP, node, now);
    case "Quarantined":
      return without(virtualIP, node, now);
    default:
      // Somebody answers in the place of a process that restarted, as the status says, until it knows whether it goes on.
      return isListed(virtualIP, node) ? NOTHING : without(virtualIP, node, now);
  }
}

function without(virtualIP: VirtualIP, node: string, now: string): StatusStep {
  return hasPart(virtualIP, node) ? { kind: "Write", status: statusWithout(virtualIP, node, now) } : NOTHING;
}

function write(virtualIP: VirtualIP, status: VirtualIPStatus): StatusStep {
  return saysTheSame(virtualIP.status ?? {}, status) ? NOTHING : { kind: "Write", status };
}

/** Whether the status has something that this node's speaker says. */
export function hasPart(virtualIP: VirtualIP, node: string): boolean {
  const announces = virtualIP.status?.announcers?.some((announcer) => announcer.node === node) ?? false;
  const { foreign, conditions = [] } = virtualIP.status ?? {};
  const said = conditions.some(
    (one) => (one.type === ANNOUNCED || one.type === CONTESTED) && isOwn(one, node),
  );
  return announces || said || foreign?.node === node;
}

/** The status once this node's speaker says nothing any more. @param now RFC 3339 */
export function statusWithout(virtualIP: VirtualIP, node: string, now: string): VirtualIPStatus {
  const { announcers = [], conditions = [], moves, foreign } = virtualIP.status ?? {};
  const status = {
    ...(moves && { moves }),
    announcers: announcers.filter((announcer) => announcer.node !== node),
    ...(foreign !== undefined && foreign.node !== node && { foreign }),
    conditions: conditions.filter(
      (one) => !((one.type === ANNOUNCED || one.type === CONTESTED) && isOwn(one, node)),
    ),
  };
  return withHoldState(virtualIP, status, now);
}

function quarantinedStatus(
  virtualIP: VirtualIP,
  node: string,
  quarantine: Quarantine,
  state: AddressState | undefined,
  now: string,
): VirtualIPStatus {
  const { foreign: _, ...rest } = statusWithout(virtualIP, node, now);
  const { status } = virtualIP;
  const { quietSince, of } =
    state?.kind === "Quarantined"
      ? { quietSince: state.quietSince, of: state.since }
      : { quietSince: status?.quietSince, of: status?.quietOf };
  // What is said of an earlier quarantine of the address says nothing of this one.
  const isQuiet = quietSince !== undefined && of === quarantine.since;
  const about = isQuiet ? { quietSince, quietOf: of } : { foreign: quarantine };
  return withHoldState(virtualIP, { ...rest, ...about }, now);
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

function statusOf(
  virtualIP: VirtualIP,
  node: string,
  state: Extract<AddressState, { readonly kind: "Announcing" | "Refused" }>,
  now: string,
  placedBefore?: string,
): VirtualIPStatus {
  const { announcers = [], conditions = [], moves } = virtualIP.status ?? {};
  const others = announcers.filter((announcer) => announcer.node !== node);
  const told = conditions.filter(({ type }) => type !== ANNOUNCED && type !== CONTESTED);
  if (state.kind === "Refused") {
    const { reason, message, foreign } = state;
    const answering = saidByOne(virtualIP, others);
    const refused = answering ?? condition(virtualIP, "False", reason, `${node}: ${message}`, now);
    const about = answering ? foreignAsSaid(virtualIP) : foreignPart(virtualIP, node, foreign, now);
    const status = together(others, [...told, refused], about);
    return withHoldState(virtualIP, { ...status, ...(moves && { moves }) }, now);
  }
  const { on, contested } = state;
  const where = on.map((place) => `${place.interface} with ${place.mac}`).join(" and ");
  const own = on.map((place): Announcer => {
    const { interface: name, mac, epoch, step, provisional } = place;
    const since = sinceOf(virtualIP, node, place);
    const claim = { epoch, ...(step > 0 && { step }), ...(provisional && { provisional }) };
    return { node, interface: name, mac, ...claim, since };
  });
  const manySegments = (virtualIP.spec.placement?.interfaces ?? []).length > 1;
  const beats = (a: Announcer, b: Announcer): boolean =>
    (!manySegments || a.interface === b.interface) && isAbove(virtualIP, a, b);
  // Whoever answers under a lower claim on the same segment lets go now, or died before it could say so. Both sides go by that, else each
  // end of a broken segment would write itself in and the other out for ever.
  const said = own.filter((one) => !others.some((other) => beats(other, one)));
  const stay = others.filter((other) => !said.some((one) => beats(one, other)));
  const above = stay.filter((other) => said.every((one) => isAbove(virtualIP, other, one)));
  // Who is beaten everywhere is not among the announcers: it leaves the condition alone, else it and others would write theirs in turn for ever.
  const higher = said.length === 0 ? conditionOf(virtualIP) : saidByOne(virtualIP, above);
  const answering =
    higher ?? condition(virtualIP, "True", "Answering", `${node}: answering on ${where}`, now);
  const about = higher ? foreignAsSaid(virtualIP) : contestedPart(virtualIP, node, contested, now);
  const all = [...stay, ...said];
  const after = movesWith(virtualIP, { node, on: on[0], announcers: all, placedBefore });
  const status = together(all, [...told, answering], about);
  return withHoldState(virtualIP, { ...status, ...(after && { moves: after }) }, now);
}

function together(
  announcers: readonly Announcer[],
  conditions: readonly Condition[],
  { foreign, condition: contested }: ForeignPart,
): VirtualIPStatus {
  return {
    announcers,
    ...(foreign && { foreign }),
    conditions: [...conditions, ...(contested ? [contested] : [])],
  };
}

/** Never true both ways: claims that are alike stand in the order of the list. */
function isAbove({ spec: { placement } }: VirtualIP, a: Announcer, b: Announcer): boolean {
  const order = compareAnnouncers(a, b);
  if (order !== 0) return order > 0;
  const place = ({ node }: Announcer): number => placement?.nodes.indexOf(node) ?? -1;
  const [first, second] = [place(a), place(b)];
  if (first === second) return a.node < b.node;
  return second < 0 || (first >= 0 && first < second);
}

/**
 * The condition if one of these says by it that it answers. There is one condition for all who answer: it is left to whoever has the highest
 * claim, else they would write it in turn for ever.
 */
function saidByOne(virtualIP: VirtualIP, announcers: readonly Announcer[]): Condition | undefined {
  const said = conditionOf(virtualIP);
  return said?.status === "True" && announcers.some(({ node }) => isOwn(said, node)) ? said : undefined;
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
  return textOf(present) === textOf(wanted) && newestMove(present, wanted) === undefined;
}

/** Everything that speakers say but moves and times of transition, in an order of its own. */
function textOf({ announcers = [], conditions = [], foreign, quietSince, quietOf }: VirtualIPStatus): string {
  return JSON.stringify([
    foreign && [foreign.node, foreign.interface, foreign.mac, foreign.machine, foreign.since],
    quietSince,
    quietOf,
    announcers
      .map(({ node, interface: name, mac, epoch, step = 0, provisional = false, since }) =>
        [node, name, mac, epoch, step, provisional, since].join(" "),
      )
      .sort(),
    conditions
      .filter(({ type }) => type === ANNOUNCED || type === CONTESTED)
      .map(({ status, reason, message }) => [status, reason, message].join(" ")),
  ]);
}

function conditionOf(virtualIP: VirtualIP): Condition | undefined {
  return virtualIP.status?.conditions?.find(({ type }) => type === ANNOUNCED);
}

function isOwn(condition: Condition | undefined, node: string): boolean {
  return condition?.message.startsWith(`${node}: `) ?? false;
}
