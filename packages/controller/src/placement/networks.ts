import { isPattern } from "@fairlead/net/name-pattern.ts";
import { shareSegment } from "@fairlead/net/segment.ts";
import type { Eligible } from "./eligibility.ts";
import type { InterfaceFault } from "./interfaces.ts";
import type { NodeInterface } from "./node-view.ts";

/**
 * Whether an address told on these interfaces is meant to be on several networks. Who writes names wants each; a pattern stands for whatever a node
 * has, and that one has more of it is no reason to gather addresses there.
 */
export function maySpan(interfaces: readonly string[] | undefined): interfaces is readonly string[] {
  return interfaces !== undefined && interfaces.filter((one) => !isPattern(one)).length > 1;
}

/** On how many networks those interfaces of a node are that are named, as its speaker sees it: one without a subnet counts for itself. */
export function networksOf(
  interfaces: readonly NodeInterface[] | InterfaceFault,
  named: readonly string[],
): number {
  if (typeof interfaces === "string") return 0;
  const apart: NodeInterface[] = [];
  for (const one of interfaces)
    if (named.includes(one.name) && !apart.some(({ subnets }) => shareSegment(subnets, one.subnets)))
      apart.push(one);
  return apart.length;
}

/** Whether, told the same interfaces, `a` reaches more networks than `b`. Told others, it is to be told elsewhere. */
export function isWider(a: Eligible, b: Eligible): boolean {
  return a.networks > b.networks && told(a) === told(b);
}

/** Those of the nodes that no other of them is wider than. */
export function widestOf(nodes: readonly Eligible[]): readonly Eligible[] {
  if (!nodes.some(({ networks }) => networks > 1)) return nodes;
  const most = new Map<string, number>();
  for (const one of nodes) most.set(told(one), Math.max(one.networks, most.get(told(one)) ?? 0));
  return nodes.filter((one) => one.networks === most.get(told(one)));
}

/** Those of the nodes to which an address can go for the sake of networks or weight: none that has just started, or is about to go. */
export function openAndSettled(nodes: readonly Eligible[]): readonly Eligible[] {
  return nodes.filter(({ node }) => node.settled && !node.cordoned);
}

/** The names of the nodes that are wider than the owner, not for a moment only, and to which its address can go. */
export function widerThan(owner: Eligible, nodes: readonly Eligible[]): readonly string[] {
  return openAndSettled(nodes).flatMap((one) =>
    one.node.steady && isWider(one, owner) ? [one.node.name] : [],
  );
}

function told({ interfaces }: Eligible): string {
  return interfaces === undefined ? "" : interfaces.join();
}
