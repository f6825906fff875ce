import type { LabOptions } from "./options.ts";

/** What a member of the lab is. */
export type Role = "switch" | "router" | "control-plane" | "node" | "client" | "outside";

/** An Ethernet segment: `lan` holds the cluster, `lan2` is the second one on request, `wan` lies behind the router. */
export type Segment = "lan" | "lan2" | "wan";

/** One cable from a member to the switch. */
export interface Cable {
  readonly segment: Segment;
  /** The member's own interface name. */
  readonly interface: string;
  /** The name of the switch's port, at most 15 characters. */
  readonly port: string;
  readonly mac: string;
  readonly ipv4: string;
  readonly ipv6: string;
}

/** One network namespace of the lab. */
export interface Member {
  readonly name: string;
  readonly role: Role;
  /** The name of its network namespace, as `ip netns` shows it. */
  readonly namespace: string;
  readonly cables: readonly Cable[];
  /** The pods' prefixes, IPv4 then IPv6; nodes only. */
  readonly podPrefixes: readonly string[];
}

/** What the plan of a lab depends on. */
export interface PlanInput {
  readonly name: string;
  readonly nodeNumbers: readonly number[];
  readonly clients: number;
  readonly outsideClients: number;
  readonly secondSegment: boolean;
}

/** A segment's prefixes; the host part of a member is the same decimal digits in both families. */
export const SEGMENTS: Readonly<Record<Segment, { readonly v4: string; readonly v6: string }>> = {
  lan: { v4: "198.51.100.", v6: "2001:db8:10::" },
  lan2: { v4: "192.0.2.", v6: "2001:db8:11::" },
  wan: { v4: "203.0.113.", v6: "2001:db8:20::" },
};

/** All pods, and all Services, IPv4 then IPv6. */
export const POD_PREFIXES: readonly string[] = ["10.244.0.0/16", "fd00:10:244::/48"];
export const SERVICE_PREFIXES: readonly string[] = ["10.96.0.0/16", "fd00:10:96::/112"];

/** The address of the Service `kubernetes`. */
export const API_SERVICE_ADDRESS = "10.96.0.1";

export const CONTROL_PLANE = "control-plane";
export const SWITCH = "switch";
export const ROUTER = "router";

/** The name of a member's network namespace. */
export function namespaceOf(lab: string, member: string): string {
  return `fl-${lab}-${member}`;
}

const SEGMENT_NUMBER: Readonly<Record<Segment, number>> = { lan: 0, lan2: 1, wan: 2 };

function cable(member: string, segment: Segment, index: number, host: number): Cable {
  const { v4, v6 } = SEGMENTS[segment];
  const octet = host.toString(16).padStart(2, "0");
  return {
    segment,
    interface: `eth${index}`,
    port: index === 0 ? member : `${member}.${index}`,
    mac: `02:fa:1e:ad:0${SEGMENT_NUMBER[segment]}:${octet}`,
    ipv4: `${v4}${host}`,
    ipv6: `${v6}${host}`,
  };
}

/** The pods' prefixes of node number `number` (from 1). */
export function podPrefixesOf(number: number): readonly string[] {
  return [`10.244.${number}.0/24`, `fd00:10:244:${number.toString(16)}::/64`];
}

/** Every member of a lab with its names and addresses. The same input gives the same plan. */
export function plan(input: PlanInput): readonly Member[] {
  const near: readonly Segment[] = input.secondSegment ? ["lan", "lan2"] : ["lan"];
  const member = (name: string, role: Role, host: number, segments: readonly Segment[]): Member => ({
    name,
    role,
    namespace: namespaceOf(input.name, name),
    cables: segments.map((segment, index) => cable(name, segment, index, host)),
    podPrefixes: [],
  });
  const numbered = (count: number): number[] => Array.from({ length: count }, (_, i) => i + 1);
  return [
    member(SWITCH, "switch", 0, []),
    member(ROUTER, "router", 1, [...near, "wan"]),
    member(CONTROL_PLANE, "control-plane", 5, ["lan"]),
    ...input.nodeNumbers.map((number) => ({
      ...member(`node-${number}`, "node", 10 + number, near),
      podPrefixes: podPrefixesOf(number),
    })),
    ...numbered(input.clients).map((n) => member(`client-${n}`, "client", 100 + n, near)),
    ...numbered(input.outsideClients).map((n) => member(`outside-${n}`, "outside", 100 + n, ["wan"])),
  ];
}

/** The segments a lab has, in the order in which their bridges are made. */
export function segmentsOf(input: Pick<LabOptions, "secondSegment">): readonly Segment[] {
  return input.secondSegment ? ["lan", "lan2", "wan"] : ["lan", "wan"];
}
