import type { Condition } from "@fairlead/api/condition.ts";
import type { Service } from "@fairlead/api/core/service.ts";
import type { VirtualIP } from "@fairlead/api/virtual-ip.ts";
import { CONTESTED, foreignUseOf } from "@fairlead/api/virtual-ip-foreign.ts";
import { addressOfVirtualIPName } from "@fairlead/api/virtual-ip-name.ts";
import { holdStateOf } from "@fairlead/api/virtual-ip-state.ts";
import { type IpAddress, parseAddress } from "@fairlead/net/address.ts";
import type { LedgerRecord } from "../allocation/holdings.ts";

/** The addresses that a Service's status shows. */
export function ingressAddresses(service: Service): readonly IpAddress[] {
  return (service.status?.loadBalancer?.ingress ?? []).flatMap(({ ip }) => {
    const address = ip === undefined ? undefined : parseAddress(ip);
    return address?.ok ? [address.value] : [];
  });
}

/** What a VirtualIP says about why nobody answers for it. */
export function unannounced(object: VirtualIP): Condition | undefined {
  return object.status?.conditions?.find(({ type, status }) => type === "Announced" && status === "False");
}

/** What a VirtualIP says about somebody else on the LAN who claims it too. */
export function contested(object: VirtualIP): Condition | undefined {
  return object.status?.conditions?.find(({ type, status }) => type === CONTESTED && status === "True");
}

/** One list for all that share nothing, which are most. */
const NO_SHARERS: LedgerRecord["sharing"] = [];

/** The record that a VirtualIP is; undefined if its name stands for no address. */
export function recordOf(object: VirtualIP): LedgerRecord | undefined {
  const address = addressOfVirtualIPName(object.metadata.name);
  if (address === undefined) return undefined;
  const { pool, services = [], claim, releasedAt, sharing = NO_SHARERS } = object.spec;
  return {
    address,
    pool,
    services,
    claim: claim && `${claim.namespace}/${claim.name}`,
    releasedAtMs: holdStateOf(object.spec) === "Released" ? Date.parse(releasedAt ?? "") || 0 : undefined,
    sharing,
    foreign: foreignUseOf(object),
    uid: object.metadata.uid ?? "",
  };
}
