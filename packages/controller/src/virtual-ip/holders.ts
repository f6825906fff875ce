import type { ForeignClaim, VirtualIPSpec } from "@fairlead/api/virtual-ip.ts";
import type { ServiceKey } from "../allocation/holdings.ts";
import { sharerOf, type Terms } from "../allocation/sharing.ts";

/** What a pool says about addresses that are let go. */
export interface ReleasePolicy {
  /** Name of the pool, which gives the address to others when nothing else is free. */
  readonly name: string;
  readonly reclaimPolicy: "Delete" | "Retain";
  readonly releaseDelayMs: number;
}

/** A Service that is to hold an address. */
export interface Joining {
  readonly service: ServiceKey;
  /** Undefined: it has no sharing key. */
  readonly terms: Terms | undefined;
  readonly pool: string;
  /** Now, RFC 3339, if it is sure that the Service was never served with the address before; else undefined. */
  readonly heldSince: string | undefined;
}

/** What decides what becomes of an address that is let go. */
export interface Departing {
  /** Of the pool that has the address; undefined: none has it. */
  readonly policy: ReleasePolicy | undefined;
  /** Who else on the LAN has it, if nobody ever served with it. */
  readonly foreign?: ForeignClaim | undefined;
  /** RFC 3339. */
  readonly now: string;
}

/**
 * A VirtualIP's spec once the Service holds it. A claim that a person made stays, and with it how that one shares whom it is for; one that
 * only waited ends. While others hold it, it goes on saying from which pool it came and since when they do, unless the Service may have been
 * served with it before.
 */
export function joined(spec: VirtualIPSpec, { service, terms, pool, ...joining }: Joining): VirtualIPSpec {
  const { claim, releasedAt, quarantine: _, sharing, services = [], heldSince: before, ...rest } = spec;
  const isHeld = services.includes(service) || (services.length > 0 && joining.heldSince !== undefined);
  const heldSince = isHeld ? before : joining.heldSince;
  const shared = services.some((one) => one !== service);
  const claimed = releasedAt === undefined && claim !== undefined;
  const others = sharersOf(sharing, services, claimed ? claim : undefined).filter(
    (one) => one.service !== service,
  );
  const sharers = terms === undefined ? others : [...others, sharerOf(terms)];
  return {
    ...rest,
    pool: (shared ? rest.pool : undefined) ?? pool,
    services: services.includes(service) ? services : services.concat(service),
    ...(heldSince !== undefined && { heldSince }),
    ...(claimed && { claim }),
    ...(sharers.length > 0 && { sharing: sharers }),
  };
}

/**
 * A VirtualIP's spec once the Service has let it go. It goes on saying how that one shares whom it is kept for: others of its group may come
 * back before it.
 *
 * @returns undefined if the VirtualIP is to be deleted
 */
export function left(
  spec: VirtualIPSpec,
  service: ServiceKey,
  { policy, foreign, now }: Departing,
): VirtualIPSpec | undefined {
  const { sharing, releasedAt: _, heldSince, ...rest } = spec;
  const services = spec.services.filter((one) => one !== service);
  const stating = (next: VirtualIPSpec): VirtualIPSpec => {
    const sharers = sharersOf(sharing, next.services, next.claim);
    return { ...next, ...(sharers.length > 0 && { sharing: sharers }) };
  };
  if (services.length > 0)
    return stating({ ...rest, services, ...(heldSince !== undefined && { heldSince }) });
  const { placement } = rest;
  // Just as the placement of what nobody holds is decided, so that it is not written once more.
  const unplaced = placement && {
    placement: { epoch: placement.epoch + 1, nodes: [], protocols: placement.protocols },
  };
  const empty: VirtualIPSpec = { ...rest, services: [], ...unplaced };
  if (spec.claim !== undefined && spec.reclaimPolicy !== "Delete") return stating(empty);
  if (foreign !== undefined) {
    // What is kept for somebody is in no quarantine, and this is kept for nobody any more.
    const { claim: _, ...unclaimed } = empty;
    return { ...unclaimed, quarantine: { ...foreign, since: now } };
  }
  const [namespace = "", name = ""] = service.split("/");
  const claim = { namespace, name };
  if ((spec.reclaimPolicy ?? policy?.reclaimPolicy) === "Retain") return stating({ ...empty, claim });
  if (policy === undefined || policy.releaseDelayMs === 0) return undefined;
  return stating({ ...empty, pool: policy.name, claim, releasedAt: now });
}

/** Of those who share the address, the ones that hold it and the one for which it is kept. */
function sharersOf(
  sharing: VirtualIPSpec["sharing"],
  services: readonly ServiceKey[],
  claim: VirtualIPSpec["claim"],
): NonNullable<VirtualIPSpec["sharing"]> {
  const claimed = claim && `${claim.namespace}/${claim.name}`;
  return (sharing ?? []).filter(({ service }) => service === claimed || services.includes(service));
}
