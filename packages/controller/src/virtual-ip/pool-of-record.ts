import type { VirtualIP } from "@fairlead/api/virtual-ip.ts";
import type { IpAddress } from "@fairlead/net/address.ts";
import { overQuota } from "../allocation/admission.ts";
import { faultIn } from "../allocation/kept.ts";
import { type Pool, poolContains } from "../allocation/pool.ts";
import { type AddressRequest, readRequest } from "../allocation/request.ts";
import type { Cluster } from "../cluster/cluster.ts";

type Known = Pick<Cluster, "pools" | "ledger" | "services" | "namespaceLabels">;

/**
 * The pool that the record of an address is to name: the one on record if a Service asks for it by name, since that one keeps what came from
 * it. Else another one for which all its Services ask and which would give it to each: by the pool on record it is judged who may keep
 * the address, so that one of several cannot bring the others, or itself by mistake, under rules that take it away. Else
 * the one on record while it has the address, else the first that has it.
 */
export function poolOfRecord({ spec }: VirtualIP, address: IpAddress, cluster: Known): string | undefined {
  const { pools } = cluster;
  const { services = [], pool: recorded } = spec;
  const requests = services.map((key) => {
    const service = cluster.services.ours(key);
    return service && readRequest(service);
  });
  const asked = requests.map((request) => request?.pool?.value);
  if (recorded !== undefined && asked.includes(recorded)) return recorded;
  const [name = ""] = asked;
  const wanted = asked.every((one) => one === name) ? pools.get(name) : undefined;
  const isGiven = requests.every((request) => wanted && request && gives(wanted, address, request, cluster));
  if (wanted !== undefined && isGiven) return name;
  return pools.ownerOf(address, recorded)?.name ?? recorded;
}

/** Whether the Service could have the address of this pool, were it free. */
function gives(pool: Pool, address: IpAddress, request: AddressRequest, cluster: Known): boolean {
  if (pool.gone || pool.disabled || !poolContains(pool, address)) return false;
  const { namespace, labels } = request;
  const applicant = { namespace, namespaceLabels: cluster.namespaceLabels(namespace), labels };
  if (faultIn(pool, { address, claimed: false }, applicant) !== undefined) return false;
  return overQuota(cluster.ledger, pool, namespace, address.family, 0) === undefined;
}
