import { TAKEOVER_KEY_LENGTH, type TakeoverKeys } from "@fairlead/api/takeover-keys.ts";
import { parseAddress } from "@fairlead/net/address.ts";
import { parseMac } from "@fairlead/net/mac.ts";
import { formatPrefix, parseInterfaceAddress } from "@fairlead/net/prefix.ts";
import type { Claim } from "@fairlead/takeover/claims/claim.ts";
import type { PlacedAddress } from "../announcements/snapshot.ts";
import type { NeighborNode } from "../failover/neighbors.ts";
import type { KeptMemory } from "../wire/messages.ts";

/** What a speaker knew, for the next process on this node: it may have to do without the API server. Knowledge, never a right. */
export interface Known {
  readonly placed: readonly PlacedAddress[];
  readonly nodes: readonly NeighborNode[];
  readonly keys: TakeoverKeys | undefined;
  readonly memories: readonly KeptMemory[];
}

export const NOTHING_KNOWN: Known = { placed: [], nodes: [], keys: undefined, memories: [] };

const VERSION = 2;

/** The text of the cache file. It holds keys: whoever writes it sees to it that nobody else reads it. */
export function cacheText({ placed, nodes, keys, memories }: Known): string {
  return JSON.stringify({
    version: VERSION,
    placed: placed.map(({ address, epoch, nodes: list, interfaces }) => ({
      address: address.text,
      epoch,
      nodes: list,
      interfaces,
    })),
    nodes: nodes.map(({ name, address, interfaces }) => ({
      name,
      address: address?.text,
      interfaces: interfaces.map(({ name: of, mac, addresses, subnets }) => ({
        name: of,
        mac,
        addresses: addresses.map(({ text }) => text),
        subnets: subnets.map(formatPrefix),
      })),
    })),
    keys: keys && {
      signing: keys.signing.id,
      accepted: keys.accepted.map(({ id, bytes }) => ({ id, bytes: toHex(bytes) })),
    },
    memories: memories.map(({ interface: name, memory }) => ({
      interface: name,
      address: memory.address.text,
      placement: memory.placement && {
        epoch: memory.placement.epoch,
        list: memory.placement.list.map(String),
      },
      top: memory.top && { ...memory.top, node: String(memory.top.node) },
      list: memory.list.map(String),
    })),
  });
}

/** Reads what {@link cacheText} wrote. @throws Error if it is anything else */
export function readCache(content: string): Known {
  const cache = parsed(content);
  if (cache.version !== VERSION) throw new Error(`version ${cache.version} is not ${VERSION}`);
  // What nobody is remembered to have announced may be in use by others.
  const claimed = new Set<string>(
    cache.memories.flatMap(({ address, top }: MemoryText) => (top === undefined ? [] : address)),
  );
  const placed: PlacedAddress[] = cache.placed.map((one: PlacedText) => ({
    address: orThrow(parseAddress(one.address)),
    epoch: wholeNumber(one.epoch),
    nodes: names(one.nodes),
    interfaces: one.interfaces === undefined ? undefined : names(one.interfaces),
    first: !claimed.has(one.address),
  }));
  const known = new Set(placed.map(({ address }) => address.text));
  return {
    placed,
    nodes: cache.nodes.map(({ name, address, interfaces }: NodeText) => ({
      name: text(name),
      address: address === undefined ? undefined : orThrow(parseAddress(address)),
      interfaces: interfaces.map(({ name: of, mac, addresses, subnets }) => ({
        name: text(of),
        mac: orThrow(parseMac(mac)),
        addresses: addresses.map((one) => orThrow(parseAddress(one))),
        subnets: subnets.map((one) => orThrow(parseInterfaceAddress(one)).prefix),
      })),
    })),
    keys: cache.keys === undefined ? undefined : keysOf(cache.keys),
    // Of an address that is not placed any more nothing is remembered, for nobody would ever let go of it.
    memories: cache.memories
      .filter(({ address }: MemoryText) => known.has(address))
      .map((one: MemoryText) => memoryOf(one, !claimed.has(one.address))),
  };
}

interface PlacedText {
  readonly address: string;
  readonly epoch: number;
  readonly nodes: readonly string[];
  readonly interfaces?: readonly string[];
}

interface NodeText {
  readonly name: string;
  readonly address?: string;
  readonly interfaces: readonly {
    readonly name: string;
    readonly mac: string;
    readonly addresses: readonly string[];
    readonly subnets: readonly string[];
  }[];
}

interface KeysText {
  readonly signing: number;
  readonly accepted: readonly { readonly id: number; readonly bytes: string }[];
}

interface MemoryText {
  readonly interface: string;
  readonly address: string;
  readonly placement?: { readonly epoch: number; readonly list: readonly string[] };
  readonly top?: ClaimText;
  readonly list: readonly string[];
}

type ClaimText = Omit<Claim, "node"> & { readonly node: string };

function memoryOf(
  { interface: name, address: of, placement, top, list }: MemoryText,
  first: boolean,
): KeptMemory {
  const address = orThrow(parseAddress(of));
  return {
    interface: text(name),
    memory: {
      address,
      placement:
        placement === undefined
          ? undefined
          : {
              address,
              epoch: wholeNumber(placement.epoch),
              list: placement.list.map(BigInt),
              first,
            },
      top: top === undefined ? undefined : claimOf(top),
      list: list.map(BigInt),
    },
  };
}

function claimOf({ epoch, step, firm, index, node }: ClaimText): Claim {
  return {
    epoch: wholeNumber(epoch),
    step: wholeNumber(step),
    firm: firm === true,
    index: wholeNumber(index),
    node: BigInt(node),
  };
}

function keysOf({ signing, accepted }: KeysText): TakeoverKeys {
  const keys = accepted.map(({ id, bytes }) => ({ id: wholeNumber(id), bytes: keyFromHex(bytes) }));
  const signs = keys.find(({ id }) => id === signing);
  if (signs === undefined) throw new Error(`there is no key ${signing}`);
  return { signing: signs, accepted: keys };
}

function toHex(bytes: Uint8Array): string {
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
}

/** What JSON.parse says of a text quotes it, and there are keys in it. */
function parsed(content: string) {
  try {
    return JSON.parse(content);
  } catch {
    throw new Error("it is no JSON");
  }
}

/** @throws Error if it is no key, without any part of it */
function keyFromHex(text: string): Uint8Array {
  const bytes = /^(?:[0-9a-f]{2})*$/.test(text) ? (text.match(/../g) ?? []) : [];
  if (bytes.length !== TAKEOVER_KEY_LENGTH) throw new Error(`a key is not ${TAKEOVER_KEY_LENGTH} bytes`);
  return Uint8Array.from(bytes, (byte) => Number.parseInt(byte, 16));
}

function wholeNumber(value: unknown): number {
  if (typeof value === "number" && Number.isSafeInteger(value) && value >= 0) return value;
  throw new Error("something else stands where a whole number should");
}

function text(value: unknown): string {
  if (typeof value === "string") return value;
  throw new Error("something else stands where a text should");
}

function names(value: unknown): readonly string[] {
  if (Array.isArray(value) && value.length > 0) return value.map(text);
  throw new Error("something else stands where names should");
}

function orThrow<T>(
  read: { readonly ok: true; readonly value: T } | { readonly ok: false; readonly error: unknown },
): T {
  if (!read.ok) throw new Error(String(read.error));
  return read.value;
}
