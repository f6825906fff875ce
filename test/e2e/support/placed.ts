import type { Move, VirtualIP } from "@fairlead/api/virtual-ip.ts";
import type { Lab } from "../../lab/lab.ts";
import { DUAL_STACK } from "./held.ts";
import { service, web } from "./objects.ts";
import { proxied, rolledOut } from "./served.ts";
import { addressed, announcer, apply, merge, paths, virtualIPNameOf, virtualIPs } from "./steps.ts";
import { speakerMetrics } from "./wire.ts";

/** A Service of both families on one node, with a pod that runs as far from it as can be. */
export interface Placed {
  /** IPv4, then IPv6. */
  readonly vips: readonly string[];
  /** The node that answers for both, then its stand-ins; the pod runs on the last one. */
  readonly nodes: readonly [string, string, string];
}

const webOn = (node: string): string => `web-${node}`;

/** Makes web pods that stay on their nodes: those on a node that dies are found dead by Kubernetes much later than by us. */
export async function pinnedWeb(lab: Lab): Promise<void> {
  const names = lab.nodeNames.map(webOn);
  await apply(lab, ...lab.nodeNames.map((node) => web(webOn(node), { replicas: 1, node })));
  for (const name of names) await rolledOut(lab, name);
}

/** Makes a Service of both families and has its pod on the last node of its list; needs {@link pinnedWeb}. */
export async function place(lab: Lab, name: string): Promise<Placed> {
  let vips = await announced(lab, name);
  // After an outage lists are still written while kube-proxies come back: what was chosen before may not stand any more.
  const placed = async (see: (value: unknown) => void): Promise<Placed | false> => {
    const lists = await Promise.all(vips.map((vip) => listOf(lab, vip)));
    see(lists);
    const [nodes = [], ...others] = lists;
    const [owner, second, last, more] = nodes;
    if (owner === undefined || second === undefined || last === undefined || more !== undefined) return false;
    // A node that came between the choices for the two families is last on one list for good.
    if (others.some((one) => one.length === nodes.length && one.join() !== nodes.join())) {
      await unplace(lab, name);
      vips = await announced(lab, name);
      return false;
    }
    await merge(lab, paths.service(name), { spec: { selector: { app: webOn(last) } } });
    for (const vip of vips) await proxied(lab, name, vip, last);
    for (const vip of vips) {
      const holds = { list: await listOf(lab, vip), announcer: await announcer(lab, virtualIPNameOf(vip)) };
      see(holds);
      if (holds.list.join() !== nodes.join() || holds.announcer !== owner) return false;
    }
    return { vips, nodes: [owner, second, last] };
  };
  return lab.waitFor(`${name} has two stand-ins and is served from the last`, placed, {
    deadlineMs: 180_000,
  });
}

/** Makes a Service of both families and waits until it is announced; returns its addresses, IPv4 first. */
async function announced(lab: Lab, name: string): Promise<readonly string[]> {
  await apply(lab, service(name, { app: webOn(lab.nodeNames[0] ?? ""), spec: DUAL_STACK }));
  const vips = await addressed(lab, name, 2);
  for (const vip of vips) await announcer(lab, virtualIPNameOf(vip));
  return vips;
}

/** Removes the Service and waits until nobody holds an address. */
export async function unplace(lab: Lab, name: string): Promise<void> {
  await lab.kubectl(["delete", "service", name, "--ignore-not-found"]);
  await lab.waitFor("no VirtualIP is left", async () => (await virtualIPs(lab)).length === 0);
}

/** The nodes that an address is placed on: the owner, then its stand-ins. */
export async function listOf(lab: Lab, vip: string): Promise<readonly string[]> {
  return (await virtualIPOf(lab, vip)).spec.placement?.nodes ?? [];
}

/** Waits until the controller has taken note that a node has the address, and nobody else says so; returns the epoch. */
export function adopted(lab: Lab, vip: string, node: string): Promise<number> {
  const holds = async (see: (value: unknown) => void): Promise<number | false> => {
    const { spec, status } = await virtualIPOf(lab, vip);
    const announcers = status?.announcers ?? [];
    see({ placement: spec.placement, announcers });
    const { nodes = [], epoch = 0 } = spec.placement ?? {};
    const [one, other] = announcers;
    const agreed = other === undefined && one?.node === node && one.epoch === epoch && (one.step ?? 0) === 0;
    return nodes[0] === node && agreed && epoch;
  };
  return lab.waitFor(`${vip} is ${node}'s in spec and status`, holds, { deadlineMs: 60_000 });
}

/** Waits until this node alone counts the address as announced. @param deadlineMs until when, as of any wait by default */
export async function announcedOnlyBy(
  lab: Lab,
  vip: string,
  node: string,
  deadlineMs?: number,
): Promise<void> {
  const alone = async (see: (value: unknown) => void): Promise<boolean> => {
    const all = await Promise.all(lab.nodeNames.map((one) => speakerMetrics(lab, one)));
    const series = `fairlead_speaker_announced{address="${vip}"} 1\n`;
    const counted = lab.nodeNames.filter((_, i) => all[i]?.includes(series));
    see(counted);
    return counted.join() === node;
  };
  const options = deadlineMs === undefined ? {} : { deadlineMs };
  await lab.waitFor(`${node} alone counts ${vip} as announced`, alone, options);
}

/** The last move that the status of the address tells; its time is left to others. */
export async function lastMove(lab: Lab, vip: string): Promise<Omit<Move, "at"> | undefined> {
  const [move] = (await virtualIPOf(lab, vip)).status?.moves ?? [];
  if (move === undefined) return undefined;
  const { at: _, ...rest } = move;
  return rest;
}

/** How many addresses the speaker on a node has come to announce, or ceased to, for this reason. */
export async function turns(lab: Lab, node: string, reason: string): Promise<number> {
  return figure(lab, node, `fairlead_speaker_turns_total{reason="${reason}"}`);
}

/** What the speaker on a node shows for one series; NaN if it has none of that name. */
export async function figure(lab: Lab, node: string, series: string): Promise<number> {
  const lines = (await speakerMetrics(lab, node)).split("\n");
  const line = lines.find((one) => one.startsWith(`${series} `));
  return Number(line?.slice(series.length) ?? "NaN");
}

/** What is on record of where an address lives and who answers, as far as a move changes it. */
export async function recordOf(lab: Lab, vip: string): Promise<object> {
  const { spec, status } = await virtualIPOf(lab, vip);
  return { placement: spec.placement, announcers: status?.announcers };
}

function virtualIPOf(lab: Lab, vip: string): Promise<VirtualIP> {
  return lab.api.get<VirtualIP>(paths.virtualIP(virtualIPNameOf(vip)));
}
