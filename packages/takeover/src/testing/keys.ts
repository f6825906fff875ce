import type { Keyring } from "../messages/codec.ts";

/** Keys whose tag is a fast checksum instead of an HMAC: enough where nobody attacks, and cheap enough for millions of messages. */
export function testKeys(signing: number, known: readonly number[]): Keyring {
  return {
    signing,
    tag(keyId, bytes) {
      if (!known.includes(keyId)) return undefined;
      const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
      let state = 0x811c9dc5 ^ keyId;
      let at = 0;
      for (; at + 4 <= bytes.length; at += 4) state = mixed(state ^ view.getUint32(at));
      for (; at < bytes.length; at++) state = mixed(state ^ view.getUint8(at));
      const tag = new Uint8Array(16);
      new DataView(tag.buffer).setUint32(0, state);
      return tag;
    },
  };
}

function mixed(state: number): number {
  const product = Math.imul(state, 0x01000193);
  return product ^ (product >>> 15);
}
