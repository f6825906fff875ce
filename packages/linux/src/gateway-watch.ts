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
  readonly #table = new GatewayTable();
  #told: Gateways | undefined;

  /** @throws Error if there is no addon. */
  constructor(options: GatewayWatchOptions) {
    const { clock, addon } = options;
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
        beginDump: () => this.#table.beginDump(),
        take: (message, answer) => {
          if (answer) this.#table.dumped(message);
          else if (this.#table.isNews(message)) this.#watch.readAgain();
        },
        endDump: () => {
          this.#table.endDump();
          const { gateways } = this.#table;
          if (this.#told !== undefined && sameGateways(gateways, this.#told)) return;
          this.#told = gateways;
          options.onChange(gateways);
        },
        settled: () => undefined,
        failed: options.onError,
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
    if (this.#watch.dumping || this.#table.gateways.has(interfaceIndex)) this.#watch.readAgain();
  }

  /** Anything may have happened. */
  readAgain(): void {
    this.#watch.readAgain();
  }
}
