import { FAMILIES } from "@fairlead/net/address.ts";
import type { Metrics } from "@fairlead/runtime/metrics.ts";
import type { AllocationReason } from "./allocation/reasons.ts";
import type { Usage } from "./pool/usage.ts";

/** Figures that are read at each scrape. */
export interface ControllerFigures {
  readonly leading: boolean;
  readonly held: number;
  readonly waiting: number;
  readonly noLongerServed: number;
  readonly nowhere: number;
  readonly alone: number;
  readonly byNode: ReadonlyMap<string, number>;
}

/** `listed`: another list of stand-ins for the same node. `takeover`: the record follows what the speakers did by themselves. */
export type PlacementChange = "placed" | "moved" | "takeover" | "listed" | "unplaced";

/** The controller's own metrics. */
export class ControllerMetrics {
  readonly #decisions;
  readonly #moves;
  readonly #poolAddresses;

  constructor(metrics: Metrics, figures: () => ControllerFigures) {
    metrics.gauge("fairlead_controller_leading", "1 in the replica that decides.", [], (gauge) =>
      gauge.set(Number(figures().leading)),
    );
    metrics.gauge("fairlead_allocator_addresses_held", "Addresses that are held.", [], (gauge) =>
      gauge.set(figures().held),
    );
    metrics.gauge(
      "fairlead_allocator_services_waiting",
      "Services that ask for something they cannot have now.",
      [],
      (gauge) => gauge.set(figures().waiting),
    );
    metrics.gauge(
      "fairlead_allocator_services_no_longer_served",
      "Services that keep the address they had before our loadBalancerClass was changed.",
      [],
      (gauge) => gauge.set(figures().noLongerServed),
    );
    metrics.gauge(
      "fairlead_placement_addresses",
      "Addresses that a node is to answer for.",
      ["node"],
      (gauge) => {
        gauge.reset();
        for (const [node, count] of figures().byNode) gauge.set({ node }, count);
      },
    );
    metrics.gauge(
      "fairlead_placement_unplaced_addresses",
      "Held addresses that nobody may answer for.",
      [],
      (gauge) => gauge.set(figures().nowhere),
    );
    metrics.gauge(
      "fairlead_placement_addresses_without_stand_in",
      "Addresses that a node is to answer for and that no other could take over.",
      [],
      (gauge) => gauge.set(figures().alone),
    );
    this.#decisions = metrics.counter(
      "fairlead_allocator_decisions_total",
      "Decisions on Services, by reason.",
      ["reason"],
    );
    this.#moves = metrics.counter("fairlead_placement_changes_total", "Changes of a placement, by kind.", [
      "change",
    ]);
    this.#poolAddresses = metrics.gauge(
      "fairlead_allocator_pool_addresses",
      "Addresses of a pool, by family and state.",
      ["pool", "family", "state"],
    );
  }

  decided(reason: AllocationReason): void {
    this.#decisions.inc({ reason });
  }

  placed(change: PlacementChange): void {
    this.#moves.inc({ change });
  }

  pool(pool: string, family: string, usage: Usage): void {
    for (const state of POOL_STATES) this.#poolAddresses.set({ pool, family, state }, Number(usage[state]));
  }

  poolGone(pool: string): void {
    for (const family of FAMILIES) {
      for (const state of POOL_STATES) this.#poolAddresses.remove({ pool, family, state });
    }
  }
}

const POOL_STATES: readonly (keyof Usage)[] = [
  "capacity",
  "used",
  "free",
  "reserved",
  "released",
  "quarantined",
  "excluded",
];
