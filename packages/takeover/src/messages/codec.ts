import { ByteReader, ByteWriter, ShortBytesError } from "@fairlead/net/bytes.ts";
import { err, ok, type Result } from "@fairlead/net/result.ts";
import { itemsOf, readBody, typeNumber, writeBody } from "./body.ts";
import type { Body, Header, Message } from "./message.ts";

const MAGIC = 0x464c;
const VERSION = 1;
const HEADER_LENGTH = 48;
const TAG_LENGTH = 16;

/** The longest datagram, so that none is ever fragmented. */
export const MOST_BYTES = 1400;

const SEGMENT_PATH = 1;

/** Why a datagram is dropped before anybody looks at what it says. */
export type CodecDrop =
  | "TooShort"
  | "TooLong"
  | "NotOurs"
  | "OtherVersion"
  | "WrongLength"
  | "UnknownKey"
  | "WrongTag"
  | "Malformed";

/** The keys of the cluster: messages are signed with one and accepted with any. */
export interface Keyring {
  /** The id of the key that signs, 0 to 255; undefined: there is none, so nothing can be sent. */
  readonly signing: number | undefined;
  /** The first 16 bytes of HMAC-SHA-256 over `bytes` with this key; undefined if there is no such key. */
  tag(keyId: number, bytes: Uint8Array): Uint8Array | undefined;
}

/**
 * The datagram of a message:
 *
 *      0 u16 magic 0x464C   2 u8 version 1   3 u8 type   4 u8 key id
 *      5 u8 flags: 1 segment path
 *      6 u16 length, tag included      8 u64 sender     16 u64 sender incarnation
 *     24 u64 receiver incarnation     32 u64 sequence   40 u32 interface
 *     44 u16 items   46 u16 zero      48 body           then the tag, 16 bytes
 *
 * @param buffer is written in, and may be used again
 * @throws ShortBytesError if the message does not fit, which its senders see to
 */
export function encode(
  header: Header,
  body: Body,
  keys: Keyring,
  buffer = new Uint8Array(MOST_BYTES),
): Uint8Array {
  const { signing = -1 } = keys;
  const to = new ByteWriter(buffer);
  to.u16(MAGIC).u8(VERSION).u8(typeNumber(body)).u8(signing);
  to.u8(header.path === "Segment" ? SEGMENT_PATH : 0);
  to.u16(0).u64(header.sender).u64(header.incarnation).u64(header.receiverIncarnation);
  to.u64(BigInt(header.sequence)).u32(header.interfaceId).u16(itemsOf(body)).u16(0);
  writeBody(to, body);
  const length = to.length + TAG_LENGTH;
  buffer[6] = length >> 8;
  buffer[7] = length & 0xff;
  const tag = keys.tag(signing, to.written);
  if (tag === undefined) throw new Error("there is no key to sign with");
  to.bytes(tag.subarray(0, TAG_LENGTH));
  return buffer.slice(0, length);
}

/** What a datagram says before its tag is looked at: nothing of it may be believed, and it may only be dropped for it. */
export interface Envelope {
  readonly header: Header;
  readonly type: number;
  readonly keyId: number;
  readonly items: number;
}

/** Reads a datagram: a message whose tag is right, or the reason why it is dropped. Never throws, whatever the bytes. */
export function decode(bytes: Uint8Array, keys: Keyring): Result<Message, CodecDrop> {
  const envelope = readEnvelope(bytes);
  return envelope.ok ? openEnvelope(bytes, envelope.value, keys) : envelope;
}

/** Reads the header alone, which costs a small part of what the tag does. Never throws. */
export function readEnvelope(bytes: Uint8Array): Result<Envelope, CodecDrop> {
  if (bytes.length < HEADER_LENGTH + TAG_LENGTH) return err("TooShort");
  if (bytes.length > MOST_BYTES) return err("TooLong");
  const from = new ByteReader(bytes);
  if (from.u16() !== MAGIC) return err("NotOurs");
  if (from.u8() !== VERSION) return err("OtherVersion");
  const type = from.u8();
  const keyId = from.u8();
  const flags = from.u8();
  if (from.u16() !== bytes.length) return err("WrongLength");
  const sender = from.u64();
  const incarnation = from.u64();
  const receiverIncarnation = from.u64();
  const sequence = from.u64();
  const interfaceId = from.u32();
  const items = from.u16();
  if (sequence > BigInt(Number.MAX_SAFE_INTEGER)) return err("Malformed");
  const header: Header = {
    path: (flags & SEGMENT_PATH) !== 0 ? "Segment" : "Node",
    sender,
    incarnation,
    receiverIncarnation,
    sequence: Number(sequence),
    interfaceId,
  };
  return ok({ header, type, keyId, items });
}

/** Checks the tag of a datagram and reads the rest of it. Never throws. */
export function openEnvelope(
  bytes: Uint8Array,
  { header, type, keyId, items }: Envelope,
  keys: Keyring,
): Result<Message, CodecDrop> {
  const signed = bytes.subarray(0, bytes.length - TAG_LENGTH);
  const tag = keys.tag(keyId, signed);
  if (tag === undefined) return err("UnknownKey");
  if (!sameTag(tag, bytes.subarray(bytes.length - TAG_LENGTH))) return err("WrongTag");
  const body = bodyOf(new ByteReader(signed.subarray(HEADER_LENGTH)), type, items);
  return body === undefined ? err("Malformed") : ok({ header, body });
}

function bodyOf(from: ByteReader, type: number, items: number): Body | undefined {
  try {
    const body = readBody(from, type, items);
    return from.left === 0 ? body : undefined;
  } catch (error) {
    if (error instanceof ShortBytesError) return undefined;
    throw error;
  }
}

/** Compares in a time that does not depend on where the tags differ. */
function sameTag(a: Uint8Array, b: Uint8Array): boolean {
  let difference = 0;
  for (let i = 0; i < TAG_LENGTH; i++) difference |= (a[i] ?? 0) ^ (b[i] ?? 0);
  return difference === 0;
}
