import { addressFromBytes, type IpAddress } from "@fairlead/net/address.ts";
import { err, ok, type Result } from "@fairlead/net/result.ts";
import { readAttributes, readU32 } from "./attributes.ts";

export const RTM_NEWADDR = 20;
export const RTM_DELADDR = 21;
export const RTM_GETADDR = 22;

/** One address of an interface, as an `RTM_NEWADDR` or `RTM_DELADDR` tells it. */
export interface LinkAddress {
  readonly interfaceIndex: number;
  readonly address: IpAddress;
  /** Length of the on-link prefix in bits. */
  readonly prefixLength: number;
  /** Whether the kernel answers for it: duplicate address detection (RFC 4862 5.4) is neither pending nor failed. */
  readonly usable: boolean;
}

const HEADER_BYTES = 8;
const AF_INET = 2;
const AF_INET6 = 10;
const IFA_ADDRESS = 1;
const IFA_LOCAL = 2;
const IFA_FLAGS = 8;
const IFA_F_OPTIMISTIC = 0x04;
const IFA_F_DADFAILED = 0x08;
const IFA_F_TENTATIVE = 0x40;

/** The body of a request for all addresses of both families: an empty `ifaddrmsg`. */
export const ALL_ADDRESSES: Uint8Array = new Uint8Array(HEADER_BYTES);

/**
 * Reads the payload of an address message: `struct ifaddrmsg`, then attributes.
 *
 * ```
 *  0        1               2       3       4                 8
 *  +--------+---------------+-------+-------+-----------------+-----------
 *  | family | prefix length | flags | scope | interface index | attributes
 *  +--------+---------------+-------+-------+-----------------+-----------
 * ```
 */
export function readAddress(payload: Uint8Array): Result<LinkAddress, string> {
  if (payload.length < HEADER_BYTES) return err(`an address message of ${payload.length} bytes is too short`);
  const view = new DataView(payload.buffer, payload.byteOffset, payload.byteLength);
  const attributes = readAttributes(payload.subarray(HEADER_BYTES));
  if (!attributes.ok) return attributes;
  const family = view.getUint8(0);
  const bytes = family === AF_INET ? 4 : family === AF_INET6 ? 16 : undefined;
  if (bytes === undefined) return err(`address family ${family} is neither IPv4 nor IPv6`);
  // With a point-to-point peer, IFA_ADDRESS is the peer's and IFA_LOCAL our own.
  const own = attributes.value.get(IFA_LOCAL) ?? attributes.value.get(IFA_ADDRESS);
  if (own?.length !== bytes) return err(`an address of ${own?.length ?? 0} bytes in family ${family}`);
  const prefixLength = view.getUint8(1);
  if (prefixLength > bytes * 8) return err(`prefix length ${prefixLength} in family ${family}`);
  const interfaceIndex = view.getInt32(4, true);
  if (interfaceIndex <= 0) return err(`${interfaceIndex} is not an interface index`);
  // The header has room for 8 flags only.
  const flags = readU32(attributes.value, IFA_FLAGS) ?? view.getUint8(2);
  return ok({ interfaceIndex, address: addressFromBytes(own), prefixLength, usable: isUsable(flags) });
}

/** RFC 4429: an optimistic address is used while it is still tentative. */
function isUsable(flags: number): boolean {
  if ((flags & IFA_F_DADFAILED) !== 0) return false;
  return (flags & IFA_F_TENTATIVE) === 0 || (flags & IFA_F_OPTIMISTIC) !== 0;
}
