import { MOVE_TO_ANNOTATION } from "@fairlead/api/moves.ts";
import type { Advertised } from "./advertise.ts";
import type { Eligible, Ineligible } from "./eligibility.ts";
import { nodeMayNot } from "./fault-text.ts";

/** Why a node may not have an address that a person wants there. */
export type WishFault =
  | Ineligible
  /** There is no node of that name. */
  | "NoSuchNode"
  /** It is cordoned, and another node is not. */
  | "NodeCordoned"
  /** It is drained of addresses, and another node is not. */
  | "NodeDrained"
  /** Its kube-proxy is unhealthy, and another node is not to be avoided. */
  | "ProxyUnhealthy";

/** A wish that waits, because the node may not have the address now. */
export interface PendingWish<Reason extends string = string> {
  readonly reason: Reason;
  /** With the cure. */
  readonly message: string;
}

/** What became of judging the nodes. */
export interface Judged {
  readonly eligible: readonly Eligible[];
  readonly faults: readonly (readonly [node: string, fault: Ineligible])[];
  readonly groups: readonly Advertised[];
}

/** Names are shorter; what stands in an annotation need not be. */
const LONGEST_NAME = 253;

/** The wish for a node that was not chosen although it was wished for. */
export function refusedWish(wish: string, judged: Judged): PendingWish<WishFault> {
  const reason = faultOf(wish, judged);
  const why = nodeMayNot(wish.slice(0, LONGEST_NAME), reason, judged.groups);
  return {
    reason,
    message: `The address is to go to node ${quoted(wish)}, which may not have it now: ${why}. ${waiting("there")}`,
  };
}

/** The wish for an address that lives nowhere. @param why a sentence */
export function wishForNowhere<Reason extends string>(
  wish: string,
  reason: Reason,
  why: string,
): PendingWish<Reason> {
  return { reason, message: `${why} ${waiting(`to node ${quoted(wish)}`)}` };
}

function waiting(where: string): string {
  return `It goes ${where} as soon as it may; remove the annotation ${MOVE_TO_ANNOTATION} to give that up.`;
}

function faultOf(wish: string, { eligible, faults }: Judged): WishFault {
  const fault = faults.find(([node]) => node === wish)?.[1];
  if (fault !== undefined) return fault;
  const able = eligible.find(({ node }) => node.name === wish);
  if (able === undefined) return "NoSuchNode";
  if (able.node.drained) return "NodeDrained";
  return able.node.proxyUnhealthy ? "ProxyUnhealthy" : "NodeCordoned";
}

function quoted(name: string): string {
  return JSON.stringify(name.slice(0, LONGEST_NAME));
}
