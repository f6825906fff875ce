import { EXCLUDE_NODE_LABEL, type Node } from "@fairlead/api/core/node.ts";
import type { Pod } from "@fairlead/api/core/pod.ts";
import type { Labels } from "@fairlead/api/selector-matches.ts";
import type { Speaker } from "@fairlead/api/speaker.ts";
import { type IpPrefix, parseInterfaceAddress } from "@fairlead/net/prefix.ts";

/** An interface on which a node could answer now. */
export interface NodeInterface {
  readonly name: string;
  readonly subnets: readonly IpPrefix[];
}

/** Why a node may answer for no address at all. */
export type NodeFault =
  | "NodeNotReady"
  | "NodeExcluded"
  | "NetworkUnavailable"
  | "SpeakerNotRunning"
  | "SpeakerNotReported";

/** A node as placement sees it. */
export interface NodeView {
  readonly name: string;
  readonly labels: Labels;
  readonly fault: NodeFault | undefined;
  /** Cordoned, so probably about to be drained or rebooted: it holds an address only while no other node can. */
  readonly cordoned: boolean;
  /** Interfaces with carrier. */
  readonly interfaces: readonly NodeInterface[];
}

/** Puts together what Node, speaker Pods on it and Speaker object say. */
export function viewNode(node: Node, speakerPods: Iterable<Pod>, speaker: Speaker | undefined): NodeView {
  return {
    name: node.metadata.name,
    labels: node.metadata.labels,
    fault: faultOf(node, speakerPods, speaker),
    cordoned: node.spec?.unschedulable === true,
    interfaces: (speaker?.status?.interfaces ?? [])
      .filter(({ carrier }) => carrier)
      .map(({ name, addresses }) => ({
        name,
        subnets: addresses.flatMap((text) => {
          const parsed = parseInterfaceAddress(text);
          return parsed.ok ? [parsed.value.prefix] : [];
        }),
      })),
  };
}

function faultOf(
  node: Node,
  speakerPods: Iterable<Pod>,
  speaker: Speaker | undefined,
): NodeFault | undefined {
  const condition = (type: string): string | undefined =>
    node.status?.conditions?.find((candidate) => candidate.type === type)?.status;
  if (condition("Ready") !== "True" || node.metadata.deletionTimestamp !== undefined) return "NodeNotReady";
  if (node.metadata.labels?.[EXCLUDE_NODE_LABEL] !== undefined) return "NodeExcluded";
  if (condition("NetworkUnavailable") === "True") return "NetworkUnavailable";
  if (![...speakerPods].some(isRunning)) return "SpeakerNotRunning";
  if (speaker?.status === undefined) return "SpeakerNotReported";
  return undefined;
}

function isRunning(pod: Pod): boolean {
  if (pod.metadata.deletionTimestamp !== undefined) return false;
  return pod.status?.conditions?.some(({ type, status }) => type === "Ready" && status === "True") === true;
}
