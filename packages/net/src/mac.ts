import { err, ok, type Result } from "./result.ts";

/** A 48-bit MAC address as canonical text: lower case, colons (`02:00:5e:10:00:01`). */
export type Mac = string & { readonly __mac: unique symbol };

/** Reads a MAC with colons or dashes between two-digit bytes. */
export function parseMac(text: string): Result<Mac, string> {
  if (!/^[0-9a-f]{2}([:-][0-9a-f]{2}){5}$/i.test(text)) {
    return err(`${JSON.stringify(text)} is not a MAC address; write six bytes such as "02:00:5e:10:00:01"`);
  }
  return ok(text.toLowerCase().replaceAll("-", ":") as Mac);
}

/** The MAC at `offset`. @throws RangeError if fewer than 6 bytes are left. */
export function macFromBytes(bytes: Uint8Array, offset = 0): Mac {
  if (offset + 6 > bytes.length)
    throw new RangeError(`a MAC needs 6 bytes, ${bytes.length - offset} are left`);
  let text = "";
  for (let i = 0; i < 6; i++)
    text += (i === 0 ? "" : ":") + (bytes[offset + i] ?? 0).toString(16).padStart(2, "0");
  return text as Mac;
}

/** The 6 bytes in transmission order. */
export function macToBytes(mac: Mac): Uint8Array {
  return Uint8Array.from(mac.split(":"), (byte) => Number.parseInt(byte, 16));
}
