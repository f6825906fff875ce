import { compareAddresses, type IpAddress, sameAddress } from "@fairlead/net/address.ts";
import type { NetlinkMessage } from "./message.ts";
import { type DefaultRoute, isMainDefault, RTM_DELROUTE, RTM_NEWROUTE, readDefaultRoute } from "./route.ts";

/** Most gateways told of one interface: with router advertisements anybody on the segment can make up more. */
export const MOST_GATEWAYS = 16;

/** Gateways by interface index; each list is sorted, without doubles, and not empty. */
export type Gateways = ReadonlyMap<number, readonly IpAddress[]>;

/**
 * The gateways of the default routes, as the last complete dump told them. Notifications only say when to dump again: what a
 * route replaces is not told, nor that IPv4 routes went with their interface or address.
 */
export class GatewayTable {
  #routes: ReadonlyMap<string, DefaultRoute> = new Map();
  #dumped = new Map<string, DefaultRoute>();
  #gateways: Gateways | undefined;

  beginDump(): void {
    this.#dumped = new Map();
  }

  /** What was dumped since {@link beginDump} counts from now on. */
  endDump(): void {
    this.#routes = this.#dumped;
    this.#gateways = undefined;
  }

  /** Takes an answer of a dump. @returns why it was ignored, or undefined. */
  dumped(message: NetlinkMessage): string | undefined {
    if (message.type !== RTM_NEWROUTE) return `message type ${message.type} is of no interest`;
    if (!isMainDefault(message.payload)) return "not a default route of the main table";
    const read = readDefaultRoute(message.payload);
    if (!read.ok) return read.error;
    this.#dumped.set(keyOf(read.value), read.value);
    return undefined;
  }

  /** Whether a notification tells of a default route something that is not known yet. */
  isNews(message: NetlinkMessage): boolean {
    if (message.type !== RTM_NEWROUTE && message.type !== RTM_DELROUTE) return false;
    const read = readDefaultRoute(message.payload);
    if (!read.ok) return false;
    // Who keeps routes by router advertisements or BGP tells one anew whenever it hears of it again.
    return message.type === RTM_DELROUTE || !this.#routes.has(keyOf(read.value));
  }

  /** The gateways of each interface that has any; the same object until the next {@link endDump}. */
  get gateways(): Gateways {
    this.#gateways ??= gatewaysOf(this.#routes.values());
    return this.#gateways;
  }
}

/** Two default routes with the same key are told as one. */
function keyOf({ family, tos, priority, nextHops }: DefaultRoute): string {
  const via = nextHops.map(({ gateway, interfaceIndex }) => `${gateway.text}%${interfaceIndex}`);
  return `${family} ${tos} ${priority} ${via.join(" ")}`;
}

function gatewaysOf(routes: Iterable<DefaultRoute>): Gateways {
  const byIndex = new Map<number, IpAddress[]>();
  for (const { nextHops } of routes)
    for (const { interfaceIndex, gateway } of nextHops) {
      const gateways = byIndex.get(interfaceIndex) ?? [];
      byIndex.set(interfaceIndex, gateways);
      gateways.push(gateway);
    }
  const sorted = new Map<number, readonly IpAddress[]>();
  for (const [index, gateways] of byIndex) {
    gateways.sort(compareAddresses);
    const distinct = gateways.filter((one, i) => i === 0 || !sameAddress(one, gateways[i - 1] ?? one));
    sorted.set(index, distinct.slice(0, MOST_GATEWAYS));
  }
  return sorted;
}

/** Whether both say the same. */
export function sameGateways(a: Gateways, b: Gateways): boolean {
  if (a.size !== b.size) return false;
  for (const [index, gateways] of a) {
    const others = b.get(index) ?? [];
    if (gateways.length !== others.length) return false;
    if (!gateways.every(({ text }, i) => text === others[i]?.text)) return false;
  }
  return true;
}
