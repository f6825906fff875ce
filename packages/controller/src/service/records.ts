import type { Service } from "@fairlead/api/core/service.ts";
import { services } from "@fairlead/api/core/service.ts";
import { virtualIPs } from "@fairlead/api/resources.ts";
import type { VirtualIP } from "@fairlead/api/virtual-ip.ts";
import { foreignUseOf } from "@fairlead/api/virtual-ip-foreign.ts";
import { virtualIPName } from "@fairlead/api/virtual-ip-name.ts";
import type { ApiClient } from "@fairlead/kube/client.ts";
import { hasStatus } from "@fairlead/kube/transport.ts";
import type { IpAddress } from "@fairlead/net/address.ts";
import type { Clock } from "@fairlead/runtime/clock.ts";
import { rfc3339 } from "@fairlead/runtime/rfc3339.ts";
import type { Grant } from "../allocation/allocate.ts";
import type { ServiceKey } from "../allocation/holdings.ts";
import { poolContains } from "../allocation/pool.ts";
import type { Cluster } from "../cluster/cluster.ts";
import { ingressAddresses } from "../cluster/object-facts.ts";
import { joined, left, type ReleasePolicy } from "../virtual-ip/holders.ts";
import { placementOf, plan } from "../virtual-ip/planner.ts";
import { wishOf, withoutFulfilled } from "../virtual-ip/wish.ts";

export interface RecordsDependencies {
  readonly client: ApiClient;
  readonly cluster: Cluster;
  readonly clock: Clock;
}

/** Writes which Services hold an address: creates, updates and deletes VirtualIPs. */
export class Records {
  readonly #client: ApiClient;
  readonly #cluster: Cluster;
  readonly #clock: Clock;

  constructor({ client, cluster, clock }: RecordsDependencies) {
    this.#client = client;
    this.#cluster = cluster;
    this.#clock = clock;
  }

