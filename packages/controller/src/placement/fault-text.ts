import { type Advertised, type Advertisement, advertisementsOf } from "./advertise.ts";
import type { Ineligible } from "./eligibility.ts";
import type { WishFault } from "./wish.ts";

/** How many nodes a message names for each fault, and how many Services. */
const SHOWN_NODES = 10;
/** How many of the Services that go by the same advertisements it names. */
const SHOWN_SERVICES = 3;

interface FaultText {
  /** What is the matter with the nodes. */
  readonly fault: string;
  readonly cure: string;
}

/**
 * Why no node may answer, node by node, and what to do about it; a clause without full stop.
 *
 * @param faults what is the matter with each node, in any order
 * @param groups what applies to the address
 */
export function noNodeMay(
  faults: readonly (readonly [node: string, fault: Ineligible])[],
  groups: readonly Advertised[],
): string {
  if (faults.length === 0) return "there are no nodes";
  const { shown, cures } = told(faults, groups);
  return `no node may (${shown}); ${cures}`;
}

/** What is the matter with the nodes, and what to do about it; both empty if there are none. */
export function told(
  faults: readonly (readonly [node: string, fault: Ineligible])[],
  groups: readonly Advertised[],
): { readonly shown: string; readonly cures: string } {
  const byFault = new Map<Ineligible, string[]>();
  for (const [node, fault] of [...faults].sort(([a], [b]) => (a < b ? -1 : 1))) {
    const alike = byFault.get(fault);
    if (alike === undefined) byFault.set(fault, [node]);
    else alike.push(node);
  }
  const texts = [...byFault].map(([fault, nodes]) => ({ nodes, ...textOf(fault, groups) }));
  const shown = texts.map(({ nodes, fault }) => `${listed(nodes)}: ${fault}`).join("; ");
  const cures = [...new Set(texts.map(({ cure }) => cure))].join(", or ");
  return { shown, cures };
}

/** Why this node may not answer, and what to do about it; a clause without full stop. */
export function nodeMayNot(name: string, reason: WishFault, groups: readonly Advertised[]): string {
  const { fault, cure } = wishTextOf(name, reason, groups);
  return `${fault}; ${cure}`;
}

/** Why a node is avoided; a clause without full stop. */
export function proxyUnhealthyOn(name: string): string {
  return `kube-proxy is unhealthy on node ${name}`;
}

function wishTextOf(name: string, reason: WishFault, groups: readonly Advertised[]): FaultText {
  switch (reason) {
    case "NoSuchNode":
      return { fault: "there is no such node", cure: "see kubectl get nodes" };
    case "NodeCordoned":
      return {
        fault: "the node is cordoned, or about to be deleted by the cluster autoscaler, and another is not",
        cure: `run kubectl uncordon ${name}, or take another node`,
      };
    case "NodeDrained":
      return {
        fault: "the node is drained of addresses and another is not",
        cure: `run fairlead drain ${name} --undo`,
      };
    case "ProxyUnhealthy":
      return { fault: proxyUnhealthyOn(name), cure: "see the log of kube-proxy there and restart it" };
    default:
      return textOf(reason, groups);
  }
}

/** The first names, and how many more there are. */
export function listed(nodes: readonly string[]): string {
  const more = nodes.length > SHOWN_NODES ? ` and ${nodes.length - SHOWN_NODES} more` : "";
  return `${nodes.slice(0, SHOWN_NODES).join(", ")}${more}`;
}

const NODE_CURE = "see what kubectl describe node says";
const SPEAKER_CURE = "see why the speaker's Pod on the node is not ready";

