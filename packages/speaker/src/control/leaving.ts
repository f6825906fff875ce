import {
  EXCLUDE_NODE_LABEL,
  isOutOfService,
  isToBeDeleted,
  type Node,
  OUT_OF_SERVICE_TAINT,
} from "@fairlead/api/core/node.ts";

/**
 * Why a node whose speaker is being ended will not have it back soon, so that its addresses are handed over first; undefined: it is an upgrade or
 * a restart. A node that shuts down says so by being not ready.
 */
export function leavingBecause(node: Node): string | undefined {
  const { metadata, spec, status } = node;
  if (metadata.deletionTimestamp !== undefined) return "the node is being deleted";
  if (spec?.unschedulable === true) return "the node is cordoned";
  if (metadata.labels?.[EXCLUDE_NODE_LABEL] !== undefined)
    return `the node has the label ${EXCLUDE_NODE_LABEL}`;
  if (isOutOfService(node)) return `the node has the taint ${OUT_OF_SERVICE_TAINT}`;
  if (isToBeDeleted(node)) return "the cluster autoscaler is about to delete the node";
  const ready = status?.conditions?.find(({ type }) => type === "Ready")?.status;
  return ready === "True" ? undefined : "the node is not ready";
}
