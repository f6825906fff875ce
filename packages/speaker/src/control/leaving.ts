import { EXCLUDE_NODE_LABEL, type Node } from "@fairlead/api/core/node.ts";

/** Set by people or operators on a node that is known to be off; KEP-2268. */
const OUT_OF_SERVICE = "node.kubernetes.io/out-of-service";

/**
 * Why a node whose speaker is being ended will not have it back soon, so that its addresses are handed over first; undefined: it is an upgrade or
 * a restart. A node that shuts down says so by being not ready.
 */
export function leavingBecause({ metadata, spec, status }: Node): string | undefined {
  if (metadata.deletionTimestamp !== undefined) return "the node is being deleted";
  if (spec?.unschedulable === true) return "the node is cordoned";
  if (metadata.labels?.[EXCLUDE_NODE_LABEL] !== undefined)
    return `the node has the label ${EXCLUDE_NODE_LABEL}`;
  if (spec?.taints?.some(({ key }) => key === OUT_OF_SERVICE) === true)
    return `the node has the taint ${OUT_OF_SERVICE}`;
  const ready = status?.conditions?.find(({ type }) => type === "Ready")?.status;
  return ready === "True" ? undefined : "the node is not ready";
}
