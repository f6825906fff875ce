import { Address6 } from "ip-address";
import { err, ok, type Result } from "./result.ts";

/** An IP family, as Kubernetes spells it in `spec.ipFamilies`. */
export type Family = "IPv4" | "IPv6";

/** The families in the order in which addresses of a dual-stack pair are listed. */
export const FAMILIES: readonly Family[] = ["IPv4", "IPv6"];

/** Length of an address in bits. */
export function bitsOf(family: Family): 32 | 128 {
  return family === "IPv4" ? 32 : 128;
}

/**
 * One IP address. Two addresses are equal exactly when their `text` is equal, so `text` is the key for maps.
 */
export interface IpAddress {
  readonly family: Family;
  /** The address as an unsigned integer of 32 or 128 bits. */
  readonly value: bigint;
  /** Canonical text: dotted decimal, or RFC 5952 for IPv6. */
  readonly text: string;
}

/**
 * Reads one address as people write it. ASCII blanks around it are tolerated; everything else must be strict:
 * no leading zeros in IPv4, no zone, no prefix length, no IPv4-mapped IPv6.
 *
 * @returns the address, or a sentence that quotes the offending text and names the cure.
 */
export function parseAddress(text: string): Result<IpAddress, string> {
  const trimmed = text.replace(/^[ \t]+|[ \t]+$/g, "");
  const shown = JSON.stringify(text);
  const odd = oddCharacter(trimmed);
  if (odd !== undefined) return err(`${shown} contains ${odd}; remove it`);
  if (trimmed === "") return err("is empty; write an IPv4 or IPv6 address");
  if (trimmed.includes("/")) return err(`${shown} is a prefix, not an address; remove the part from "/" on`);
  if (trimmed.includes("%")) return err(`${shown} has a zone; remove the part from "%" on`);
  return trimmed.includes(":") ? parseV6(trimmed, shown) : parseV4(trimmed, shown);
}

/** The address with this integer value. @throws RangeError if the value does not fit the family. */
export function addressOf(family: Family, value: bigint): IpAddress {
  if (value < 0n || value >= 1n << BigInt(bitsOf(family))) {
    throw new RangeError(`${value} is not an ${family} address`);
  }
  return { family, value, text: family === "IPv4" ? formatV4(value) : formatV6(value) };
}

/** The address held in 4 or 16 bytes in network order. @throws RangeError on any other length. */
export function addressFromBytes(bytes: Uint8Array): IpAddress {
  if (bytes.length !== 4 && bytes.length !== 16)
    throw new RangeError(`${bytes.length} bytes are no IP address`);
  let value = 0n;
  for (const byte of bytes) value = (value << 8n) | BigInt(byte);
  return addressOf(bytes.length === 4 ? "IPv4" : "IPv6", value);
}

/** The address in network order, 4 or 16 bytes. */
export function addressToBytes(address: IpAddress): Uint8Array {
  const bytes = new Uint8Array(bitsOf(address.family) / 8);
  let rest = address.value;
  for (let i = bytes.length - 1; i >= 0; i--) {
    bytes[i] = Number(rest & 0xffn);
    rest >>= 8n;
  }
  return bytes;
}

/** Orders by family (IPv4 first), then by value. */
export function compareAddresses(a: IpAddress, b: IpAddress): number {
  if (a.family !== b.family) return a.family === "IPv4" ? -1 : 1;
  return a.value < b.value ? -1 : a.value > b.value ? 1 : 0;
}

/** Whether both are the same address. */
export function sameAddress(a: IpAddress, b: IpAddress): boolean {
  return a.family === b.family && a.value === b.value;
}

/**
 * Names a character that has no place in an address list and that an editor may hide: a dash pasted from a web
 * page, a zero-width blank. Undefined if every character is printable ASCII or an ASCII blank.
 */
export function oddCharacter(text: string): string | undefined {
  const odd = /[^\x20-\x7e\t]/u.exec(text)?.[0];
  if (odd === undefined) return undefined;
  const point = (odd.codePointAt(0) ?? 0).toString(16).toUpperCase().padStart(4, "0");
  return `the character U+${point}`;
}

function parseV4(text: string, shown: string): Result<IpAddress, string> {
  const octets = text.split(".");
  for (const octet of octets) {
    if (!/^\d+$/.test(octet))
      return err(`${shown} is not an IP address: ${JSON.stringify(octet)} is not a number from 0 to 255`);
    if (octet.length > 1 && octet.startsWith("0")) {
      return err(
        `${shown} is not an IPv4 address: ${JSON.stringify(octet)} has a leading zero; write ${Number(octet)}`,
      );
    }
    if (Number(octet) > 255) return err(`${shown} is not an IPv4 address: ${octet} is above 255`);
  }
  if (octets.length !== 4)
    return err(`${shown} is not an IPv4 address: it has ${octets.length} numbers instead of 4`);
  return ok(addressOf("IPv4", BigInt(octets.reduce((value, octet) => value * 256 + Number(octet), 0))));
}

function parseV6(text: string, shown: string): Result<IpAddress, string> {
  if (!Address6.isValid(text)) {
    return err(
      `${shown} is not an IPv6 address; write up to eight groups of up to four hexadecimal digits, and "::" for a run of zeros`,
    );
  }
  const value = new Address6(text).bigInt();
  if (value >> 32n === 0xffffn) {
    return err(`${shown} is an IPv4-mapped IPv6 address; write ${formatV4(value & 0xffffffffn)}`);
  }
  return ok(addressOf("IPv6", value));
}

function formatV4(value: bigint): string {
  const n = Number(value);
  return `${n >>> 24}.${(n >>> 16) & 255}.${(n >>> 8) & 255}.${n & 255}`;
}

/** RFC 5952 section 4: lower case, no leading zeros, the longest run of two or more zero groups as "::". */
function formatV6(value: bigint): string {
  const groups: number[] = [];
  for (let shift = 112n; shift >= 0n; shift -= 16n) groups.push(Number((value >> shift) & 0xffffn));
  const run = longestZeroRun(groups);
  const hex = (part: number[]): string => part.map((group) => group.toString(16)).join(":");
  if (run.length < 2) return hex(groups);
  return `${hex(groups.slice(0, run.start))}::${hex(groups.slice(run.start + run.length))}`;
}

function longestZeroRun(groups: readonly number[]): { start: number; length: number } {
  let best = { start: 0, length: 0 };
  let start = 0;
  groups.forEach((group, i) => {
    if (group !== 0) start = i + 1;
    else if (i + 1 - start > best.length) best = { start, length: i + 1 - start };
  });
  return best;
}