const TEXTS: Readonly<Record<Exclude<Ineligible, keyof typeof ADVERTISED_TEXTS>, FaultText>> = {
  NodeNotReady: { fault: "the node is not ready", cure: NODE_CURE },
  NodeShuttingDown: { fault: "the node is shutting down", cure: NODE_CURE },
  NodeOutOfService: {
    fault: "the node has the taint node.kubernetes.io/out-of-service",
    cure: "remove that taint once the node is back",
  },
  NodeExcluded: {
    fault: "the node is labeled node.kubernetes.io/exclude-from-external-load-balancers",
    cure: "remove that label from a node",
  },
  NetworkUnavailable: { fault: "the node's network is unavailable", cure: NODE_CURE },
  SpeakerNotRunning: { fault: "no speaker is ready there", cure: SPEAKER_CURE },
  SpeakerNotReported: { fault: "its speaker has not reported its interfaces yet", cure: SPEAKER_CURE },
  NoInterfaceInSubnet: {
    fault: "no interface with a link has the address's subnet",
    cure: "use an address of a subnet that a node is in, or name the interfaces in the L2Advertisement",
  },
  NoLocalEndpoint: {
    fault: "no endpoint serves there and externalTrafficPolicy is Local",
    cure: "run a Pod of the Service there, or set externalTrafficPolicy to Cluster",
  },
  LocalEndpointLeaving: {
    fault:
      "externalTrafficPolicy is Local, and all endpoints there terminate while another node has a ready one",
    cure: "wait until a Pod of the Service is ready there",
  },
};

/** What depends on the advertisements. */
const ADVERTISED_TEXTS = {
  NodeNotSelected: (all: readonly Advertisement[]): FaultText => {
    const names = quoted(all);
    return {
      fault: `not selected by ${names}`,
      cure: `change spec.nodeSelectors of ${names} or label a node`,
    };
  },
  NoSuchInterface: (all: readonly Advertisement[]): FaultText => {
    const { naming, interfaces } = named(all);
    return {
      fault: `none of the advertisement's interfaces (${interfaces}) is there with a link`,
      cure: `correct spec.interfaces of ${quoted(naming)} or bring the link up`,
    };
  },
  NoLinkLocalAddress: (all: readonly Advertisement[]): FaultText => {
    const { naming, interfaces } = named(all);
    return {
      fault: `none of the advertisement's interfaces that are there (of ${interfaces}) has an IPv6 link-local address`,
      cure: `switch IPv6 on there (sysctl net.ipv6.conf.INTERFACE.disable_ipv6=0) or correct spec.interfaces of ${quoted(naming)}`,
    };
  },
  NotForAllSharers: (_all: readonly Advertisement[], groups: readonly Advertised[]): FaultText => ({
    fault: `not allowed, or not on one interface, for all Services that share the address (${groups.map(sharers).join("; ")})`,
    cure: "have their advertisements allow the same node and interface, or give the Services different addresses",
  }),
};

function textOf(fault: Ineligible, groups: readonly Advertised[]): FaultText {
  return isAdvertised(fault) ? ADVERTISED_TEXTS[fault](advertisementsOf(groups), groups) : TEXTS[fault];
}

function isAdvertised(fault: Ineligible): fault is keyof typeof ADVERTISED_TEXTS {
  return Object.hasOwn(ADVERTISED_TEXTS, fault);
}

function sharers({ services, advertisements }: Advertised): string {
  const more = services.length > SHOWN_SERVICES ? ` and ${services.length - SHOWN_SERVICES} more` : "";
  return `${services.slice(0, SHOWN_SERVICES).join(", ")}${more} by ${quoted(advertisements)}`;
}

function named(all: readonly Advertisement[]): {
  readonly naming: readonly Advertisement[];
  readonly interfaces: string;
} {
  const naming = all.filter(({ interfaces }) => interfaces.length > 0);
  const interfaces = [...new Set(naming.flatMap((advertisement) => advertisement.interfaces))].sort();
  return { naming, interfaces: interfaces.join(", ") };
}

function quoted(advertisements: readonly Advertisement[]): string {
  return `L2Advertisement ${advertisements.map(({ name }) => `"${name}"`).join(", ")}`;
}
