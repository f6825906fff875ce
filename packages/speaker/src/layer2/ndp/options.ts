import { OPTIONS } from "./packet.ts";

export const NO_OPTION = 0;
export const MALFORMED_OPTIONS = -1;

/** Where the MAC of the link-layer address option of this type is, {@link NO_OPTION} or {@link MALFORMED_OPTIONS}. */
export function linkLayerOption(frame: Uint8Array, end: number, type: number): number {
  let found = NO_OPTION;
  let at = OPTIONS;
  while (at < end) {
    // RFC 4861 4.6: the length counts 8 bytes, zero makes the packet invalid.
    const bytes = (frame[at + 1] ?? 0) * 8;
    if (at + 2 > end || bytes === 0 || at + bytes > end) return MALFORMED_OPTIONS;
    if (frame[at] === type && found === NO_OPTION) {
      if (bytes !== 8) return MALFORMED_OPTIONS;
      found = at + 2;
    }
    at += bytes;
  }
  return found;
}
