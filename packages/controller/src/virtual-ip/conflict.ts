import type { Condition } from "@fairlead/api/condition.ts";
import type { VirtualIP, VirtualIPSpec, VirtualIPStatus } from "@fairlead/api/virtual-ip.ts";
import { CONFLICT, holdStateOf } from "@fairlead/api/virtual-ip-state.ts";
import type { IpAddress } from "@fairlead/net/address.ts";
import type { ServiceKey } from "../allocation/holdings.ts";
import { leftOutBy } from "../allocation/pool.ts";
import type { Pools } from "../allocation/pools.ts";
import { isOfGroup, recordedTerms, type Terms } from "../allocation/sharing.ts";

/** What is wrong with what a VirtualIP says. */
export interface Conflict {
  readonly reason: "ClaimedForAnother" | "NotInAnyPool" | "LeftOut";
  readonly message: string;
}

/** Why a VirtualIP cannot be what it says, or undefined if it can. Nobody loses an address for it. */
export function conflictOf({ spec }: VirtualIP, address: IpAddress, pools: Pools): Conflict | undefined {
  const { services = [], claim } = spec;
  const state = holdStateOf(spec);
  const claimed = claim && `${claim.namespace}/${claim.name}`;
  if (state === "Bound" && claimed !== undefined && !services.includes(claimed) && !joins(spec, claimed)) {
    const message = `It is kept for Service ${claimed} and held by ${services.join(", ")}, which keeps it until it lets it go; remove spec.claim, or give ${services.length > 1 ? "the holders" : "the holder"} another address.`;
    return { reason: "ClaimedForAnother", message };
  }
  if (state !== "Reserved") return undefined;
  const containing = pools.containing(address);
  if (containing.length === 0) {
    const message = `No IPAddressPool has ${address.text}, so that nobody can get it; add it to one or delete this VirtualIP.`;
    return { reason: "NotInAnyPool", message };
  }
  const [pool] = containing;
  const by = pool && leftOutBy(pool, address);
  if (pool === undefined || by === undefined) return undefined;
  const message = `Pool "${pool.name}" leaves ${address.text} out (${by}), so that nobody can get it; change the pool or delete this VirtualIP.`;
  return { reason: "LeftOut", message };
}

/** Whether the Service for which the address is reserved is known to share it with those who hold it, so that it joins them when it comes. */
function joins({ services, sharing = [] }: VirtualIPSpec, claimed: ServiceKey): boolean {
  const termsOf = (service: ServiceKey): Terms | undefined => {
    const sharer = sharing.find((one) => one.service === service);
    return sharer && recordedTerms(sharer);
  };
  return services.every((service) => isOfGroup(termsOf(service), termsOf(claimed)));
}

/** Whether the status says that already. */
export function saysConflict({ status }: VirtualIP, conflict: Conflict | undefined): boolean {
  const said = status?.conditions?.find(({ type }) => type === CONFLICT);
  return said?.reason === conflict?.reason && said?.message === conflict?.message;
}

/** The conditions with this conflict in the place of what was said before. @param now RFC 3339 */
export function withConflict(
  { conditions = [] }: VirtualIPStatus,
  conflict: Conflict | undefined,
  now: string,
): readonly Condition[] {
  const others = conditions.filter(({ type }) => type !== CONFLICT);
  if (conflict === undefined) return others;
  const said = conditions.find(({ type }) => type === CONFLICT);
  const lastTransitionTime = said?.lastTransitionTime ?? now;
  return [...others, { type: CONFLICT, status: "True", lastTransitionTime, ...conflict }];
}
