import type { Namespace } from "@fairlead/api/core/namespace.ts";
import type { Node } from "@fairlead/api/core/node.ts";
import type { Service } from "@fairlead/api/core/service.ts";
import type { IPAddressPool } from "@fairlead/api/ip-address-pool.ts";
import type { Speaker } from "@fairlead/api/speaker.ts";
import type { VirtualIP } from "@fairlead/api/virtual-ip.ts";
import { Ledger } from "@fairlead/controller/allocation/ledger.ts";
import type { PlanState } from "@fairlead/controller/allocation/plan.ts";
import { readPool } from "@fairlead/controller/allocation/pool.ts";
import { Pools } from "@fairlead/controller/allocation/pools.ts";
import { readTerms } from "@fairlead/controller/allocation/request.ts";
import { infrastructureAddresses } from "@fairlead/controller/cluster/infrastructure.ts";
import { ingressAddresses, recordOf } from "@fairlead/controller/cluster/object-facts.ts";
import { MANAGER } from "@fairlead/controller/manager.ts";
import { readUncontested } from "@fairlead/controller/service/contested.ts";
import { isOurs, type OwnershipOptions } from "@fairlead/controller/service/ownership.ts";
import { waitingSince } from "@fairlead/controller/service/waiting-since.ts";
import { parseAddress } from "@fairlead/net/address.ts";

/** What of a cluster allocation depends on. */
export interface ClusterObjects {
  readonly services: readonly Service[];
  readonly namespaces: readonly Namespace[];
  readonly nodes: readonly Node[];
  readonly speakers: readonly Speaker[];
  readonly pools: readonly IPAddressPool[];
  readonly virtualIPs: readonly VirtualIP[];
}

/** The cluster as the controller sees it once it has read everything. @param ownership as the controller's options say */
export function stateOf(objects: ClusterObjects, ownership: OwnershipOptions): PlanState {
  const { services, namespaces, pools } = objects;
  const labels = new Map(namespaces.map(({ metadata }) => [metadata.name, metadata.labels]));
  const ours = services.filter((service) => isOurs(service, ownership));
  const ledger = ledgerOf(objects, ours);
  return {
    ledger,
    pools: poolsOf(pools),
    services: ours.map((service) => ({
      request: readUncontested(service, ledger.holdings(keyOf(service)), MANAGER),
      namespaceLabels: labels.get(service.metadata.namespace ?? ""),
      since: waitingSince(service),
    })),
  };
}

/** Pools as allocation sees them. */
export function poolsOf(pools: readonly IPAddressPool[]): Pools {
  return new Pools(pools.map((pool) => readPool(pool)));
}

function ledgerOf(
  { services, nodes, speakers, pools, virtualIPs }: ClusterObjects,
  ours: readonly Service[],
): Ledger {
  const ledger = new Ledger();
  for (const { address, what } of infrastructureAddresses(nodes, speakers))
    ledger.setNetworkUse(address, what);
  for (const { metadata, status } of pools) {
    for (const text of [status?.lastHandedOut?.ipv4, status?.lastHandedOut?.ipv6]) {
      const last = text === undefined ? undefined : parseAddress(text);
      if (last?.ok) ledger.continueFrom(metadata.name, last.value);
    }
  }
  for (const record of virtualIPs.map(recordOf)) if (record !== undefined) ledger.record(record);
  for (const service of ours) {
    const key = keyOf(service);
    ledger.setTerms(key, readTerms(service));
    ledger.tell(key, ingressAddresses(service), service.metadata.creationTimestamp ?? "");
  }
  const known = new Set(ours);
  for (const service of services) {
    if (known.has(service) || service.spec.type !== "LoadBalancer") continue;
    const what = `shown in the status of Service ${keyOf(service)}, which is not Fairlead's`;
    ledger.setOutside(
      keyOf(service),
      ingressAddresses(service).map((address) => ({ address, what })),
    );
  }
  return ledger;
}

function keyOf({ metadata }: Service): string {
  return `${metadata.namespace}/${metadata.name}`;
}
