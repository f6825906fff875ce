import type { Clock } from "@fairlead/runtime/clock.ts";
import type { Addon } from "./addon.ts";
import type { SystemError } from "./errno.ts";
import { type Gateways, GatewayTable, sameGateways } from "./netlink/gateway-table.ts";
import { mainRoutes, RTM_GETROUTE } from "./netlink/route.ts";
import { defaultRouteFilter } from "./netlink/route-filter.ts";
import { NetlinkWatch } from "./netlink-watch.ts";

/** RTNLGRP_IPV4_ROUTE (7) and RTNLGRP_IPV6_ROUTE (11) as a bit set. */
export const ROUTE_GROUPS: number = (1 << 6) | (1 << 10);
/** Reading 100,000 routes to find one takes a tenth of a second: a default route that flaps must not make it a habit. */
const PACE_MS = 1000;
/** A default route that is replaced may be gone for a moment. */
const SETTLE_MS = 100;

/** What a {@link GatewayWatch} is made with. */
export interface GatewayWatchOptions {
  /** Called once the gateways are known, then after each change of them. */
  readonly onChange: (gateways: Gateways) => void;
  /** Netlink failed. The watch tries again by itself, once a second; what was told last stands until then. */
  readonly onError: (error: SystemError) => void;
  readonly clock?: Clock;
  readonly addon?: Addon;
}

/** Watches the gateways of the default routes in the main table of this network namespace. */
export class GatewayWatch {
  readonly #watch: NetlinkWatch;
  readonly #onChange: GatewayWatchOptions["onChange"];
  readonly #table = new GatewayTable();
  #told: Gateways | undefined;
  /** Something happened during the running dump, which may or may not have it. */
  #outdated = false;
  /** Interfaces that were weakened during it. */
  readonly #weakened = new Set<number>();

  /** @throws Error if there is no addon. */
  constructor(options: GatewayWatchOptions) {
    const { clock, addon, onChange, onError } = options;
    this.#onChange = onChange;
    this.#watch = new NetlinkWatch({
      groups: ROUTE_GROUPS,
      filter: defaultRouteFilter(),
      dumps: [
        // There is no table before its first route.
        { type: RTM_GETROUTE, body: mainRoutes("IPv4"), mayBeMissing: true },
        { type: RTM_GETROUTE, body: mainRoutes("IPv6"), mayBeMissing: true },
      ],
      paceMs: PACE_MS,
      settleMs: SETTLE_MS,
      follower: {
        beginDump: () => this.#beginDump(),
        take: (message, answer) => {
          if (answer) this.#table.dumped(message);
          else if (this.#table.isNews(message)) this.readAgain();
        },
        endDump: () => this.#endDump(),
        settled: () => undefined,
        failed: onError,
      },
      ...(clock && { clock }),
      ...(addon && { addon }),
    });
  }

  /** Begins to watch. Idempotent. */
  start(): void {
    this.#watch.start();
  }

  /** Ends the watch; no callback comes after it. Idempotent. */
  stop(): void {
    this.#watch.stop();
  }

  /**
   * An interface went, went down or lost an address: its IPv4 routes may have gone with that, which the kernel does not tell.
   */
  weakened(interfaceIndex: number): void {
    if (this.#watch.dumping) this.#weakened.add(interfaceIndex);
    else if (this.#table.gateways.has(interfaceIndex)) this.readAgain();
  }

  /** Anything may have happened. */
  readAgain(): void {
    // A running dump is told nevertheless: where routes change all the time, there would never be one to tell.
    if (this.#watch.dumping) this.#outdated = true;
    else this.#watch.readAgain();
  }

  #beginDump(): void {
    this.#outdated = false;
    this.#weakened.clear();
    this.#table.beginDump();
  }

  #endDump(): void {
    this.#table.endDump();
    const { gateways } = this.#table;
    if (this.#outdated || [...this.#weakened].some((index) => gateways.has(index))) this.readAgain();
    if (this.#told !== undefined && sameGateways(gateways, this.#told)) return;
    this.#told = gateways;
    this.#onChange(gateways);
  }
}
