import type { Service } from "@fairlead/api/core/service.ts";
import { virtualIPName } from "@fairlead/api/virtual-ip-name.ts";
import { keyOf } from "@fairlead/kube/store.ts";
import type { IpAddress } from "@fairlead/net/address.ts";
import type { Decision } from "../allocation/allocate.ts";
import type { ServiceKey } from "../allocation/holdings.ts";
import type { Cluster } from "../cluster/cluster.ts";
import type { Records } from "./records.ts";
import { carriesOurs } from "./status.ts";
import type { Telling } from "./telling.ts";

export interface RepairsDependencies {
  readonly cluster: Cluster;
  readonly records: Records;
  readonly telling: Telling;
}

/** Puts records right that were lost or edited, by what Services show, and tells it. */
export class Repairs {
  readonly #deps: RepairsDependencies;

  constructor(dependencies: RepairsDependencies) {
    this.#deps = dependencies;
  }

  /**
   * Gives the record of an address to the first of those who show it while it names others who do not.
   *
   * @param only does so only if that one is this Service
   * @returns whether the record names that one now
   */
  async giveBack(address: IpAddress, signal: AbortSignal, only?: ServiceKey): Promise<boolean> {
    const { cluster, records, telling } = this.#deps;
    const [first] = cluster.ledger.disputing(address);
    const service = first === undefined ? undefined : cluster.services.ours(first);
    if (service === undefined || (only !== undefined && first !== only)) return false;
    const record = await records.giveBack(keyOf(service), address, signal);
    if (record !== undefined) telling.repaired(service, record);
    return record !== undefined;
  }

  /**
   * Tells which records were missing and have been made for what the Service shows: again, or, if we have never told it
   * anything, for the first time.
   */
  madeAgain(service: Service, { keep }: Decision): void {
    const { cluster, telling } = this.#deps;
    for (const { address, hold, pool } of keep) {
      if (hold !== "Told" || pool === undefined) continue;
      const record = cluster.virtualIPs.get(virtualIPName(address));
      if (record === undefined) continue;
      if (carriesOurs(service)) telling.madeAgain(service, record);
      else telling.adopted(service, record);
    }
  }
}
