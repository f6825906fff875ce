import type { Advertisement } from "./advertise.ts";
import { type Eligible, weightOf } from "./eligibility.ts";
import { KUBE_PROXY_LEARNS_WITHIN_MS } from "./endpoints.ts";
import type { Served, Sifted } from "./local-endpoints.ts";
import { openAndSettled, widestOf } from "./networks.ts";
import type { NodeView } from "./node-view.ts";

/** That an address goes to a node that is preferred to its own, once that has been eligible for a time. */
export interface Failback {
  /** For how long, in ms. */
  readonly afterMs: number;
  /** The weight of the node that has the address. */
  readonly weight: number;
  readonly advertisements: readonly Advertisement[];
  /** The nodes of a higher weight that may have the address now. */
  readonly better: readonly string[];
}

/**
 * For how long a better node must have been eligible, in ms: of several advertisements the one that moves an address least decides.
 * Undefined: the address stays where it is.
 */
export function failbackAfterMs(advertisements: readonly Advertisement[]): number | undefined {
  let longest = 0;
  for (const { failbackAfterMs: afterMs } of advertisements) {
    if (afterMs === undefined) return undefined;
    longest = Math.max(longest, afterMs);
  }
  return longest;
}

/**
 * The eligible nodes that are preferred to this one. One that has just started, or is about to go, is not, and neither is one that reaches
 * fewer networks than another: the address would leave it again.
 */
function betterThan(one: Eligible, eligible: readonly Eligible[]): readonly string[] {
  return widestOf(openAndSettled(eligible))
    .filter(({ weight }) => weight > one.weight)
    .map(({ node }) => node.name);
}

/** What it depends on whether an address goes back, beside the node that has it. */
export interface Backing extends Pick<Sifted, "candidates" | "leaving"> {
  readonly services: readonly Served[];
  /** Those that apply. */
  readonly advertisements: readonly Advertisement[];
}

/**
 * To which nodes the address goes from this one, and when. An owner that drains has its time; of endpoints on a better node the
 * kube-proxy there must know first. Undefined: it stays.
 */
export function failbackOf(
  owner: Eligible,
  { services, advertisements, candidates, leaving }: Backing,
): Failback | undefined {
  const wantedMs = failbackAfterMs(advertisements);
  if (wantedMs === undefined || leaving.has(owner.node.name)) return undefined;
  const isLocal = services.some(({ localTrafficOnly }) => localTrafficOnly);
  const afterMs = isLocal ? Math.max(wantedMs, KUBE_PROXY_LEARNS_WITHIN_MS) : wantedMs;
  return { afterMs, weight: owner.weight, advertisements, better: betterThan(owner, candidates) };
}

/**
 * The nodes of a higher weight than the owner's to which the address goes back now.
 *
 * @param waitedMs for how long a node has been eligible without interruption, in ms; 0 for all
 */
export function goingBack(
  owner: Eligible,
  backing: Backing,
  waitedMs: (node: string) => number = () => 0,
): readonly string[] {
  const failback = failbackOf(owner, backing);
  return failback?.better.filter((better) => waitedMs(better) >= failback.afterMs) ?? [];
}

/** The addresses that go back to better nodes, by the names of their VirtualIPs. */
export class FailbackIndex {
  readonly #failbacks = new Map<string, Failback>();

  /** @param failback undefined: the address stays where it is */
  set(name: string, failback: Failback | undefined): void {
    if (failback === undefined) this.#failbacks.delete(name);
    else this.#failbacks.set(name, failback);
  }

  /** The addresses that may have a reason to move when this node has changed. @param view undefined: it is gone */
  *concerned(node: string, view: NodeView | undefined): IterableIterator<string> {
    // Advertisements are few and addresses many, and after a start all nodes change at once.
    const weights = new Map<Advertisement, number>();
    const weightUnder = (one: Advertisement): number => {
      const known = weights.get(one) ?? (view === undefined ? 0 : weightOf(view, [one]));
      weights.set(one, known);
      return known;
    };
    for (const [name, { better, weight, advertisements }] of this.#failbacks) {
      const here = advertisements.reduce((sum, one) => sum + weightUnder(one), 0);
      if (here > weight || better.includes(node)) yield name;
    }
  }
}
