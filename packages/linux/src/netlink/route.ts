import { addressFromBytes, type Family, type IpAddress } from "@fairlead/net/address.ts";
import { err, ok, type Result } from "@fairlead/net/result.ts";
import { AF_INET, AF_INET6 } from "../sockaddr.ts";
import { readAttributes, readU32 } from "./attributes.ts";

export const RTM_NEWROUTE = 24;
export const RTM_DELROUTE = 25;
export const RTM_GETROUTE = 26;

/** `RT_TABLE_MAIN`: the table that `ip route` shows. Tables above 255 have another number here. */
export const RT_TABLE_MAIN = 254;

/** Where the length of the destination's prefix is in a route message's payload. */
export const DESTINATION_LENGTH_OFFSET = 1;
/** Where the table is in a route message's payload. */
export const TABLE_OFFSET = 4;

/** A neighbor that a default route hands packets to. */
export interface NextHop {
  readonly interfaceIndex: number;
  readonly gateway: IpAddress;
}

/** A default route, as an `RTM_NEWROUTE` or `RTM_DELROUTE` tells it. */
export interface DefaultRoute {
  readonly family: Family;
  /** Type of service; with the priority it tells apart what may stand beside one another. */
  readonly tos: number;
  /** The metric: the route with the lowest is used. */
  readonly priority: number;
  /** Those with a gateway; none on a link without neighbors, such as a tunnel. */
  readonly nextHops: readonly NextHop[];
}

const HEADER_BYTES = 12;
const TYPE_OFFSET = 7;
const FLAGS_OFFSET = 8;
const RTN_UNICAST = 1;
const RTM_F_CLONED = 0x200;
const RTA_OIF = 4;
const RTA_GATEWAY = 5;
const RTA_PRIORITY = 6;
const RTA_MULTIPATH = 9;
const RTA_VIA = 18;
const NEXT_HOP_HEADER_BYTES = 8;
const VIA_HEADER_BYTES = 2;

/**
 * The body of a request for the routes of one family in the main table: an `rtmsg` with nothing else set. A kernel that was
 * not told to check strictly sends those of all tables.
 */
export function mainRoutes(family: Family): Uint8Array {
  const body = new Uint8Array(HEADER_BYTES);
  body[0] = family === "IPv4" ? AF_INET : AF_INET6;
  body[TABLE_OFFSET] = RT_TABLE_MAIN;
  return body;
}

/** Whether the payload of a route message tells of a default route of the main table; looks at two bytes and no further. */
export function isMainDefault(payload: Uint8Array): boolean {
  return payload[DESTINATION_LENGTH_OFFSET] === 0 && payload[TABLE_OFFSET] === RT_TABLE_MAIN;
}

/**
 * Reads the payload of a route message, `struct rtmsg`, then attributes, if it is a default route of the main table:
 *
 * ```
 *  0        1        2        3     4       5          6       7      8       12
 *  +--------+--------+--------+-----+-------+----------+-------+------+-------+-----------
 *  | family | destin-| source | tos | table | protocol | scope | type | flags | attributes
 *  |        | ation  | length |     |       |          |       |      |       |
 *  |        | length |        |     |       |          |       |      |       |
 *  +--------+--------+--------+-----+-------+----------+-------+------+-------+-----------
 * ```
 */
export function readDefaultRoute(payload: Uint8Array): Result<DefaultRoute, string> {
  if (payload.length < HEADER_BYTES) return err(`a route message of ${payload.length} bytes is too short`);
  if (!isMainDefault(payload)) return err("not a default route of the main table");
  const view = new DataView(payload.buffer, payload.byteOffset, payload.byteLength);
  const family = familyOf(view.getUint8(0));
  if (family === undefined) return err(`route family ${view.getUint8(0)} is neither IPv4 nor IPv6`);
  if (view.getUint8(TYPE_OFFSET) !== RTN_UNICAST) return err("a route that leads to nobody");
  if ((view.getUint32(FLAGS_OFFSET, true) & RTM_F_CLONED) !== 0) return err("an entry of the routing cache");
  const attributes = readAttributes(payload.subarray(HEADER_BYTES));
  if (!attributes.ok) return attributes;
  const multipath = attributes.value.get(RTA_MULTIPATH);
  const nextHops =
    multipath === undefined
      ? readNextHop(attributes.value, readU32(attributes.value, RTA_OIF) ?? 0)
      : readNextHops(multipath);
  if (!nextHops.ok) return nextHops;
  const priority = readU32(attributes.value, RTA_PRIORITY) ?? 0;
  return ok({ family, tos: view.getUint8(3), priority, nextHops: nextHops.value });
}

/**
 * Reads the value of `RTA_MULTIPATH`, a run of `struct rtnexthop`, each with attributes and aligned to 4 bytes:
 *
 * ```
 *  0               2       3      4                 8
 *  +---------------+-------+------+-----------------+------------+---------
 *  | length        | flags | hops | interface index | attributes | padding
 *  | (with header) |       |      |                 |            |
 *  +---------------+-------+------+-----------------+------------+---------
 * ```
 */
function readNextHops(bytes: Uint8Array): Result<readonly NextHop[], string> {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const nextHops: NextHop[] = [];
  for (let at = 0; at < bytes.length; ) {
    const left = bytes.length - at;
    if (left < NEXT_HOP_HEADER_BYTES) return err(`${left} bytes are too few for a next hop`);
    const length = view.getUint16(at, true);
    if (length < NEXT_HOP_HEADER_BYTES || length > left)
      return err(`next hop length ${length} with ${left} bytes left`);
    const attributes = readAttributes(bytes.subarray(at + NEXT_HOP_HEADER_BYTES, at + length));
    if (!attributes.ok) return attributes;
    const one = readNextHop(attributes.value, view.getInt32(at + 4, true));
    if (!one.ok) return one;
    nextHops.push(...one.value);
    at += (length + 3) & ~3;
  }
  return ok(nextHops);
}

/** The next hop that attributes tell of, or none if it has no gateway. */
function readNextHop(
  attributes: ReadonlyMap<number, Uint8Array>,
  interfaceIndex: number,
): Result<readonly NextHop[], string> {
  const bytes = attributes.get(RTA_GATEWAY) ?? attributes.get(RTA_VIA)?.subarray(VIA_HEADER_BYTES);
  if (bytes === undefined) return ok([]);
  if (bytes.length !== 4 && bytes.length !== 16) return err(`a gateway of ${bytes.length} bytes`);
  if (interfaceIndex <= 0) return err(`${interfaceIndex} is not an interface index`);
  return ok([{ interfaceIndex, gateway: addressFromBytes(bytes) }]);
}

function familyOf(number: number): Family | undefined {
  return number === AF_INET ? "IPv4" : number === AF_INET6 ? "IPv6" : undefined;
}
