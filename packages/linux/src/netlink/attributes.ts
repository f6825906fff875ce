import { err, ok, type Result } from "@fairlead/net/result.ts";

/** Attributes by type; of several with one type the last counts, as in the kernel. Values are views (no copies). */
export type Attributes = ReadonlyMap<number, Uint8Array>;

const HEADER_BYTES = 4;
/** The upper two bits are flags (nested, network byte order). */
const TYPE_MASK = 0x3fff;

/**
 * Reads a run of attributes, each aligned to 4 bytes, in machine byte order:
 *
 * ```
 *  0               2        4
 *  +---------------+--------+--------------+---------+
 *  | length        | type   | value        | padding |
 *  | (with header) |        |              |         |
 *  +---------------+--------+--------------+---------+
 * ```
 */
export function readAttributes(bytes: Uint8Array): Result<Attributes, string> {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const attributes = new Map<number, Uint8Array>();
  for (let at = 0; at < bytes.length; ) {
    const left = bytes.length - at;
    if (left < HEADER_BYTES) return err(`${left} bytes are too few for an attribute`);
    const length = view.getUint16(at, true);
    if (length < HEADER_BYTES || length > left)
      return err(`attribute length ${length} with ${left} bytes left`);
    attributes.set(view.getUint16(at + 2, true) & TYPE_MASK, bytes.subarray(at + HEADER_BYTES, at + length));
    at += (length + 3) & ~3;
  }
  return ok(attributes);
}

/** An unsigned 32-bit value; undefined if the attribute is missing or has another length. */
export function readU32(attributes: Attributes, type: number): number | undefined {
  const value = attributes.get(type);
  if (value?.length !== 4) return undefined;
  return new DataView(value.buffer, value.byteOffset, 4).getUint32(0, true);
}

/** A text up to its terminating zero; undefined if the attribute is missing. */
export function readText(attributes: Attributes, type: number): string | undefined {
  const value = attributes.get(type);
  if (value === undefined) return undefined;
  const end = value.indexOf(0);
  return new TextDecoder().decode(end < 0 ? value : value.subarray(0, end));
}
