import type { IpAddress } from "@fairlead/net/address.ts";
import type { ByteReader, ByteWriter } from "@fairlead/net/bytes.ts";
import type { NodeId } from "../claims/claim.ts";
import { ITEM_LENGTH, MOST_ITEMS, readAddress, readItem, writeAddress, writeItem } from "./items.ts";
import type { Body, KnownItem, Page, Sight } from "./message.ts";

/** Their numbers on the wire, from 1. */
const TYPES: readonly Body["type"][] = [
  "Heartbeat",
  "Ack",
  "Ask",
  "Tell",
  "Claim",
  "Yield",
  "Query",
  "Known",
  "Offer",
  "Sight",
  "Sighted",
  "ClaimAck",
];

/** The longest list of a message. */
export const MOST_NODES = 8;
/** The most nodes that a heartbeat names as active. */
export const MOST_ACTIVE = 64;

export function typeNumber(body: Body): number {
  return TYPES.indexOf(body.type) + 1;
}

export function itemsOf(body: Body): number {
  if ("items" in body) return body.items.length;
  return body.type === "Query" ? body.addresses.length : 0;
}

/**
 * Writes a body:
 *
 *     Heartbeat         u16 interval ms, u8 active, u8 restarting, u32 addresses, u64 revision, u64 digest, u64 x active
 *     Ack               u8 ready, 7 zero
 *     Ask               u64 subject, u32 round, 4 zero, items
 *     Tell              u64 subject, u32 round, u32 since, u8 ready, u8 has duty, u8 sight, u8 self, items
 *     Claim             u8 n, u8 paged, u16 page, u16 pages, u16 revision, u64 x n, items
 *     Known, Offer      u8 n, 7 zero, u64 x n, items
 *     Yield, ClaimAck   items
 *     Query             addresses of 16 bytes
 *     Sight, Sighted    u32 round, u8 sight, u8 others, 2 zero
 */
export function writeBody(to: ByteWriter, body: Body): void {
  switch (body.type) {
    case "Heartbeat":
      to.u16(body.intervalMs).u8(body.active.length).u8(flag(body.restarting)).u32(body.addresses);
      to.u64(BigInt(body.revision)).u64(body.digest);
      for (const id of body.active) to.u64(id);
      return;
    case "Ack":
      to.u8(flag(body.ready)).bytes(ZEROS.subarray(0, 7));
      return;
    case "Ask":
      to.u64(body.subject).u32(body.round).u32(0);
      break;
    case "Tell":
      to.u64(body.subject).u32(body.round).u32(body.sinceMs).u8(flag(body.ready));
      to.u8(flag(body.hasDuty)).u8(body.sight).u8(flag(body.self));
      break;
    case "Claim":
    case "Known":
    case "Offer":
      writeList(to, body.list, body.type === "Claim" ? body.page : undefined);
      break;
    case "Yield":
    case "ClaimAck":
      break;
    case "Query":
      for (const address of body.addresses) writeAddress(to, address);
      return;
    case "Sight":
    case "Sighted":
      to.u32(body.round)
        .u8(body.type === "Sighted" ? body.sight : 0)
        .u8(flag(body.type === "Sighted" && body.others))
        .bytes(ZEROS.subarray(0, 2));
      return;
  }
  for (const item of body.items) writeItem(to, item);
}

/** Reads a body of this type with `count` items. Undefined if its bytes say what no speaker would write. @throws ShortBytesError when they end early. */
export function readBody(from: ByteReader, number: number, count: number): Body | undefined {
  const type = TYPES[number - 1];
  if (count > (type === "Query" ? 80 : MOST_ITEMS)) return undefined;
  switch (type) {
    case "Heartbeat":
      return readHeartbeat(from);
    case "Ack": {
      const ready = from.u8() === 1;
      from.skip(7);
      return { type, ready };
    }
    case "Ask": {
      const subject = from.u64();
      const round = from.u32();
      from.skip(4);
      const items = readItems(from, count);
      return items && { type, subject, round, items };
    }
    case "Tell":
      return readTell(from, count);
    case "Claim":
    case "Known":
    case "Offer": {
      const head = readList(from);
      const items = head && readItems(from, count);
      if (head === undefined || items === undefined) return undefined;
      if (type === "Claim") return { type, list: head.list, page: head.page, items };
      return { type, list: head.list, items };
    }
    case "Yield":
    case "ClaimAck": {
      const items = readItems(from, count);
      return items && { type, items };
    }
    case "Query": {
      const addresses: IpAddress[] = [];
      for (let i = 0; i < count; i++) addresses.push(readAddress(from));
      return { type, addresses };
    }
    case "Sight":
    case "Sighted": {
      const round = from.u32();
      const sight = readSight(from);
      const others = from.u8() === 1;
      from.skip(2);
      if (sight === undefined) return undefined;
      return type === "Sight" ? { type, round } : { type, round, sight, others };
    }
    default:
      return undefined;
  }
}

const ZEROS = new Uint8Array(8);

function flag(value: boolean): number {
  return value ? 1 : 0;
}

function readSight(from: ByteReader): Sight | undefined {
  const sight = from.u8();
  return sight === 0 || sight === 1 || sight === 2 ? sight : undefined;
}

function readHeartbeat(from: ByteReader): Body | undefined {
  const intervalMs = from.u16();
  const count = from.u8();
  const restarting = from.u8() === 1;
  const addresses = from.u32();
  const revision = from.u64();
  const digest = from.u64();
  if (count > MOST_ACTIVE || intervalMs === 0 || revision > BigInt(Number.MAX_SAFE_INTEGER)) return undefined;
  const active = readNodes(from, count);
  return { type: "Heartbeat", intervalMs, addresses, revision: Number(revision), digest, restarting, active };
}

function readTell(from: ByteReader, count: number): Body | undefined {
  const subject = from.u64();
  const round = from.u32();
  const sinceMs = from.u32();
  const ready = from.u8() === 1;
  const hasDuty = from.u8() === 1;
  const sight = readSight(from);
  const self = from.u8() === 1;
  const items = readItems(from, count);
  if (sight === undefined || items === undefined) return undefined;
  return { type: "Tell", subject, round, sinceMs, ready, hasDuty, sight, self, items };
}

function writeList(to: ByteWriter, list: readonly NodeId[], page: Page | undefined): void {
  to.u8(list.length).u8(flag(page !== undefined));
  to.u16(page?.number ?? 0)
    .u16(page?.of ?? 0)
    .u16(page?.revision ?? 0);
  for (const id of list) to.u64(id);
}

function readList(
  from: ByteReader,
): { readonly list: readonly NodeId[]; readonly page: Page | undefined } | undefined {
  const count = from.u8();
  const paged = from.u8() === 1;
  const page: Page = { number: from.u16(), of: from.u16(), revision: from.u16() };
  if (count > MOST_NODES || (paged && page.number >= page.of)) return undefined;
  return { list: readNodes(from, count), page: paged ? page : undefined };
}

function readNodes(from: ByteReader, count: number): readonly NodeId[] {
  const nodes: NodeId[] = [];
  for (let i = 0; i < count; i++) nodes.push(from.u64());
  return nodes;
}

function readItems(from: ByteReader, count: number): readonly KnownItem[] | undefined {
  if (from.left !== count * ITEM_LENGTH) return undefined;
  const items: KnownItem[] = [];
  for (let i = 0; i < count; i++) {
    const item = readItem(from);
    if (item === undefined) return undefined;
    items.push(item);
  }
  return items;
}
