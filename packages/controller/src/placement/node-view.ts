import {
  EXCLUDE_NODE_LABEL,
  isOutOfService,
  isShuttingDown,
  isToBeDeleted,
  type Node,
} from "@fairlead/api/core/node.ts";
import type { Pod } from "@fairlead/api/core/pod.ts";
import { DRAIN_ANNOTATION } from "@fairlead/api/moves.ts";
import type { Labels } from "@fairlead/api/selector-matches.ts";
import type { Speaker, SpeakerInterface } from "@fairlead/api/speaker.ts";
import { type IpPrefix, parseInterfaceAddress } from "@fairlead/net/prefix.ts";

/** An interface on which a node could answer now. */
export interface NodeInterface {
  readonly name: string;
  readonly subnets: readonly IpPrefix[];
}

/** Why a node may answer for no address at all. */
export type NodeFault =
  | "NodeNotReady"
  /** It says so; its speaker still runs. */
  | "NodeShuttingDown"
  /** Somebody says that it is off, and does not come back by itself. */
  | "NodeOutOfService"
  | "NodeExcluded"
  | "NetworkUnavailable"
  | "SpeakerNotRunning"
  | "SpeakerNotReported";

/** A node as placement sees it. */
export interface NodeView {
  readonly name: string;
  readonly labels: Labels;
  readonly fault: NodeFault | undefined;
  /**
   * Cordoned, so probably about to be drained or rebooted, to be deleted, drained, or without a healthy kube-proxy: it gets an address
   * only while no other node can.
   */
  readonly cordoned: boolean;
  /** Whether it keeps the addresses that it has nevertheless. */
  readonly keeps: boolean;
  /** Ready for a while, with a speaker; one that has just started gets nothing new while another node can have it. */
  readonly settled: boolean;
  /** None of its links came up a moment ago; else no address goes to it for the sake of its networks. */
  readonly steady: boolean;
  /** Drained of addresses by a person. */
  readonly drained: boolean;
  /** Its kube-proxy was healthy and is not any more: what comes for an address there may soon go nowhere. */
  readonly proxyUnhealthy: boolean;
  readonly speaker: SpeakerState;
  /** Interfaces with carrier. */
  readonly interfaces: readonly NodeInterface[];
  /** Interfaces without. */
  readonly dark: readonly NodeInterface[];
}

/**
 * What is known of a node's speaker. `Restarting`: it is not there, but was a moment ago, so that others take care of its addresses
 * meanwhile. `Gone`: that has lasted, or the node is cordoned too.
 */
export type SpeakerState = "Running" | "Restarting" | "Gone";

export interface SpeakerNews {
  /** The speaker's Pods on the node. */
  readonly pods: Iterable<Pod>;
  /** What it reports. */
  readonly report: Speaker | undefined;
  /** What it reported last, if that was taken away a moment ago. */
  readonly lastReport?: Speaker | undefined;
  /** Whether a speaker that is not there is waited for. */
  readonly patient: boolean;
  /** Whether the node has been well for a while, if it is. @default true */
  readonly settled?: boolean;
  /** See NodeView. @default true */
  readonly steady?: boolean;
  /** What becomes of the addresses of a node that is cordoned: see the option of the controller. @default "avoid" */
  readonly cordonedNodes?: CordonedNodes;
}

/** `avoid`: a cordoned node holds an address only while no other can. `keep`: it gets nothing new, and keeps what it has. */
export type CordonedNodes = (typeof CORDONED_NODES)[number];

/** All of {@link CordonedNodes}. */
export const CORDONED_NODES = ["avoid", "keep"] as const;

/** Puts together what Node, speaker Pods on it and Speaker object say. */
export function viewNode(node: Node, news: SpeakerNews): NodeView {
  const { pods, report, lastReport, patient, settled = true, steady = true, cordonedNodes = "avoid" } = news;
  const isPresent = [...pods].some(isRunning);
  const drained = (report ?? lastReport)?.metadata.annotations?.[DRAIN_ANNOTATION] === "true";
  const leaving = drained || isToBeDeleted(node);
  const cordoned = leaving || node.spec?.unschedulable === true;
  const keeps = !leaving && (!cordoned || cordonedNodes === "keep");
  const said = (report?.status ? report : lastReport)?.status;
  const reported = said?.interfaces ?? [];
  const proxyUnhealthy = said?.proxy === "Unhealthy";
  const withCarrier = (carrier: boolean): readonly NodeInterface[] =>
    reported.filter((one) => one.carrier === carrier).map(readInterface);
  const absence = !isPresent ? "SpeakerNotRunning" : report?.status ? undefined : "SpeakerNotReported";
  const fault = faultOf(node) ?? absence;
  return {
    name: node.metadata.name,
    labels: node.metadata.labels,
    fault,
    cordoned: cordoned || proxyUnhealthy,
    keeps: keeps && !proxyUnhealthy,
    settled: settled && fault === undefined,
    steady,
    drained,
    proxyUnhealthy,
    speaker: absence === undefined ? "Running" : patient && keeps ? "Restarting" : "Gone",
    interfaces: withCarrier(true),
    dark: withCarrier(false),
  };
}

/** Whether all that is the matter with the node is that its speaker is not there. */
export function lacksSpeaker({ fault }: NodeView): boolean {
  return fault === "SpeakerNotRunning" || fault === "SpeakerNotReported";
}

/** Whether nothing is to be expected of the node now, though it may come back, or live unheard. */
export function isSilent({ fault }: NodeView): boolean {
  return fault === "NodeNotReady" || fault === "NodeShuttingDown";
}

/** Whether what speaks against the node is not that it or its speaker is not there. */
export function isUp({ fault, speaker }: NodeView): boolean {
  return speaker === "Running" && (fault === undefined || fault === "NodeExcluded");
}

function readInterface({ name, addresses }: SpeakerInterface): NodeInterface {
  const subnets = addresses.flatMap((text) => {
    const parsed = parseInterfaceAddress(text);
    return parsed.ok ? [parsed.value.prefix] : [];
  });
  return { name, subnets };
}

function faultOf(node: Node): NodeFault | undefined {
  const condition = (type: string): string | undefined =>
    node.status?.conditions?.find((candidate) => candidate.type === type)?.status;
  if (isOutOfService(node)) return "NodeOutOfService";
  if (isShuttingDown(node)) return "NodeShuttingDown";
  if (condition("Ready") !== "True" || node.metadata.deletionTimestamp !== undefined) return "NodeNotReady";
  if (node.metadata.labels?.[EXCLUDE_NODE_LABEL] !== undefined) return "NodeExcluded";
  if (condition("NetworkUnavailable") === "True") return "NetworkUnavailable";
  return undefined;
}

function isRunning(pod: Pod): boolean {
  if (pod.metadata.deletionTimestamp !== undefined) return false;
  return pod.status?.conditions?.some(({ type, status }) => type === "Ready" && status === "True") === true;
}
