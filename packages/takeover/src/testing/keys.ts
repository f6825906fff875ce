import type { Keyring } from "../messages/codec.ts";

/** Keys whose tag is a fast checksum instead of an HMAC: enough where nobody attacks, and cheap enough for millions of messages. */
export function testKeys(signing: number, known: readonly number[]): Keyring {
  return {
    signing,
    tag(keyId, bytes) {
      if (!known.includes(keyId)) return undefined;
      let state = 0x811c9dc5 ^ keyId;
      for (const byte of bytes) state = Math.imul(state ^ byte, 0x01000193);
      const tag = new Uint8Array(16);
      new DataView(tag.buffer).setUint32(0, state);
      return tag;
    },
  };
}
