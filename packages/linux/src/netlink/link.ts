import { type Mac, macFromBytes } from "@fairlead/net/mac.ts";
import { err, ok, type Result } from "@fairlead/net/result.ts";
import { readAttributes, readText, readU32 } from "./attributes.ts";

export const RTM_NEWLINK = 16;
export const RTM_DELLINK = 17;
export const RTM_GETLINK = 18;

/** The interface flags (`ifi_flags`) that matter here. */
export const LinkFlag = {
  up: 0x1,
  broadcast: 0x2,
  loopback: 0x8,
  /** The operational state allows traffic. */
  running: 0x40,
  noArp: 0x80,
  /** The driver sees a carrier. */
  lowerUp: 0x10000,
} as const;

/** One interface, as an `RTM_NEWLINK` or `RTM_DELLINK` tells it. */
export interface Link {
  /** 0 for the interface itself; AF_BRIDGE and others tell only of its part in something else. */
  readonly family: number;
  readonly index: number;
  /** A set of {@link LinkFlag}s. */
  readonly flags: number;
  readonly name: string;
  /** Undefined for what is not Ethernet (or the loopback). */
  readonly mac: Mac | undefined;
  /** Index of the bridge, bond or VRF it belongs to. */
  readonly master: number | undefined;
}

const HEADER_BYTES = 16;
const ARPHRD_ETHER = 1;
const ARPHRD_LOOPBACK = 772;
const IFLA_ADDRESS = 1;
const IFLA_IFNAME = 3;
const IFLA_MASTER = 10;

/** The body of a request for all links: an empty `ifinfomsg`. */
export const ALL_LINKS: Uint8Array = new Uint8Array(HEADER_BYTES);

/**
 * Reads the payload of a link message: `struct ifinfomsg`, then attributes.
 *
 * ```
 *  0        1     2             4         8         12        16
 *  +--------+-----+-------------+---------+---------+---------+-----------
 *  | family | pad | device type | index   | flags   | change  | attributes
 *  +--------+-----+-------------+---------+---------+---------+-----------
 * ```
 */
export function readLink(payload: Uint8Array): Result<Link, string> {
  if (payload.length < HEADER_BYTES) return err(`a link message of ${payload.length} bytes is too short`);
  const view = new DataView(payload.buffer, payload.byteOffset, payload.byteLength);
  const attributes = readAttributes(payload.subarray(HEADER_BYTES));
  if (!attributes.ok) return attributes;
  const index = view.getInt32(4, true);
  if (index <= 0) return err(`${index} is not an interface index`);
  // Wireless drivers send messages that hold nothing but an event of their own.
  const name = readText(attributes.value, IFLA_IFNAME);
  if (name === undefined || name === "") return err("a link message without a name");
  const type = view.getUint16(2, true);
  const address = attributes.value.get(IFLA_ADDRESS);
  const ethernet = type === ARPHRD_ETHER || type === ARPHRD_LOOPBACK;
  const master = readU32(attributes.value, IFLA_MASTER);
  return ok({
    family: view.getUint8(0),
    index,
    flags: view.getUint32(8, true),
    name,
    mac: ethernet && address?.length === 6 ? macFromBytes(address) : undefined,
    master: master === 0 ? undefined : master,
  });
}
