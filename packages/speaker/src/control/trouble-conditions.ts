import type { Condition } from "@fairlead/api/condition.ts";
import type { Trouble, TroubleKind } from "../failover/troubles.ts";

const KINDS: readonly TroubleKind[] = [
  "HeartbeatBlocked",
  "HeartbeatPath",
  "DuplicateNode",
  "AnchorLost",
  "NodePathLost",
];
const REASONS: Readonly<Record<TroubleKind, string>> = {
  HeartbeatBlocked: "NoMessages",
  HeartbeatPath: "NoHeartbeats",
  DuplicateNode: "NameUsedTwice",
  AnchorLost: "GatewaySilent",
  NodePathLost: "NoAcknowledgments",
};
/** Of more only the number is told. */
const MOST_NAMED = 8;

/** The UDP ports on which speakers talk. */
export interface TakeoverPorts {
  readonly segment: number;
  /** From own address to own address. */
  readonly nodePath: number;
}

/** What a message names. */
export interface Surroundings {
  readonly node: string;
  readonly ports: TakeoverPorts;
}

/** The conditions of a Speaker: each is there, and true, only while what it is about lasts. */
export function troubleConditions(troubles: readonly Trouble[], around: Surroundings): readonly Condition[] {
  return KINDS.flatMap((kind): readonly Condition[] => {
    const same = troubles.filter((one) => one.kind === kind);
    const [first] = same.map(({ since }) => since).sort();
    if (first === undefined) return [];
    const names = [...new Set(same.map(({ peer }) => peer ?? "unknown"))].sort();
    const message = text(kind, {
      ...around,
      peers: listed(names, names.length > 1 ? "nodes" : "node"),
      interfaces: listed([...new Set(same.map((one) => one.interface))].sort(), ""),
    });
    return [{ type: kind, status: "True", lastTransitionTime: first, reason: REASONS[kind], message }];
  });
}

function text(
  kind: TroubleKind,
  { node, ports, peers, interfaces }: Surroundings & { readonly peers: string; readonly interfaces: string },
): string {
  const port = ports.segment;
  const open = `let UDP port ${port} pass on ${interfaces} in the firewalls of both, and of what lies between`;
  switch (kind) {
    case "HeartbeatBlocked":
      return `Addresses are answered for by ${peers} and no message arrives from there: UDP port ${port} between ${node} and ${peers} is blocked on ${interfaces}. ${node} cannot stand in; ${open}.`;
    case "HeartbeatPath":
      return `No heartbeats arrive from ${peers}, where the addresses are answered for: UDP port ${port} from there to ${node} is blocked or lossy on ${interfaces}. Nothing moves meanwhile; ${open}.`;
    case "DuplicateNode":
      return `Two machines use the name of ${peers} on ${interfaces}, so that neither is believed; stop one of them, or give it another node name.`;
    case "AnchorLost":
      return `The gateway does not answer on ${interfaces}: what is announced on ${node} is offered to others that see it, and nothing new is announced there that another node may have. See that the gateway runs and that ${interfaces} is in the right network; if that router answers no ARP or NDP, take its default route off ${interfaces}.`;
    case "NodePathLost":
      return `Nobody acknowledges any more what ${node} says by its own address (UDP port ${ports.nodePath}), and others do on ${interfaces}: ${node} may not reach the Pods of other nodes, and what is announced there is offered to nodes that hear each other. See that the network of the nodes' own addresses works on ${node}, and let UDP port ${ports.nodePath} pass in its firewall.`;
  }
}

function listed(names: readonly string[], what: string): string {
  const named = names.slice(0, MOST_NAMED).join(", ");
  const more = names.length > MOST_NAMED ? ` and ${names.length - MOST_NAMED} more` : "";
  return `${what === "" ? "" : `${what} `}${named}${more}`;
}
