import { type Service, services } from "@fairlead/api/core/service.ts";
import type { ApiClient } from "@fairlead/kube/client.ts";
import { hasStatus } from "@fairlead/kube/transport.ts";
import type { ServiceKey } from "../allocation/holdings.ts";
import type { Cluster } from "../cluster/cluster.ts";
import type { Finalizer } from "./finalizer.ts";
import { isOurs, type OwnershipOptions } from "./ownership.ts";
import type { Records } from "./records.ts";
import type { Repairs } from "./repairs.ts";
import { carriesOurs } from "./status.ts";
import type { Telling } from "./telling.ts";

export interface ReleasingDependencies {
  readonly client: ApiClient;
  readonly cluster: Cluster;
  readonly records: Records;
  readonly repairs: Repairs;
  readonly telling: Telling;
  readonly finalizer: Finalizer;
  readonly ownership: OwnershipOptions;
}

/** Takes everything back from a Service that wants nothing of us, or is gone: what its status says first, then its addresses. */
export class Releasing {
  readonly #deps: ReleasingDependencies;

  constructor(dependencies: ReleasingDependencies) {
    this.#deps = dependencies;
  }

  /** Does nothing if there is nothing of ours, or if the API server has the Service otherwise than it was read here. */
  async release(key: ServiceKey, signal: AbortSignal): Promise<void> {
    const { cluster, records, repairs, finalizer } = this.#deps;
    const holdings = cluster.ledger.holdings(key);
    const service = cluster.services.get(key);
    const marked = service !== undefined && carriesOurs(service);
    if (holdings.length === 0 && !marked) return;
    if (!cluster.services.hasDeparted(key) && (await this.#stillWants(key, signal))) return;
    if (service !== undefined && marked) {
      const addresses = holdings.map(({ address }) => address.text).join(" and ");
      const note = addresses === "" ? "It asks for no address any more." : `Released ${addresses}.`;
      await this.#clear(service, note, signal);
    }
    for (const { address } of holdings) {
      // A record that was made to name it by mistake is not its to let go of.
      if (!(await repairs.giveBack(address, signal))) await records.letGo(key, address, signal);
    }
    if (service !== undefined) await finalizer.takeOff(service, signal);
  }

  /**
   * Asks the API server itself: watches of two kinds are not in step, and a Service that was not seen yet, or not in its newest
   * version, must not lose its address.
   */
  async #stillWants(key: ServiceKey, signal: AbortSignal): Promise<boolean> {
    const [namespace = "", name = ""] = key.split("/");
    try {
      return isOurs(await this.#deps.client.get(services, { namespace, name }, signal), this.#deps.ownership);
    } catch (error) {
      if (hasStatus(error, 404)) return false;
      throw error;
    }
  }

  async #clear(service: Service, note: string, signal: AbortSignal): Promise<void> {
    try {
      await this.#deps.telling.clear(service, note, signal);
    } catch (error) {
      if (!hasStatus(error, 404)) throw error;
    }
  }
}
