import { addressOf, type Family, type IpAddress, oddCharacter, parseAddress } from "./address.ts";
import { formatPrefix, parseInterfaceAddress, prefixRange } from "./prefix.ts";
import { err, ok, type Result } from "./result.ts";

/** A run of addresses of one family, both ends included. */
export interface AddressRange {
  readonly family: Family;
  readonly first: bigint;
  readonly last: bigint;
}

/** What one entry of a pool's `addresses` covers. */
export interface AddressEntry {
  readonly range: AddressRange;
  /** Something that is accepted but probably not meant, such as host bits in a CIDR; undefined if there is nothing. */
  readonly note?: string;
}

/**
 * Reads one entry of an address list: a CIDR (`192.0.2.0/28`), a range (`192.0.2.10-192.0.2.20`) or one address.
 * ASCII blanks are tolerated around the entry and around the dash; host bits of a CIDR are masked and noted.
 *
 * @returns what it covers, or a sentence that quotes the offending part and names the cure.
 */
export function parseAddressEntry(text: string): Result<AddressEntry, string> {
  const odd = oddCharacter(text);
  if (odd !== undefined)
    return err(
      `${JSON.stringify(text)} contains ${odd}; write a plain "-" between the two addresses of a range and remove invisible characters`,
    );
  if (text.trim() === "")
    return err('is empty; write a CIDR such as "192.0.2.0/28" or a range such as "192.0.2.10-192.0.2.20"');
  if (text.includes("-")) return parseRange(text);
  if (!text.includes("/")) {
    const address = parseAddress(text);
    if (!address.ok) return address;
    const { family, value } = address.value;
    return ok({ range: { family, first: value, last: value } });
  }
  const parsed = parseInterfaceAddress(text);
  if (!parsed.ok) return parsed;
  const { address, prefix } = parsed.value;
  const range = prefixRange(prefix);
  if (address.value === prefix.network.value) return ok({ range });
  return ok({
    range,
    note: `${JSON.stringify(text)} has host bits set and is read as ${formatPrefix(prefix)}`,
  });
}

/** Number of addresses in the range. */
export function rangeSize(range: AddressRange): bigint {
  return range.last - range.first + 1n;
}

/** Whether the address lies in the range. */
export function rangeContains(range: AddressRange, address: IpAddress): boolean {
  return range.family === address.family && range.first <= address.value && address.value <= range.last;
}

/** The addresses that both ranges share, or undefined if there is none. */
export function intersectRanges(a: AddressRange, b: AddressRange): AddressRange | undefined {
  if (a.family !== b.family) return undefined;
  const first = a.first > b.first ? a.first : b.first;
  const last = a.last < b.last ? a.last : b.last;
  return first <= last ? { family: a.family, first, last } : undefined;
}

/** Orders by family (IPv4 first), first and last address. */
export function compareRanges(a: AddressRange, b: AddressRange): number {
  if (a.family !== b.family) return a.family === "IPv4" ? -1 : 1;
  if (a.first !== b.first) return a.first < b.first ? -1 : 1;
  return a.last < b.last ? -1 : a.last > b.last ? 1 : 0;
}

/** Canonical text: `first-last`, or the address alone when there is only one. */
export function formatRange(range: AddressRange): string {
  const first = addressOf(range.family, range.first).text;
  return range.first === range.last ? first : `${first}-${addressOf(range.family, range.last).text}`;
}

function parseRange(text: string): Result<AddressEntry, string> {
  const shown = JSON.stringify(text);
  const parts = text.split("-");
  const [firstText, lastText] = parts;
  if (parts.length !== 2 || firstText === undefined || lastText === undefined) {
    return err(`${shown} has ${parts.length - 1} dashes; write a range as "first-last"`);
  }
  const first = parseAddress(firstText);
  if (!first.ok) return err(`${shown} is not a range: its start ${first.error}`);
  const last = parseAddress(lastText);
  if (!last.ok) return err(`${shown} is not a range: its end ${last.error}`);
  if (first.value.family !== last.value.family) {
    return err(
      `${shown} mixes ${first.value.family} and ${last.value.family}; give each family a range of its own`,
    );
  }
  if (first.value.value > last.value.value) {
    return err(`${shown} runs backward; write "${last.value.text}-${first.value.text}"`);
  }
  return ok({ range: { family: first.value.family, first: first.value.value, last: last.value.value } });
}
