import { createHmac, createSecretKey, hkdfSync, type KeyObject } from "node:crypto";
import type { TakeoverKeys } from "@fairlead/api/takeover-keys.ts";
import type { Keyring } from "@fairlead/takeover/messages/codec.ts";

const TAG_BYTES = 16;

/** The keys that speakers know each other by. Without any, nothing is signed, nothing sent, and nothing believed. */
export class SharedKeyring implements Keyring {
  #keys: ReadonlyMap<number, KeyObject> = new Map();
  #signing: number | undefined;

  /** Takes in the keys that there are now. */
  set(keys: TakeoverKeys | undefined): void {
    this.#keys = new Map(keys?.accepted.map(({ id, bytes }) => [id, derived(bytes)]));
    this.#signing = keys?.signing.id;
  }

  get signing(): number | undefined {
    return this.#signing;
  }

  tag(keyId: number, bytes: Uint8Array): Uint8Array | undefined {
    const key = this.#keys.get(keyId);
    return key && createHmac("sha256", key).update(bytes).digest().subarray(0, TAG_BYTES);
  }
}

/**
 * The Secret's bytes serve nothing but this protocol: HKDF-SHA-256 (RFC 5869). As a KeyObject, for made of bytes each tag would make one
 * anew, which costs five times the tag.
 */
function derived(secret: Uint8Array): KeyObject {
  return createSecretKey(new Uint8Array(hkdfSync("sha256", secret, "fairlead", "takeover 1", 32)));
}
