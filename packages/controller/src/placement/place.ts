import type { Labels } from "@fairlead/api/selector-matches.ts";
import type { IpAddress } from "@fairlead/net/address.ts";
import {
  type Advertised,
  type Advertisement,
  advertisedBy,
  advertisementsOf,
  type PoolRef,
} from "./advertise.ts";
import { choose } from "./choose.ts";
import { type Eligible, hasLostLink, type Ineligible, judgeNode, judgeSilent } from "./eligibility.ts";
import type { ServingEndpoints } from "./endpoints.ts";
import { type Failback, failbackAfterMs, failbackOf, goingBack } from "./failback.ts";
import { noNodeMay } from "./fault-text.ts";
import { noHostMay } from "./hosts-text.ts";
import { nobodyServes } from "./idle-text.ts";
import { abilityOf, isServed, sift } from "./local-endpoints.ts";
import { maySpan } from "./networks.ts";
import { isSilent, lacksSpeaker, type NodeView } from "./node-view.ts";
import { goingWider, type Reach, reachOf } from "./reach.ts";
import { type StandInLoad, type StandIns, standInsOf } from "./stand-ins.ts";
import { type PendingWish, refusedWish, type WishFault, wishForNowhere } from "./wish.ts";

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
  /** The node that a person wants it on. */
  readonly wish?: string | undefined;
  /** Whether a person chose the owner, so that the address does not go back to a better node. @default false */
  readonly byHand?: boolean;
  /** For how long a node that is better than the owner has been eligible without interruption, in ms. @default 0 for all */
  readonly waitedMs?: (node: string) => number;
  /** For how long a node that reaches more networks than the owner could have had it without interruption, in ms. @default 0 for all */
  readonly widerForMs?: (node: string) => number;
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
export type PlacementDecision = {
  /** The wish, if the address cannot go where a person wants it. */
  readonly pending: PendingWish<UnplacedReason | WishFault> | undefined;
} & (
  | {
      readonly kind: "Placed";
      readonly node: string;
      readonly standIns: StandIns;
      readonly interfaces: readonly string[] | undefined;
      /** Whether a person chose the node, which is remembered where the address would leave it for a better one. */
      readonly byHand: boolean;
      /** Undefined: the address stays there while it may. */
      readonly failback: Failback | undefined;
      /** Undefined: it does not go to a node that reaches more networks. */
      readonly reach: Reach | undefined;
      /** Whether it leaves a node that may have it for one that reaches more networks. */
      readonly mends?: boolean;
      /** Why the node that has it now may not have it any more; absent: it may, or there is none. */
      readonly left?: Ineligible;
    }
  | { readonly kind: "Unplaced"; readonly reason: UnplacedReason; readonly message: string }
);

/**
 * Chooses the node that is to answer for an address: the one that a person wants it on, if that may have it and is not cordoned while
 * another is not. Else the present owner keeps it while it may, with the same exception, unless the advertisements have it go back to a better node, or another
 * one has reached more of the networks on which it is to be told for a while. When it has
 * lost its link the first stand-in that may have it gets it; otherwise the node that reaches most of the networks, then the highest weight wins, then the node of the other address of a dual-stack pair, then the fewest addresses,
 * then the order of its stand-ins, then the name, of nodes that have just started only if there are no others. An owner whose speaker restarts keeps it,
 * and one that is merely silent while nobody else may have it.
 */
