import { err, ok, type Result } from "@fairlead/net/result.ts";

/** Name of the Secret, in Fairlead's own namespace, with the keys that the speakers sign their messages with. */
export const TAKEOVER_SECRET = "fairlead-takeover";
/** Its type. */
export const TAKEOVER_SECRET_TYPE = "fairlead.dev/takeover-keys";
/** Bytes of each key. */
export const TAKEOVER_KEY_LENGTH = 32;
/** Key ids are 1 to this; one byte on the wire, in which 0 is nobody's. */
export const HIGHEST_TAKEOVER_KEY_ID = 255;

/**
 * What a key in the Secret is for: `current` signs and is accepted, `next` is accepted and will sign, `previous` is still
 * accepted. The field of its id is named after it: `currentId`.
 */
export const TAKEOVER_KEY_SLOTS = ["current", "next", "previous"] as const;
export type TakeoverKeySlot = (typeof TAKEOVER_KEY_SLOTS)[number];

/** A shared secret of the speakers. */
export interface TakeoverKey {
  /** Which key a message says it is signed with, 1 to 255. */
  readonly id: number;
  /** 32 random bytes. */
  readonly bytes: Uint8Array;
}

/** What a speaker signs with, and what it takes from others. */
export interface TakeoverKeys {
  readonly signing: TakeoverKey;
  /** Each id once, the signing key first. */
  readonly accepted: readonly TakeoverKey[];
}

/** The `data` of the Secret: base64 by field. */
export type TakeoverKeyData = Readonly<Record<string, string>>;

/**
 * Reads the keys out of the Secret. A `next` or `previous` that cannot be used, or has the id of another, is left out: the speakers
 * can go on without it.
 *
 * @returns the keys, or why there are none, without any part of them
 */
export function readTakeoverKeys(data: TakeoverKeyData): Result<TakeoverKeys, string> {
  const signing = readTakeoverKey(data, "current");
  if (!signing.ok) return signing;
  if (signing.value === undefined) return err("current is missing");
  const accepted = [signing.value];
  for (const slot of ["next", "previous"] as const) {
    const key = readTakeoverKey(data, slot);
    if (!key.ok || key.value === undefined) continue;
    const { id } = key.value;
    if (accepted.every((other) => other.id !== id)) accepted.push(key.value);
  }
  return ok({ signing: signing.value, accepted });
}

/** Reads one key. @returns undefined if neither key nor id is there */
export function readTakeoverKey(
  data: TakeoverKeyData,
  slot: TakeoverKeySlot,
): Result<TakeoverKey | undefined, string> {
  const key = data[slot];
  const id = data[`${slot}Id`];
  if (key === undefined && id === undefined) return ok(undefined);
  const bytes = decoded(key);
  if (bytes?.length !== TAKEOVER_KEY_LENGTH) return err(`${slot} is not ${TAKEOVER_KEY_LENGTH} bytes`);
  const text = decoded(id);
  const number = text === undefined ? 0 : idOf(new TextDecoder().decode(text));
  if (number === 0) return err(`${slot}Id is not a number from 1 to ${HIGHEST_TAKEOVER_KEY_ID}`);
  return ok({ id: number, bytes });
}

/** The field of a key and that of its id, as they stand in the Secret. */
export function takeoverKeyFields(slot: TakeoverKeySlot, { id, bytes }: TakeoverKey): TakeoverKeyData {
  return { [slot]: encoded(bytes), [`${slot}Id`]: encoded(new TextEncoder().encode(String(id))) };
}

/** 0: it is none. */
function idOf(text: string): number {
  if (!/^[1-9][0-9]{0,2}$/.test(text)) return 0;
  const id = Number(text);
  return id <= HIGHEST_TAKEOVER_KEY_ID ? id : 0;
}

const BASE64 = /^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/;

function decoded(text: string | undefined): Uint8Array | undefined {
  if (text === undefined || !BASE64.test(text)) return undefined;
  return Uint8Array.from(atob(text), (one) => one.charCodeAt(0));
}

function encoded(bytes: Uint8Array): string {
  return btoa(String.fromCharCode(...bytes));
}
