import type { Announcer, Placement } from "@fairlead/api/virtual-ip.ts";
import { virtualIPName } from "@fairlead/api/virtual-ip-name.ts";
import type { IpAddress } from "@fairlead/net/address.ts";
import type { Cluster } from "../cluster/cluster.ts";
import { type PlacedService, type PlacementDecision, place } from "../placement/place.ts";

/** An address that is to be placed. */
export interface Placeable {
  readonly address: IpAddress;
  readonly pool: string | undefined;
  readonly services: readonly string[];
  /** The node that has it now. */
  readonly owner: string | undefined;
  /** The node that a person wants it on. */
  readonly wish: string | undefined;
  /** The nodes on record. */
  readonly listed: readonly string[];
  /** See PlacementInput. */
  readonly byHand?: boolean;
  /** See PlacementInput. */
  readonly waitedMs?: (node: string) => number;
  /** See PlacementInput. */
  readonly widerForMs?: (node: string) => number;
}

/** Where the address is to live, as things are now. */
export function plan(cluster: Cluster, placeable: Placeable): PlacementDecision {
  const { address, pool, services, owner, wish, listed, byHand = false, waitedMs, widerForMs } = placeable;
  const { standIns } = cluster.occupancy;
  const name = virtualIPName(address);
  const beside = companionsOf(cluster, name, services);
  return place({
    address,
    pool: cluster.poolRef(pool ?? ""),
    owner,
    wish,
    listed,
    byHand,
    ...(waitedMs && { waitedMs }),
    ...(widerForMs && { widerForMs }),
    services: services.flatMap((key) => placedService(cluster, key, address)),
    advertisements: cluster.advertisements,
    nodes: cluster.nodes.list(),
    load: (node) => cluster.occupancy.loadWithout(name, node),
    companions: (node) => beside.filter((one) => one === node).length,
    standIns: {
      tie: (node, standIn) => standIns.tie(node, standIn),
      ownersOf: (node) => standIns.ownersOf(node),
    },
  });
}

/** The nodes of the other addresses of these Services. */
function companionsOf(
  { ledger, occupancy }: Cluster,
  name: string,
  services: readonly string[],
): readonly string[] {
  const names = new Set(
    services.flatMap((key) => ledger.holdings(key).map(({ address }) => virtualIPName(address))),
  );
  return [...names].flatMap((one) => (one === name ? [] : (occupancy.nodeOf(one) ?? [])));
}

/** The decision as it stands in a VirtualIP. */
export function placementOf(decision: PlacementDecision, epoch: number): Placement {
  if (decision.kind === "Unplaced") return { epoch, nodes: [], protocols: ["Layer2"] };
  const { node, standIns, interfaces, byHand } = decision;
  return {
    epoch,
    nodes: [node, ...standIns.nodes],
    ...(interfaces && { interfaces }),
    ...(byHand && { byHand }),
    protocols: ["Layer2"],
  };
}

/** Above every epoch that anybody has seen. */
export function nextEpoch(placement: Placement | undefined, announcers: readonly Announcer[]): number {
  return Math.max(placement?.epoch ?? 0, ...announcers.map(({ epoch }) => epoch)) + 1;
}

/** Whether both say the same, whatever their epochs. */
export function samePlacement(a: Placement, b: Placement): boolean {
  const text = ({ nodes, interfaces, protocols }: Placement): string =>
    JSON.stringify([nodes, interfaces ?? null, protocols]);
  return text(a) === text(b);
}

function placedService(cluster: Cluster, key: string, address: IpAddress): PlacedService[] {
  const service = cluster.services.holder(key);
  if (service === undefined) return [];
  return [
    {
      key,
      labels: service.metadata.labels,
      localTrafficOnly: service.spec.externalTrafficPolicy === "Local",
      endpoints: cluster.servingEndpoints(key, address.family),
    },
  ];
}
