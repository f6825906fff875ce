import { ByteWriter } from "@fairlead/net/bytes.ts";
import { ITEM_LENGTH, writeItem } from "./items.ts";
import type { Item } from "./message.ts";

/**
 * A fingerprint of one item, 64 bits. The digest of a set is the exclusive or of its items' fingerprints: it does not
 * depend on their order and follows a change of one item without looking at the others. It finds what was missed; it is
 * no protection against forgery, which the message's tag is.
 */
export function fingerprint(item: Item): bigint {
  const bytes = new Uint8Array(ITEM_LENGTH);
  writeItem(new ByteWriter(bytes), { address: item.address, claim: item.claim });
  let high = 0x811c9dc5;
  let low = 0x9e3779b1;
  for (const byte of bytes) {
    high = Math.imul(high ^ byte, 0x01000193);
    low = Math.imul(low ^ byte, 0x85ebca6b);
    low ^= low >>> 15;
  }
  high = Math.imul(high ^ (low >>> 13), 0xc2b2ae35);
  return (BigInt(high >>> 0) << 32n) | BigInt(low >>> 0);
}
