import { createHmac } from "node:crypto";
import { expect } from "chai";
import { key } from "../testing/values.ts";
import { SharedKeyring } from "./keyring.ts";

/** RFC 5869 2, from HMAC alone: one block of output is all that 32 bytes need. */
function hkdf(secret: Uint8Array, salt: string, info: string): Uint8Array {
  const pseudorandomKey = createHmac("sha256", salt).update(secret).digest();
  return createHmac("sha256", pseudorandomKey).update(info).update(Uint8Array.of(1)).digest();
}

const MESSAGE = new TextEncoder().encode("a message");

describe("SharedKeyring", () => {
  it("makes the first 16 bytes of HMAC-SHA-256 with a key that is derived for this protocol alone", () => {
    const keys = new SharedKeyring();
    keys.set({ signing: key(7), accepted: [key(7)] });
    const derived = hkdf(key(7).bytes, "fairlead", "takeover 1");
    const expected = createHmac("sha256", derived).update(MESSAGE).digest().subarray(0, 16);
    expect(Buffer.from(keys.tag(7, MESSAGE) ?? [])).to.deep.equal(expected);
    // The same worked out once by another program (openssl kdf and openssl dgst).
    expect(Buffer.from(keys.tag(7, MESSAGE) ?? []).toString("hex")).to.equal(
      "58c2253e94d2e9a8a51b08c5ff948733",
    );
  });

  it("signs with one key, knows the tags of all accepted ones, and none of others", () => {
    const keys = new SharedKeyring();
    keys.set({ signing: key(2), accepted: [key(2), key(1)] });
    expect(keys.signing).to.equal(2);
    const other = new SharedKeyring();
    other.set({ signing: key(1), accepted: [key(1), key(2)] });
    for (const id of [1, 2]) expect(keys.tag(id, MESSAGE)).to.deep.equal(other.tag(id, MESSAGE));
    expect(keys.tag(1, MESSAGE)).to.not.deep.equal(keys.tag(2, MESSAGE));
    expect(keys.tag(3, MESSAGE)).to.equal(undefined);
  });

  it("forgets the keys that are not given any more", () => {
    const keys = new SharedKeyring();
    keys.set({ signing: key(2), accepted: [key(2), key(1)] });
    keys.set({ signing: key(2), accepted: [key(2)] });
    expect(keys.tag(1, MESSAGE)).to.equal(undefined);
    keys.set(undefined);
    expect([keys.signing, keys.tag(2, MESSAGE)]).to.deep.equal([undefined, undefined]);
  });

  it("has no keys at first", () => {
    const keys = new SharedKeyring();
    expect([keys.signing, keys.tag(0, MESSAGE), keys.tag(1, MESSAGE)]).to.deep.equal([
      undefined,
      undefined,
      undefined,
    ]);
  });
});
