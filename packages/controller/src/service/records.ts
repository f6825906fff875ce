import { virtualIPs } from "@fairlead/api/resources.ts";
import type { VirtualIP } from "@fairlead/api/virtual-ip.ts";
import { virtualIPName } from "@fairlead/api/virtual-ip-name.ts";
import type { ApiClient } from "@fairlead/kube/client.ts";
import { hasStatus } from "@fairlead/kube/transport.ts";
import type { IpAddress } from "@fairlead/net/address.ts";
import type { Grant } from "../allocation/allocate.ts";
import type { ServiceKey } from "../allocation/holdings.ts";
import type { Cluster } from "../cluster/cluster.ts";
import { placementOf, plan } from "../virtual-ip/planner.ts";

/** Creates and deletes the VirtualIPs of Services. */
export class Records {
  readonly #client: ApiClient;
  readonly #cluster: Cluster;

  constructor(dependencies: { readonly client: ApiClient; readonly cluster: Cluster }) {
    this.#client = dependencies.client;
    this.#cluster = dependencies.cluster;
  }

  /**
   * Secures addresses by creating their VirtualIPs; they must be reserved in the ledger.
   *
   * @returns whether all are the Service's now; if not, the ledger knows who has the others
   */
  async secure(service: ServiceKey, grants: readonly Grant[], signal: AbortSignal): Promise<boolean> {
    const outcomes = await Promise.allSettled(grants.map((grant) => this.#create(service, grant, signal)));
    const failure = outcomes.find((outcome) => outcome.status === "rejected");
    if (failure !== undefined) throw failure.reason;
    return outcomes.every((outcome) => outcome.status === "fulfilled" && outcome.value);
  }

  /** Lets an address go: deletes its VirtualIP, or takes the Service off it if others hold the address too. */
  async letGo(service: ServiceKey, address: IpAddress, signal: AbortSignal): Promise<void> {
    const { ledger } = this.#cluster;
    ledger.cancel(address, service);
    const record = ledger.recordOf(address);
    if (record === undefined || !record.services.includes(service)) return;
    const name = virtualIPName(address);
    const others = record.services.filter((holder) => holder !== service);
    const known = this.#cluster.virtualIPs.get(name);
    try {
      if (others.length > 0 && known !== undefined) {
        const spec = { ...known.spec, services: others };
        this.#cluster.wroteVirtualIP(await this.#client.update(virtualIPs, { ...known, spec }, signal));
        return;
      }
      await this.#client.delete(virtualIPs, { name }, { uid: record.uid }, signal);
    } catch (error) {
      if (!hasStatus(error, 404)) throw error;
    }
    this.#cluster.deletedVirtualIP(address, name, record.uid);
  }

  async #create(service: ServiceKey, { address, pool }: Grant, signal: AbortSignal): Promise<boolean> {
    const { ledger, occupancy } = this.#cluster;
    const name = virtualIPName(address);
    const decision = plan(this.#cluster, { address, pool, services: [service], owner: undefined });
    occupancy.set(name, decision.kind === "Placed" ? decision.node : undefined);
    const object: VirtualIP = {
      metadata: { name },
      spec: {
        address: address.text,
        pool,
        services: [service],
        reclaimPolicy: "Delete",
        placement: placementOf(decision, 1),
      },
    };
    try {
      this.#cluster.wroteVirtualIP(await this.#client.create(virtualIPs, object, signal));
      return true;
    } catch (error) {
      occupancy.delete(name);
      ledger.cancel(address, service);
      if (!hasStatus(error, 409)) throw error;
      return await this.#takeOver(service, name, signal);
    }
  }

  /** Somebody created it before: an earlier self that crashed, another replica, or a person. */
  async #takeOver(service: ServiceKey, name: string, signal: AbortSignal): Promise<boolean> {
    try {
      const existing = await this.#client.get(virtualIPs, { name }, signal);
      this.#cluster.wroteVirtualIP(existing);
      return existing.spec.services.includes(service);
    } catch (error) {
      if (!hasStatus(error, 404)) throw error;
      return false;
    }
  }
}
