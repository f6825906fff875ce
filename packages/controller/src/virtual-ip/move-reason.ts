import type { Ineligible } from "../placement/eligibility.ts";
import type { NodeView } from "../placement/node-view.ts";
import type { WishFault } from "../placement/wish.ts";

/** Why the controller takes an address off a node, in a stable word; docs/troubleshooting.md tells them. */
export type MoveReason =
  | Exclude<WishFault, "NoSuchNode">
  /** A person wants it elsewhere. */
  | "Move"
  /** The node is not there any more. */
  | "NodeGone"
  /** The node may have it, and another reaches more of the networks on which it is to be told. */
  | "MoreNetworks"
  /** The node may have it, and another is preferred. */
  | "Preferred";

export interface Leaving {
  /** The node that it is taken off, as it is now. */
  readonly node: NodeView | undefined;
  /** What the placement found against that node. */
  readonly left: Ineligible | undefined;
  /** A person wants it where it goes. */
  readonly wanted: boolean;
  /** It goes to a node that reaches more networks. */
  readonly mends: boolean;
}

/** Why an address leaves a node: what forbids it there comes before what a person wants, and that before what is merely better. */
export function moveReason({ node, left, wanted, mends }: Leaving): MoveReason {
  if (left !== undefined) return left;
  if (wanted) return "Move";
  if (node === undefined) return "NodeGone";
  if (node.drained) return "NodeDrained";
  if (node.proxyUnhealthy) return "ProxyUnhealthy";
  if (node.cordoned) return "NodeCordoned";
  return mends ? "MoreNetworks" : "Preferred";
}
