import type { Quarantine, VirtualIP } from "@fairlead/api/virtual-ip.ts";
import { holdStateOf } from "@fairlead/api/virtual-ip-state.ts";
import type { IpAddress } from "@fairlead/net/address.ts";
import { prefixContains } from "@fairlead/net/prefix.ts";
import { leftOutBy } from "../allocation/pool.ts";
import type { Pools } from "../allocation/pools.ts";
import type { NodeView } from "../placement/node-view.ts";
import { affinity } from "../placement/rendezvous.ts";

/** What is to become of an address in quarantine. */
export type QuarantineStep =
  | { readonly kind: "Stay" }
  /** Nobody answers for it any more, or nobody would get it anyhow. */
  | { readonly kind: "End" }
  /** The node that asked for it cannot any more, or not on that interface. */
  | { readonly kind: "Ask"; readonly quarantine: Quarantine };

const STAY: QuarantineStep = { kind: "Stay" };

/** Decides it for a VirtualIP; one that is not in quarantine stays as it is. @param isOffered whether a pool would hand it out */
export function quarantineStep(
  { spec, status }: VirtualIP,
  address: IpAddress,
  nodes: readonly NodeView[],
  isOffered: boolean,
): QuarantineStep {
  const { quarantine } = spec;
  if (quarantine === undefined || holdStateOf(spec) !== "Quarantined") return STAY;
  // Of this quarantine and of none before it: what is said of it is told by its name, since clocks differ.
  const isQuiet = status?.quietSince !== undefined && status.quietOf === quarantine.since;
  if (!isOffered || isQuiet) return { kind: "End" };
  const able = nodes.flatMap((node) => {
    const name = interfaceOf(node, address, quarantine);
    return name === undefined ? [] : [{ node: node.name, interface: name, drained: node.cordoned }];
  });
  if (nodes.some((node) => asksNow(node, quarantine))) return STAY;
  const [next] = able.sort(
    (a, b) =>
      Number(a.drained) - Number(b.drained) ||
      affinity(address.text, b.node) - affinity(address.text, a.node) ||
      (a.node < b.node ? -1 : 1),
  );
  if (next === undefined) return STAY;
  const { node, interface: name } = next;
  return { kind: "Ask", quarantine: { ...quarantine, node, interface: name } };
}

/** Whether a pool would hand the address out, or one that was deleted a moment ago did. @param recorded the pool that its record names */
export function isOffered(pools: Pools, address: IpAddress, recorded: string | undefined): boolean {
  const owner = pools.ownerOf(address, recorded);
  const all = [...(owner === undefined ? [] : [owner]), ...pools.containing(address)];
  return all.some((pool) => leftOutBy(pool, address) === undefined);
}

/** Whether this is the node that is to ask, and it can on the interface on which it is to. */
function asksNow({ name, fault, interfaces }: NodeView, { node, interface: on }: Quarantine): boolean {
  return name === node && fault === undefined && interfaces.some((one) => one.name === on);
}

/** The interface on which the node can ask: the one that carries the subnet, else the one of the name on which it was heard. */
function interfaceOf(
  { fault, interfaces }: NodeView,
  address: IpAddress,
  { interface: heardOn }: Quarantine,
): string | undefined {
  if (fault !== undefined) return undefined;
  const inSubnet = interfaces.find(({ subnets }) => subnets.some((one) => prefixContains(one, address)));
  return (inSubnet ?? interfaces.find(({ name }) => name === heardOn))?.name;
}
