import { addressOf, bitsOf, type IpAddress, parseAddress } from "./address.ts";
import type { AddressRange } from "./range.ts";
import { err, ok, type Result } from "./result.ts";

/** A CIDR prefix: the network address (host bits zero) and its length in bits. */
export interface IpPrefix {
  readonly network: IpAddress;
  /** Prefix length in bits: 0..32 or 0..128. */
  readonly length: number;
}

/** An address on an interface: the address itself and the prefix of its subnet. */
export interface InterfaceAddress {
  readonly address: IpAddress;
  readonly prefix: IpPrefix;
}

/**
 * Reads `address/length`. Host bits are kept in `address` and masked off in `prefix`.
 *
 * @returns both, or a sentence that quotes the offending text and names the cure.
 */
export function parseInterfaceAddress(text: string): Result<InterfaceAddress, string> {
  const shown = JSON.stringify(text);
  const slash = text.indexOf("/");
  if (slash < 0) return err(`${shown} has no prefix length; write for example "${text.trim()}/24"`);
  const address = parseAddress(text.slice(0, slash));
  if (!address.ok) return address;
  const length = text.slice(slash + 1).replace(/^[ \t]+|[ \t]+$/g, "");
  const bits = bitsOf(address.value.family);
  if (!/^(0|[1-9]\d{0,2})$/.test(length) || Number(length) > bits) {
    return err(
      `${shown} is not a prefix: the length ${JSON.stringify(length)} is not a number from 0 to ${bits}`,
    );
  }
  return ok({ address: address.value, prefix: prefixOf(address.value, Number(length)) });
}

/** The prefix of this length (bits) that contains the address. */
export function prefixOf(address: IpAddress, length: number): IpPrefix {
  const host = BigInt(bitsOf(address.family) - length);
  return { network: addressOf(address.family, (address.value >> host) << host), length };
}

/** Canonical text, `network/length`. */
export function formatPrefix(prefix: IpPrefix): string {
  return `${prefix.network.text}/${prefix.length}`;
}

/** Whether the address lies in the prefix. */
export function prefixContains(prefix: IpPrefix, address: IpAddress): boolean {
  if (prefix.network.family !== address.family) return false;
  const host = BigInt(bitsOf(address.family) - prefix.length);
  return prefix.network.value >> host === address.value >> host;
}

/** All addresses of the prefix, network and broadcast included. */
export function prefixRange(prefix: IpPrefix): AddressRange {
  const { family, value } = prefix.network;
  const size = 1n << BigInt(bitsOf(family) - prefix.length);
  return { family, first: value, last: value + size - 1n };
}
