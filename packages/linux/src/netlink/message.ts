import { err, ok, type Result } from "@fairlead/net/result.ts";

/** `NLMSG_ERROR`, with errno 0 an acknowledgement. */
export const NLMSG_ERROR = 2;
/** `NLMSG_DONE`: the end of a dump. */
export const NLMSG_DONE = 3;
/** `NLM_F_DUMP_INTR`: something changed while the dump was made, so that it may be inconsistent. */
export const NLM_F_DUMP_INTR = 0x10;

/** `NLM_F_MULTI`: one of the answers of a dump. */
export const NLM_F_MULTI = 0x02;
/** Length of a message's header. */
export const MESSAGE_HEADER_BYTES = 16;
/** Where the type is in the header. */
export const MESSAGE_TYPE_OFFSET = 4;
/** Where the flags are in the header. */
export const MESSAGE_FLAGS_OFFSET = 6;

const NLM_F_REQUEST = 0x01;
const NLM_F_DUMP = 0x300;

/** One netlink message. */
export interface NetlinkMessage {
  readonly type: number;
  readonly flags: number;
  /** That of the request it answers; anything in a notification. */
  readonly sequence: number;
  /** A view (no copy) of what follows the header. */
  readonly payload: Uint8Array;
}

/**
 * The messages of one datagram. Machine byte order, each aligned to 4 bytes:
 *
 * ```
 *  0               4        6        8               12              16
 *  +---------------+--------+--------+---------------+---------------+---------
 *  | length        | type   | flags  | sequence      | port id       | payload
 *  | (with header) |        |        |               |               |
 *  +---------------+--------+--------+---------------+---------------+---------
 * ```
 *
 * @returns the messages before the first malformed one, and what is wrong with that.
 */
export function readMessages(bytes: Uint8Array): {
  readonly messages: readonly NetlinkMessage[];
  readonly malformed: string | undefined;
} {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const messages: NetlinkMessage[] = [];
  for (let at = 0; at < bytes.length; ) {
    const left = bytes.length - at;
    if (left < MESSAGE_HEADER_BYTES) return { messages, malformed: `${left} bytes are too few for a header` };
    const length = view.getUint32(at, true);
    if (length < MESSAGE_HEADER_BYTES || length > left)
      return { messages, malformed: `message length ${length} with ${left} bytes left` };
    messages.push({
      type: view.getUint16(at + MESSAGE_TYPE_OFFSET, true),
      flags: view.getUint16(at + MESSAGE_FLAGS_OFFSET, true),
      sequence: view.getUint32(at + 8, true),
      payload: bytes.subarray(at + MESSAGE_HEADER_BYTES, at + length),
    });
    at += (length + 3) & ~3;
  }
  return { messages, malformed: undefined };
}

/**
 * The positive errno in an `NLMSG_ERROR` or `NLMSG_DONE`, 0 for none. An `NLMSG_DONE` without one is a success.
 */
export function readErrno(message: NetlinkMessage): Result<number, string> {
  const { payload, type } = message;
  if (payload.length < 4) {
    return type === NLMSG_DONE ? ok(0) : err(`an error message of ${payload.length} bytes has no errno`);
  }
  const value = new DataView(payload.buffer, payload.byteOffset).getInt32(0, true);
  return ok(value < 0 ? -value : 0);
}

/** A request for all objects of a kind. `body` is the kind's fixed header. */
export function dumpRequest(type: number, sequence: number, body: Uint8Array): Uint8Array {
  const bytes = new Uint8Array(MESSAGE_HEADER_BYTES + body.length);
  const view = new DataView(bytes.buffer);
  view.setUint32(0, bytes.length, true);
  view.setUint16(MESSAGE_TYPE_OFFSET, type, true);
  view.setUint16(MESSAGE_FLAGS_OFFSET, NLM_F_REQUEST | NLM_F_DUMP, true);
  view.setUint32(8, sequence, true);
  bytes.set(body, MESSAGE_HEADER_BYTES);
  return bytes;
}
