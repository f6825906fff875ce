import type { Service } from "@fairlead/api/core/service.ts";
import { keyOf } from "@fairlead/kube/store.ts";
import type { Clock } from "@fairlead/runtime/clock.ts";
import type { Again } from "../again.ts";
import type { ServiceKey } from "../allocation/holdings.ts";
import type { Cluster } from "../cluster/cluster.ts";
import { Patience } from "./patience.ts";
import type { Repairs } from "./repairs.ts";

/** How long a status must contradict a record before the record is looked into, in ms: watches of two kinds are not in step. */
const DISPUTE_MS = 3000;

export interface DisputesDependencies {
  readonly cluster: Cluster;
  readonly repairs: Repairs;
  readonly clock: Clock;
}

/** The Services whose status shows an address whose VirtualIP names others: if that lasts, the record is mended. */
export class Disputes {
  readonly #deps: DisputesDependencies;
  readonly #patience: Patience;

  constructor(dependencies: DisputesDependencies) {
    this.#deps = dependencies;
    this.#patience = new Patience(dependencies.clock, DISPUTE_MS);
  }

  /** Mends what is in dispute for long enough. @returns when to look at the Service again */
  async settle(service: Service, signal: AbortSignal): Promise<Again> {
    const { cluster, repairs } = this.#deps;
    const key = keyOf(service);
    const disputed = cluster.ledger.holdings(key).filter(({ hold }) => hold === "Disputed");
    const waitMs = this.#patience.note(
      key,
      disputed.map(({ address }) => address.text),
    );
    if (waitMs !== undefined) return { requeueAfterMs: waitMs };
    // Of several that show it, the oldest has it; the others are no longer in dispute then.
    for (const { address } of disputed) await repairs.giveBack(address, signal, key);
    return { requeueAfterMs: DISPUTE_MS };
  }

  /** The Service is in no dispute. */
  end(key: ServiceKey): void {
    this.#patience.note(key, []);
  }

  /** Nothing is known of any. */
  clear(): void {
    this.#patience.clear();
  }
}