export function place(input: PlacementInput): PlacementDecision {
  const { address, services, wish } = input;
  if (services.length === 0) return unplaced(input, "NoService", `No Service holds ${address.text}.`);
  const served = services.filter(isServed);
  if (served.length === 0) return noEndpoints(input);
  const groups = advertisedBy(
    input.advertisements.filter(({ gone }) => !gone || input.owner !== undefined),
    input.pool,
    services,
  );
  if (groups.length === 0) return noAdvertisement(input);
  const excused = input.nodes.find(
    (node) => node.name === input.owner && node.speaker === "Restarting" && lacksSpeaker(node),
  );
  const able: Eligible[] = [];
  const faults: [string, Ineligible][] = [];
  for (const node of input.nodes) {
    const judged = judgeNode(node === excused ? { ...node, fault: undefined } : node, address, groups);
    if (typeof judged === "string") faults.push([node.name, judged]);
    else if (!servesFrom(node.name, served)) faults.push([node.name, "NoLocalEndpoint"]);
    else able.push(judged);
  }
  const advertisements = advertisementsOf(groups);
  const drains = advertisements.some(({ onTermination }) => onTermination === "Drain");
  const sifted = sift(able, { services: served, owner: input.owner, wish, drains });
  const { candidates, leaving } = sifted;
  const backing = { candidates, leaving, services, advertisements };
  const judgements = { eligible: able, faults: [...faults, ...sifted.faults], groups };
  // What a person put there does not leave it for a better one.
  const holder = input.byHand === true ? undefined : candidates.find(({ node }) => node.name === input.owner);
  const back = holder === undefined ? [] : goingBack(holder, backing, input.waitedMs);
  const wider = holder === undefined ? [] : goingWider(holder, sifted, services, input.widerForMs);
  const unlinked = input.nodes.some(
    (node) => node.name === input.owner && hasLostLink(node, address, groups),
  );
  const owner =
    choose(candidates, { ...input, back, wider, unlinked }) ?? presentThoughSilent(input, served, groups);
  if (owner === undefined) {
    const local = served.some(({ localTrafficOnly }) => localTrafficOnly);
    const why = local ? noHostMay(served, faults, groups) : noNodeMay(faults, groups);
    const nowhere = unplaced(input, "NoEligibleNode", `Nothing answers for ${address.text}: ${why}.`);
    return wish === undefined ? nowhere : { ...nowhere, pending: refusedWish(wish, judgements) };
  }
  const silent = (name: string): Eligible | undefined => {
    const node = input.nodes.find((one) => one.name === name);
    return node && servesFrom(name, served) ? judgeSilent(node, address, groups) : undefined;
  };
  const { listed, standIns: load } = input;
  const group = services.reduce((least, { key }) => (key < least ? key : least), services[0]?.key ?? "");
  // It is excused as long as it has the address; as a stand-in it is one of whom nothing is heard.
  const keeps = excused === undefined || excused.name === owner.node.name;
  const eligible = keeps ? able : able.filter(({ node }) => node.name !== excused.name);
  const standIns = standInsOf({ group, owner, listed, eligible, leaving, silent, load });
  const { node, interfaces } = owner;
  const pending = wish === undefined || wish === node.name ? undefined : refusedWish(wish, judgements);
  const byHand = isByHand(input, owner, advertisements);
  const failback = byHand ? undefined : failbackOf(owner, backing);
  const left =
    node.name === input.owner ? undefined : judgements.faults.find(([name]) => name === input.owner)?.[1];
  return {
    ...{ kind: "Placed", node: node.name, standIns, interfaces, byHand, failback, pending },
    reach: byHand ? undefined : reachOf(owner, sifted, services),
    ...(left && { left }),
    ...(wider.includes(node.name) && { mends: true }),
  };
}

/** Whether the node is the one that a person wants, now or when the address came there. */
function isByHand(
  { owner, wish, byHand = false }: PlacementInput,
  { node, interfaces }: Eligible,
  advertisements: readonly Advertisement[],
): boolean {
  if (byHand && node.name === owner) return true;
  if (node.name !== wish) return false;
  return maySpan(interfaces) || failbackAfterMs(advertisements) !== undefined;
}

/**
 * The owner, if all that speaks against it is that nothing is heard of it while no other node can take the address. Taking it
 * off would gain nothing and could silence a node that lives: after an outage of the API server every node looks dead.
 */
function presentThoughSilent(
  { owner, nodes, address }: PlacementInput,
  served: readonly PlacedService[],
  groups: readonly Advertised[],
): Eligible | undefined {
  const node = nodes.find(({ name }) => name === owner);
  if (node === undefined || !(isSilent(node) || node.fault === "SpeakerNotRunning")) return undefined;
  const judged = judgeNode({ ...node, fault: undefined }, address, groups);
  return typeof judged === "string" || !servesFrom(node.name, served) ? undefined : judged;
}

/** With `externalTrafficPolicy: Local` a node can only take what it has an endpoint for. */
function servesFrom(node: string, services: readonly PlacedService[]): boolean {
  return abilityOf(node, services) !== "None";
}

function unplaced({ wish }: PlacementInput, reason: UnplacedReason, message: string): PlacementDecision {
  const pending = wish === undefined ? undefined : wishForNowhere(wish, reason, message);
  return { kind: "Unplaced", reason, message, pending };
}

function noEndpoints(input: PlacementInput): PlacementDecision {
  const { address, services } = input;
  const why = nobodyServes(services, address.family);
  return unplaced(input, "NoEndpoints", `Nothing answers for ${address.text}: ${why}.`);
}

function noAdvertisement(input: PlacementInput): PlacementDecision {
  const { address, pool } = input;
  return unplaced(
    input,
    "NoAdvertisement",
    `Nothing answers for ${address.text}: no L2Advertisement is for pool "${pool.name}" and the Service's labels; create one.`,
  );
}
