import { run } from "./command.ts";
import { type Cable, type Member, ROUTER, SEGMENTS, type Segment } from "./plan.ts";

/** Pods of one node reach each other's Services through its bridge, which iptables must see. */
const NODE = ["net/bridge/bridge-nf-call-iptables=1", "net/bridge/bridge-nf-call-ip6tables=1"];

/** No rule of the switch is meant for iptables. */
const SWITCH = ["net/bridge/bridge-nf-call-iptables=0", "net/bridge/bridge-nf-call-ip6tables=0"];

const FORWARDING = [
  "net/ipv4/ip_forward=1",
  "net/ipv6/conf/all/forwarding=1",
  "net/ipv6/conf/default/forwarding=1",
];

/** Duplicate address detection would keep every new IPv6 address unusable for a second or more. */
const QUICK_IPV6 = [
  "net/ipv6/conf/all/accept_dad=0",
  "net/ipv6/conf/default/accept_dad=0",
  "net/ipv6/conf/all/accept_ra=0",
  "net/ipv6/conf/default/accept_ra=0",
];

/** Kernel settings of a member's network namespace, as `path=value` below /proc/sys. */
export function settingsOf(member: Member): readonly string[] {
  if (member.role === "switch") return [...QUICK_IPV6, ...SWITCH, "net/ipv6/conf/default/disable_ipv6=1"];
  if (member.role === "router") return [...QUICK_IPV6, ...FORWARDING];
  return member.role === "node" ? [...QUICK_IPV6, ...FORWARDING, ...NODE] : QUICK_IPV6;
}

/** The shell script, run on the host, that makes the namespace and applies its settings. */
export function namespaceScript(member: Member): string {
  const settings = settingsOf(member).map((setting) => {
    const [path, value] = setting.split("=");
    return `[ ! -e /proc/sys/${path} ] || echo ${value} > /proc/sys/${path}`;
  });
  return [
    `ip netns add ${member.namespace}`,
    `nsenter --net=/run/netns/${member.namespace} /bin/sh -eu <<'END'`,
    "ip link set lo up",
    ...settings,
    "END",
  ].join("\n");
}

/** `ip` commands that turn a namespace into the switch. */
export function switchCommands(segments: readonly Segment[]): readonly string[] {
  return segments.flatMap((segment) => [
    `link add ${segment} type bridge mcast_snooping 0 forward_delay 0`,
    `link set ${segment} up`,
  ]);
}

/** `ip` commands, run in the switch, that plug a member's cable in. */
export function plugCommands(
  member: Member,
  { port, interface: name, mac, segment }: Cable,
): readonly string[] {
  return [
    `link add ${port} type veth peer name ${name} address ${mac} netns ${member.namespace}`,
    `link set ${port} master ${segment} up`,
  ];
}

/** `ip` commands, run in the member, that give a plugged-in interface its addresses and the default routes. */
export function addressCommands(member: Member, cable: Cable): readonly string[] {
  const gateway = SEGMENTS[cable.segment];
  const isGateway = member.name === ROUTER;
  const first = cable === member.cables[0];
  return [
    `address add ${cable.ipv4}/24 dev ${cable.interface}`,
    `address add ${cable.ipv6}/64 dev ${cable.interface} nodad`,
    `link set ${cable.interface} up`,
    ...(first && !isGateway
      ? [`route add default via ${gateway.v4}1`, `route add default via ${gateway.v6}1`]
      : []),
  ];
}

/** `ip` commands, run in a member, that lead the pods of `node` to it. */
export function podRouteCommands(node: Member): readonly string[] {
  const [cable] = node.cables;
  const [v4, v6] = node.podPrefixes;
  if (cable === undefined || v4 === undefined || v6 === undefined) return [];
  return [`route replace ${v4} via ${cable.ipv4}`, `route replace ${v6} via ${cable.ipv6}`];
}

/** Runs `ip` commands in one namespace in one go. */
export async function ip(namespace: string, commands: readonly string[]): Promise<void> {
  if (commands.length === 0) return;
  await run(["ip", "-n", namespace, "-batch", "-"], { input: `${commands.join("\n")}\n` });
}

/** Makes a member's namespace, plugs its cables in and gives it its addresses. */
export async function connect(member: Member, switchNamespace: string): Promise<void> {
  await run(["/bin/sh", "-eu"], { input: namespaceScript(member) });
  for (const cable of member.cables) await ip(switchNamespace, plugCommands(member, cable));
  await ip(
    member.namespace,
    member.cables.flatMap((cable) => addressCommands(member, cable)),
  );
}

/** Makes the switch. */
export async function connectSwitch(member: Member, segments: readonly Segment[]): Promise<void> {
  await run(["/bin/sh", "-eu"], { input: namespaceScript(member) });
  await ip(member.namespace, switchCommands(segments));
}

/** Removes a namespace with all its interfaces, if it is there. Nothing may run in it. */
export async function disconnect(namespace: string): Promise<void> {
  await run(["ip", "netns", "delete", namespace], { accept: [0, 1] });
}

/** Tells every router of the lab (nodes, control plane, router) the way to the pods of `nodes`. */
export async function routePods(members: readonly Member[], nodes: readonly Member[]): Promise<void> {
  const routing = members.filter(
    ({ role }) => role === "node" || role === "router" || role === "control-plane",
  );
  await Promise.all(
    routing.map((member) =>
      ip(
        member.namespace,
        nodes.filter((node) => node !== member && node.name !== member.name).flatMap(podRouteCommands),
      ),
    ),
  );
}
