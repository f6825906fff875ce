import { MOVE_PENDING, MOVE_TO_ANNOTATION } from "@fairlead/api/moves.ts";
import type { VirtualIP } from "@fairlead/api/virtual-ip.ts";
import { ANNOUNCED } from "@fairlead/api/virtual-ip-status.ts";

/** An address that is not where it should be, and why. */
export interface Waiting {
  readonly address: string;
  /** A stable word, if the controller says why. */
  readonly reason?: string;
  readonly message: string;
}

/** The nodes that answer for the address; if none does, the one that it is placed on. */
export function nodesOf({ spec, status }: VirtualIP): readonly string[] {
  const answering = [...new Set((status?.announcers ?? []).map(({ node }) => node))];
  return answering.length > 0 ? answering : (spec.placement?.nodes ?? []).slice(0, 1);
}

/** Whether the address is placed on the node or answered for by it. */
export function isOn({ spec, status }: VirtualIP, node: string): boolean {
  return spec.placement?.nodes[0] === node || status?.announcers?.some((one) => one.node === node) === true;
}

/** Whether the node has the address by the controller's newest decision, and says that it answers for it. */
export function hasArrived({ metadata, spec, status }: VirtualIP, node: string): boolean {
  const { nodes = [], epoch = 0 } = spec.placement ?? {};
  const answers = status?.announcers?.some((one) => one.node === node && one.epoch >= epoch) === true;
  return nodes[0] === node && answers && metadata.annotations?.[MOVE_TO_ANNOTATION] !== node;
}

/** Why an address that is wanted on the node has not arrived there yet. */
export function whyNotThere({ metadata, spec, status }: VirtualIP, node: string): Waiting {
  const { address } = spec;
  const condition = (type: string) => status?.conditions?.find((one) => one.type === type);
  const wish = metadata.annotations?.[MOVE_TO_ANNOTATION];
  const pending = condition(MOVE_PENDING);
  if (wish === node && pending?.status === "True")
    return { address, reason: pending.reason, message: pending.message };
  if (wish === node)
    return { address, message: "the controller has not taken note of it yet; see whether it runs" };
  if (wish !== undefined) return { address, message: `it was asked for on node ${wish} meanwhile` };
  if (spec.placement?.nodes[0] !== node)
    return { address, message: "the controller has put it elsewhere, or what was asked for was taken back" };
  const announced = condition(ANNOUNCED);
  if (announced?.status === "False") return { address, reason: announced.reason, message: announced.message };
  return {
    address,
    message: `it is placed there, but the node's speaker does not say yet that it answers; see kubectl describe vip ${metadata.name}`,
  };
}

/** Why an address is still on the node that is drained. */
export function whyStillThere({ metadata, spec }: VirtualIP, node: string): Waiting {
  const { address } = spec;
  const next = spec.placement?.nodes[0];
  if (next === node)
    return {
      address,
      message: `no other node may have it, or the controller does not run; to see why one may not: kubectl annotate vip ${metadata.name} ${MOVE_TO_ANNOTATION}=NODE, then kubectl describe vip ${metadata.name}`,
    };
  const where = next === undefined ? "nowhere any more" : `on node ${next}`;
  return {
    address,
    message: `it is placed ${where}, but the speaker of node ${node} still says that it answers; see kubectl describe vip ${metadata.name}`,
  };
}
