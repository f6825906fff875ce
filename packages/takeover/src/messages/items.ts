import { addressFromBytes, addressToBytes, type IpAddress } from "@fairlead/net/address.ts";
import type { ByteReader, ByteWriter } from "@fairlead/net/bytes.ts";
import type { Claim } from "../claims/claim.ts";
import type { Item, Knowledge, KnownItem } from "./message.ts";

/** Bytes of an item: address 16, epoch 8, step 4, flags 1, index 1, zero 1, knowledge 1, holder 8. */
export const ITEM_LENGTH = 40;

/** As many as fit beside the header, a list and the tag. */
export const MOST_ITEMS = 31;

const PROVISIONAL = 1;
const KNOWLEDGE: readonly Knowledge[] = ["Silent", "Heard", "Hearsay", "Caretaken"];

/** IPv4 goes as an IPv4-mapped address (RFC 4291 2.5.5.2). */
const MAPPED = Uint8Array.of(0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff);

export function writeAddress(to: ByteWriter, address: IpAddress): void {
  if (address.family === "IPv4") to.bytes(MAPPED);
  to.bytes(addressToBytes(address));
}

export function readAddress(from: ByteReader): IpAddress {
  const bytes = from.bytes(16);
  return addressFromBytes(MAPPED.every((byte, i) => bytes[i] === byte) ? bytes.subarray(12) : bytes);
}

export function writeItem(to: ByteWriter, item: Item | KnownItem): void {
  const { claim } = item;
  writeAddress(to, item.address);
  to.u64(BigInt(claim.epoch))
    .u32(claim.step)
    .u8(claim.firm ? 0 : PROVISIONAL);
  to.u8(claim.index).u8(0);
  to.u8("knowledge" in item ? KNOWLEDGE.indexOf(item.knowledge) : 0).u64(claim.node);
}

/** The item that is next, or undefined if it says what no speaker would. */
export function readItem(from: ByteReader): KnownItem | undefined {
  const address = readAddress(from);
  const epoch = from.u64();
  const step = from.u32();
  const flags = from.u8();
  const index = from.u8();
  from.skip(1);
  const knowledge = KNOWLEDGE[from.u8()];
  const node = from.u64();
  if (epoch > BigInt(Number.MAX_SAFE_INTEGER) || flags > PROVISIONAL || knowledge === undefined)
    return undefined;
  const claim: Claim = { epoch: Number(epoch), step, firm: flags === 0, index, node };
  return { address, claim, knowledge };
}
