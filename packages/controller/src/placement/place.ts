import type { Labels } from "@fairlead/api/selector-matches.ts";
import type { IpAddress } from "@fairlead/net/address.ts";
import { type Advertisement, advertisementsFor, type PoolRef } from "./advertise.ts";
import { type Eligible, type Ineligible, judgeNode, judgeSilent } from "./eligibility.ts";
import type { ServingEndpoints } from "./endpoints.ts";
import { noNodeMay } from "./fault-text.ts";
import { lacksSpeaker, type NodeView } from "./node-view.ts";
import { type StandInLoad, type StandIns, standInsOf } from "./stand-ins.ts";

/** One of the Services that hold the address. */
export interface PlacedService {
  /** `namespace/name`. */
  readonly key: string;
  readonly labels: Labels;
  readonly localTrafficOnly: boolean;
  /**
   * Its endpoints of the address's family; undefined: Kubernetes has not said yet where it is served. That takes seconds in a
   * burst, and any node can take it meanwhile, unless it wants local endpoints.
   */
  readonly endpoints: ServingEndpoints | undefined;
}

/** All that a placement depends on. */
export interface PlacementInput {
  readonly address: IpAddress;
  readonly pool: PoolRef;
  /** The node that has the address now; not always the first on record. */
  readonly owner: string | undefined;
  /** The nodes on record: an owner, then its stand-ins. */
  readonly listed: readonly string[];
  readonly services: readonly PlacedService[];
  readonly advertisements: readonly Advertisement[];
  readonly nodes: readonly NodeView[];
  /** How many other addresses a node has. */
  readonly load: (node: string) => number;
  /** How many other addresses of the same Services a node has: those of a dual-stack pair. */
  readonly companions: (node: string) => number;
  readonly standIns: StandInLoad;
}

/** Why an address lives nowhere. */
export type UnplacedReason = "NoService" | "NoEndpoints" | "NoAdvertisement" | "NoEligibleNode";

/** All of {@link UnplacedReason}. */
export const UNPLACED_REASONS: readonly UnplacedReason[] = [
  "NoService",
  "NoEndpoints",
  "NoAdvertisement",
  "NoEligibleNode",
];

/** Where an address is to live, or why nowhere. */
export type PlacementDecision =
  | {
      readonly kind: "Placed";
      readonly node: string;
      readonly standIns: StandIns;
      readonly interfaces: readonly string[] | undefined;
    }
  | { readonly kind: "Unplaced"; readonly reason: UnplacedReason; readonly message: string };

/**
 * Chooses the node that is to answer for an address. The present owner keeps it while it may, unless it is cordoned and another
 * node is not; otherwise the highest weight wins, then the node of the other address of a dual-stack pair, then the fewest addresses,
 * then the name. An owner whose speaker restarts keeps it,
 * and one that is merely silent while nobody else may have it.
 */
export function place(input: PlacementInput): PlacementDecision {
  const { address, services } = input;
  if (services.length === 0) return unplaced("NoService", `No Service holds ${address.text}.`);
  const served = services.filter(isServed);
  if (served.length === 0) return noEndpoints(input);
  const advertisements = advertisementsFor(
    input.advertisements.filter(({ gone }) => !gone || input.owner !== undefined),
    input.pool,
    services.map(({ labels }) => labels),
  );
  if (advertisements.length === 0) return noAdvertisement(input);
  const eligible: Eligible[] = [];
  const faults: [string, Ineligible][] = [];
  for (const node of input.nodes) {
    const excused = node.name === input.owner && node.speaker === "Restarting" && lacksSpeaker(node);
    const judged = judgeNode(excused ? { ...node, fault: undefined } : node, address, advertisements);
    if (typeof judged === "string") faults.push([node.name, judged]);
    else if (!servesFrom(node.name, served)) faults.push([node.name, "NoLocalEndpoint"]);
    else eligible.push(judged);
  }
  const owner = choose(eligible, input) ?? presentThoughSilent(input, served, advertisements);
  if (owner === undefined) {
    const why = noNodeMay(faults, advertisements);
    return unplaced("NoEligibleNode", `Nothing answers for ${address.text}: ${why}.`);
  }
  const silent = (name: string): Eligible | undefined => {
    const node = input.nodes.find((one) => one.name === name);
    return node && servesFrom(name, served) ? judgeSilent(node, address, advertisements) : undefined;
  };
  const { listed, standIns: load } = input;
  const group = services.reduce((least, { key }) => (key < least ? key : least), services[0]?.key ?? "");
  const standIns = standInsOf({ group, owner, listed, eligible, silent, load });
  return { kind: "Placed", node: owner.node.name, standIns, interfaces: owner.interfaces };
}

/**
 * The owner, if all that speaks against it is that nothing is heard of it while no other node can take the address. Taking it
 * off would gain nothing and could silence a node that lives: after an outage of the API server every node looks dead.
 */
function presentThoughSilent(
  { owner, nodes, address }: PlacementInput,
  served: readonly PlacedService[],
  advertisements: readonly Advertisement[],
): Eligible | undefined {
  const node = nodes.find(({ name }) => name === owner);
  if (node?.fault !== "NodeNotReady" && node?.fault !== "SpeakerNotRunning") return undefined;
  const judged = judgeNode({ ...node, fault: undefined }, address, advertisements);
  return typeof judged === "string" || !servesFrom(node.name, served) ? undefined : judged;
}

function isServed({ endpoints, localTrafficOnly }: PlacedService): boolean {
  return endpoints === undefined ? !localTrafficOnly : endpoints.any;
}

/** With `externalTrafficPolicy: Local` a node can only take what it has an endpoint for. */
function servesFrom(node: string, services: readonly PlacedService[]): boolean {
  return services.every(
    ({ localTrafficOnly, endpoints }) => !localTrafficOnly || endpoints?.nodes.has(node) === true,
  );
}

function choose(
  eligible: readonly Eligible[],
  { owner, load, companions }: PlacementInput,
): Eligible | undefined {
  const open = eligible.filter(({ node }) => !node.cordoned);
  const candidates = open.length > 0 ? open : eligible;
  const present = candidates.find(({ node }) => node.name === owner);
  if (present !== undefined) return present;
  return candidates.reduce<Eligible | undefined>((best, candidate) => {
    if (best === undefined) return candidate;
    const order =
      best.weight - candidate.weight ||
      companions(best.node.name) - companions(candidate.node.name) ||
      load(candidate.node.name) - load(best.node.name) ||
      (candidate.node.name < best.node.name ? -1 : 1);
    return order < 0 ? candidate : best;
  }, undefined);
}

function unplaced(reason: UnplacedReason, message: string): PlacementDecision {
  return { kind: "Unplaced", reason, message };
}

function noEndpoints({ address, services }: PlacementInput): PlacementDecision {
  const keys = services.map(({ key }) => key).join(", ");
  return unplaced(
    "NoEndpoints",
    `Nothing answers for ${address.text}: no ${address.family} endpoint of ${keys} is ready; check its selector and the readiness of its Pods.`,
  );
}

function noAdvertisement({ address, pool }: PlacementInput): PlacementDecision {
  return unplaced(
    "NoAdvertisement",
    `Nothing answers for ${address.text}: no L2Advertisement is for pool "${pool.name}" and the Service's labels; create one.`,
  );
}