  /**
   * Secures addresses by writing their VirtualIPs; they must be reserved in the ledger. Where there is one already, the Service
   * joins its holders, unless it has changed since it was read.
   *
   * @returns whether all are the Service's now; if not, the ledger knows who has the others
   */
  async secure(service: ServiceKey, grants: readonly Grant[], signal: AbortSignal): Promise<boolean> {
    const outcomes = await Promise.allSettled(grants.map((grant) => this.#secure(service, grant, signal)));
    const failure = outcomes.find((outcome) => outcome.status === "rejected");
    if (failure !== undefined) throw failure.reason;
    return outcomes.every((outcome) => outcome.status === "fulfilled" && outcome.value);
  }

  /** Takes the Service off an address; what becomes of it then is the pool's policy. */
  async letGo(service: ServiceKey, address: IpAddress, signal: AbortSignal): Promise<void> {
    const { ledger } = this.#cluster;
    ledger.letGo(address, service);
    const name = virtualIPName(address);
    const known = this.#cluster.virtualIPs.get(name);
    if (known === undefined || !(known.spec.services ?? []).includes(service)) return;
    const now = rfc3339(this.#clock.wall());
    const foreign = foreignUseOf(known);
    const spec = left(known.spec, service, { policy: this.#policyOf(known, address), foreign, now });
    if (spec === undefined) return await this.delete(known, address, signal);
    try {
      await this.#update({ ...known, spec }, address, signal);
    } catch (error) {
      if (!hasStatus(error, 404)) throw error;
    }
  }

  /** Deletes a VirtualIP that nobody holds any more, unless it has changed since it was read. */
  async delete({ metadata }: VirtualIP, address: IpAddress, signal: AbortSignal): Promise<void> {
    const { name, uid = "", resourceVersion } = metadata;
    const preconditions = { uid, ...(resourceVersion !== undefined && { resourceVersion }) };
    try {
      await this.#client.delete(virtualIPs, { name }, preconditions, signal);
    } catch (error) {
      if (hasStatus(error, 409)) await this.#reread(name, signal);
      if (!hasStatus(error, 404)) throw error;
    }
    this.#cluster.deletedVirtualIP(address, name, uid);
  }

  /**
   * Gives an address back to a Service whose status shows it while its VirtualIP names others. Asks the API server itself
   * first, since two watches are not in step.
   *
   * @returns the record if it says so now
   */
  async giveBack(
    service: ServiceKey,
    address: IpAddress,
    signal: AbortSignal,
  ): Promise<VirtualIP | undefined> {
    const name = virtualIPName(address);
    const object = await this.#client.get(virtualIPs, { name }, signal);
    const holders = object.spec.services ?? [];
    const shows = await Promise.all([service, ...holders].map((key) => this.#shows(key, address, signal)));
    const [own, ...others] = shows;
    if (!own || others.includes(true)) return undefined;
    const terms = this.#cluster.ledger.termsOf(service);
    const pool = object.spec.pool ?? this.#cluster.pools.containing(address)[0]?.name ?? "";
    const empty = { ...object.spec, services: [], sharing: [] };
    const spec = joined(empty, { service, terms, pool, heldSince: undefined });
    await this.#update({ ...object, spec }, address, signal);
    return object;
  }

  async #secure(service: ServiceKey, grant: Grant, signal: AbortSignal): Promise<boolean> {
    const { ledger, virtualIPs: view } = this.#cluster;
    const name = virtualIPName(grant.address);
    const terms = ledger.termsOf(service);
    const known = ledger.recordOf(grant.address) === undefined ? undefined : view.get(name);
    if (known === undefined) return await this.#create(service, grant, signal);
    const heldSince = this.#heldSince(service, grant.address);
    const spec = joined(known.spec, { service, terms, pool: grant.pool, heldSince });
    try {
      await this.#update(this.#placed({ ...known, spec }, grant.address), grant.address, signal);
      return this.#isSecured(service, grant.address);
    } catch (error) {
      ledger.cancel(grant.address, service);
      if (!hasStatus(error, 404) && !hasStatus(error, 409)) throw error;
      return false;
    }
  }

  /** An address that comes out of nobody's hands gets its node in the same write. */
  #placed(object: VirtualIP, address: IpAddress): VirtualIP {
    const { placement, pool, services: holders } = object.spec;
    if (placement !== undefined && placement.nodes.length > 0) return object;
    const decision = plan(this.#cluster, {
      address,
      pool,
      services: holders,
      owner: undefined,
      wish: wishOf(object),
      listed: [],
    });
    const spec = { ...object.spec, placement: placementOf(decision, (placement?.epoch ?? 0) + 1) };
    return withoutFulfilled({ ...object, spec }, decision);
  }

  async #create(service: ServiceKey, { address, pool }: Grant, signal: AbortSignal): Promise<boolean> {
    const { ledger, occupancy } = this.#cluster;
    const name = virtualIPName(address);
    const terms = ledger.termsOf(service);
    const heldSince = this.#heldSince(service, address);
    const spec = joined({ address: address.text, services: [] }, { service, terms, pool, heldSince });
    const object = this.#placed({ metadata: { name }, spec }, address);
    occupancy.set(name, object.spec.placement?.nodes ?? []);
    try {
      this.#cluster.wroteVirtualIP(await this.#client.create(virtualIPs, object, signal));
      return this.#isSecured(service, address);
    } catch (error) {
      occupancy.delete(name);
      ledger.cancel(address, service);
      if (!hasStatus(error, 409)) throw error;
      return await this.#foundThere(service, name, signal);
    }
  }

  /** Whether what was written still holds when the answer comes; if not, the reservation is void. */
  #isSecured(service: ServiceKey, address: IpAddress): boolean {
    const { ledger } = this.#cluster;
    const holds = ledger.recordOf(address)?.services.includes(service) === true;
    if (!holds) ledger.cancel(address, service);
    return holds;
  }

  /** Now, RFC 3339, unless the Service shows the address: with that it may have been served, before its record was lost. */
  #heldSince(service: ServiceKey, { text }: IpAddress): string | undefined {
    const holdings = this.#cluster.ledger.holdings(service);
    const isShown = holdings.some((one) => one.told && one.address.text === text);
    return isShown ? undefined : rfc3339(this.#clock.wall());
  }

  /** Somebody created it before: an earlier self that crashed, another replica, or a person. */
  async #foundThere(service: ServiceKey, name: string, signal: AbortSignal): Promise<boolean> {
    const existing = await this.#reread(name, signal);
    return existing?.spec.services?.includes(service) === true;
  }

  async #update(object: VirtualIP, address: IpAddress, signal: AbortSignal): Promise<void> {
    const { name, uid = "" } = object.metadata;
    try {
      this.#cluster.wroteVirtualIP(await this.#client.update(virtualIPs, object, signal));
    } catch (error) {
      // What names a UID is in conflict with there being nothing.
      const isGone =
        hasStatus(error, 404) || (hasStatus(error, 409) && (await this.#reread(name, signal)) === undefined);
      if (isGone) this.#cluster.lostVirtualIP(address, name, uid);
      throw error;
    }
  }

  async #reread(name: string, signal: AbortSignal): Promise<VirtualIP | undefined> {
    try {
      const existing = await this.#client.get(virtualIPs, { name }, signal);
      this.#cluster.wroteVirtualIP(existing);
      return existing;
    } catch (error) {
      if (!hasStatus(error, 404)) throw error;
      return undefined;
    }
  }

  async #shows(key: ServiceKey, address: IpAddress, signal: AbortSignal): Promise<boolean> {
    const [namespace = "", name = ""] = key.split("/");
    try {
      const service: Service = await this.#client.get(services, { namespace, name }, signal);
      return ingressAddresses(service).some(({ text }) => text === address.text);
    } catch (error) {
      if (hasStatus(error, 404)) return false;
      throw error;
    }
  }

  /** Of the pool on record while that has the address. */
  #policyOf({ spec }: VirtualIP, address: IpAddress): ReleasePolicy | undefined {
    const { pools } = this.#cluster;
    const recorded = spec.pool === undefined ? undefined : pools.get(spec.pool);
    if (recorded !== undefined && poolContains(recorded, address)) return recorded;
    return pools.containing(address)[0];
  }
}
