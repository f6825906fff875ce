import { type Clock, systemClock, type Timer } from "@fairlead/runtime/clock.ts";
import type { Addon } from "./addon.ts";
import type { SystemError } from "./errno.ts";
import { GatewayWatch } from "./gateway-watch.ts";
import { ALL_ADDRESSES, RTM_GETADDR } from "./netlink/address.ts";
import type { Gateways } from "./netlink/gateway-table.ts";
import {
  InterfaceTable,
  type NetInterface,
  sameInterfaces,
  weakenedInterface,
} from "./netlink/interface-table.ts";
import { ALL_LINKS, RTM_GETLINK } from "./netlink/link.ts";
import type { NetlinkMessage } from "./netlink/message.ts";
import { NetlinkWatch } from "./netlink-watch.ts";

export type { InterfaceAddress, NetInterface } from "./netlink/interface-table.ts";

/** RTNLGRP_LINK (1), RTNLGRP_IPV4_IFADDR (5) and RTNLGRP_IPV6_IFADDR (9) as a bit set. */
export const INTERFACE_GROUPS: number = (1 << 0) | (1 << 4) | (1 << 8);
/** How long a change may wait for those that belong to it. */
const COALESCE_MS = 10;

/** What an {@link InterfaceWatch} is made with. */
export interface InterfaceWatchOptions {
  /** Called with all interfaces: once they are known, then after each change of anything that {@link NetInterface} tells. */
  readonly onChange: (interfaces: readonly NetInterface[]) => void;
  /** Netlink failed. The watch tries again by itself, once a second; what was reported last stands until then. */
  readonly onError: (error: SystemError) => void;
  /** @default the machine's clock */
  readonly clock?: Clock;
  /** @default the addon that the addon's loader finds */
  readonly addon?: Addon;
}

/** Watches the interfaces of this network namespace, their addresses and their gateways. */
export class InterfaceWatch {
  readonly #onChange: InterfaceWatchOptions["onChange"];
  readonly #clock: Clock;
  readonly #table = new InterfaceTable();
  readonly #links: NetlinkWatch;
  readonly #routes: GatewayWatch;
  #linksKnown = false;
  /** Undefined until they are known or cannot be: a failure there holds nothing up. */
  #gateways: Gateways | undefined;
  #reported: readonly NetInterface[] | undefined;
  #report: Timer | undefined;

  /** @throws Error if there is no addon. */
  constructor(options: InterfaceWatchOptions) {
    this.#onChange = options.onChange;
    this.#clock = options.clock ?? systemClock;
    const common = { clock: this.#clock, ...(options.addon && { addon: options.addon }) };
    this.#links = new NetlinkWatch({
      ...common,
      groups: INTERFACE_GROUPS,
      dumps: [
        { type: RTM_GETLINK, body: ALL_LINKS },
        { type: RTM_GETADDR, body: ALL_ADDRESSES },
      ],
      follower: {
        beginDump: () => this.#table.beginDump(),
        take: (message, answer) => this.#take(message, answer),
        endDump: () => this.#dumped(),
        settled: () => this.#reportSoon(),
        failed: options.onError,
      },
    });
    this.#routes = new GatewayWatch({
      ...common,
      onChange: (gateways) => this.#setGateways(gateways),
      onError: (error) => {
        this.#setGateways(this.#gateways ?? new Map());
        options.onError(error);
      },
    });
  }

  /** Begins to watch. Idempotent. */
  start(): void {
    this.#links.start();
    this.#routes.start();
  }

  /** Ends the watch; no callback comes after it. Idempotent. */
  stop(): void {
    this.#links.stop();
    this.#routes.stop();
    this.#report?.cancel();
    this.#report = undefined;
  }

  /** How often notifications of interfaces or addresses were lost, so that everything was read again. */
  get overruns(): number {
    return this.#links.overruns;
  }

  #take(message: NetlinkMessage, answer: boolean): void {
    this.#table.apply(message);
    const weakened = answer ? undefined : weakenedInterface(message);
    if (weakened !== undefined) this.#routes.weakened(weakened);
  }

  #dumped(): void {
    this.#table.endDump();
    // Again: something was lost that may have taken routes with it.
    if (this.#linksKnown) this.#routes.readAgain();
    this.#linksKnown = true;
  }

  #setGateways(gateways: Gateways): void {
    this.#gateways = gateways;
    this.#reportSoon();
  }

  #reportSoon(): void {
    if (this.#report !== undefined || !this.#linksKnown || this.#gateways === undefined) return;
    if (this.#reported === undefined) this.#reportChange();
    else this.#report = this.#clock.after(COALESCE_MS, () => this.#reportChange());
  }

  #reportChange(): void {
    this.#report = undefined;
    const interfaces = this.#table.interfaces(this.#gateways ?? new Map());
    if (this.#reported !== undefined && sameInterfaces(interfaces, this.#reported)) return;
    this.#reported = interfaces;
    this.#onChange(interfaces);
  }
}
