import { isDeepStrictEqual } from "node:util";
import type { IpAddress } from "@fairlead/net/address.ts";
import type { SharedKeyring } from "@fairlead/speaker/failover/keyring.ts";
import { address } from "@fairlead/speaker/testing/values.ts";
import { decode, encode } from "@fairlead/takeover/messages/codec.ts";
import type { Body, Header, KnownItem } from "@fairlead/takeover/messages/message.ts";
import type { Dice } from "../simulation/dice.ts";
import { put, word } from "./checksum.ts";
import { CLUSTER, HearingSpeaker, INCARNATION, keyring, PLACED, SELF } from "./hearing-speaker.ts";
import { mutate } from "./mutate.ts";
import { neverThrowing, type Trial, Violation } from "./trial.ts";

const TAG_BYTES = 16;
const SHORTEST = 48 + TAG_BYTES;
/** After so many datagrams there is a new speaker, or it would keep all that insiders made up. */
const LIFE = 5000;
/** Has a key of the same id, as somebody who does not know the cluster's makes one up. */
const STRANGER = keyring(99);

const item = (where: IpAddress, node: bigint, epoch: number): KnownItem => ({
  ...{ address: where, knowledge: "Heard" },
  claim: { epoch, step: 1, firm: true, index: 1, node },
});
const items = [item(PLACED[0] ?? address("198.51.100.200"), 2n, 2), item(address("198.51.100.201"), 2n, 1)];
const list = [2n, SELF, 3n];
const BODIES: readonly Body[] = [
  {
    type: "Heartbeat",
    intervalMs: 100,
    addresses: 2,
    digest: 5n,
    revision: 3,
    restarting: false,
    active: [1n],
  },
  {
    type: "Heartbeat",
    intervalMs: 100,
    addresses: 2,
    digest: 5n,
    revision: 3,
    restarting: true,
    active: [1n, 3n],
  },
  { type: "Ack", ready: true },
  { type: "Ask", subject: 3n, round: 1, items },
  {
    type: "Tell",
    subject: 2n,
    round: 1,
    sinceMs: 10,
    ready: true,
    hasDuty: true,
    sight: 2,
    self: true,
    items,
  },
  { type: "Claim", list, page: undefined, items },
  { type: "Claim", list, page: { number: 0, of: 2, revision: 3 }, items },
  { type: "Yield", items },
  { type: "Query", addresses: [...PLACED, address("198.51.100.9")] },
  { type: "Query", addresses: [] },
  { type: "Known", list, items },
  { type: "Offer", list, items },
  { type: "Sight", round: 1 },
  { type: "Sighted", round: 1, sight: 2, others: true },
  { type: "ClaimAck", items },
];
const HEADER: Header = {
  ...{ path: "Segment", sender: 2n, incarnation: 20n, receiverIncarnation: INCARNATION, sequence: 1 },
  interfaceId: 0,
};
/** Sound datagrams that noise is made of. */
export const TAKEOVER_SAMPLES: readonly Uint8Array[] = BODIES.flatMap((body) =>
  [HEADER, { ...HEADER, sender: 3n, incarnation: 30n }, { ...HEADER, receiverIncarnation: 0n }].map(
    (header) => encode(header, body, CLUSTER),
  ),
);

/** One speaker with real keys that hears forged, truncated, recorded and nonsensical datagrams. */
export function takeoverNoise(dice: Dice): Trial {
  const buffer = new Uint8Array(2048);
  let speaker = new HearingSpeaker(dice);
  let left = LIFE;
  let sequence = 1;
  let incarnation = 100;
  let recorded: Uint8Array | undefined;
  return () => {
    if (left-- === 0) {
      speaker.takeover.stop();
      [speaker, left, recorded] = [new HearingSpeaker(dice), LIFE, undefined];
    }
    const kind = dice.oneOf(["forged", "forged", "stranger's", "recorded", "sealed", "sealed"] as const);
    let length = mutate(dice, TAKEOVER_SAMPLES, buffer);
    if (kind === "recorded" && recorded !== undefined) {
      buffer.set(recorded);
      length = recorded.length;
    } else if (length >= SHORTEST) {
      if (dice.chance(0.9)) put(buffer, 6, length);
      if (dice.chance(0.9)) addressed(dice, buffer, sequence++, incarnation);
      if (kind === "sealed") seal(buffer, length, CLUSTER);
      if (kind === "stranger's") seal(buffer, length, STRANGER);
    }
    const bytes = buffer.slice(0, length);
    return neverThrowing(bytes, () => {
      const isSigned =
        kind === "sealed" || (kind === "recorded" && recorded !== undefined) || isTagRight(bytes);
      const { unread, effects } = speaker.hear(bytes);
      // An insider made up a later start of a peer, which is taken for dead until it starts anew.
      if (unread === "Retired" || unread === "Duplicate") incarnation++;
      if (!isSigned && (unread === undefined || effects > 0))
        throw new Violation(`${kind}, and ${effects} effects`, bytes);
      if (kind === "recorded" && isDeepStrictEqual(bytes, recorded) && (unread === undefined || effects > 0))
        throw new Violation("a recording had an effect", bytes);
      if (unread === undefined) {
        checkTaken(bytes);
        recorded = bytes;
      }
      return `${kind}: ${unread ?? `taken, type ${bytes[3]}`}`;
    });
  };
}

/** What was acted upon is what its bytes say, and meant for this process. @throws Violation */
function checkTaken(bytes: Uint8Array): void {
  const read = decode(bytes, CLUSTER);
  if (!read.ok) throw new Violation(`taken, though ${read.error}`, bytes);
  const { header, body } = read.value;
  if (header.receiverIncarnation !== INCARNATION || header.interfaceId !== 0 || header.sender === SELF)
    throw new Violation("taken, though meant for another", bytes);
  const again = decode(encode(header, body, CLUSTER), CLUSTER);
  if (!again.ok || !isDeepStrictEqual(again.value, read.value))
    throw new Violation("read otherwise when written again", bytes);
}

/** From one of two peers to this process, and newer than all before: what comes next is about the body. */
function addressed(dice: Dice, bytes: Uint8Array, sequence: number, incarnation: number): void {
  const view = new DataView(bytes.buffer);
  const sender = 2 + dice.below(2);
  for (const [at, value] of [
    [8, BigInt(sender)],
    [16, BigInt(incarnation)],
    [24, INCARNATION],
    [32, BigInt(sequence)],
  ] as const)
    view.setBigUint64(at, value);
}

function seal(bytes: Uint8Array, length: number, keys: SharedKeyring): void {
  const tag = keys.tag(bytes[4] ?? 0, bytes.subarray(0, length - TAG_BYTES));
  if (tag !== undefined) bytes.set(tag, length - TAG_BYTES);
}

function isTagRight(bytes: Uint8Array): boolean {
  if (bytes.length < SHORTEST || word(bytes, 6) !== bytes.length) return false;
  const at = bytes.length - TAG_BYTES;
  const tag = CLUSTER.tag(bytes[4] ?? 0, bytes.subarray(0, at));
  return tag !== undefined && Buffer.compare(tag, bytes.subarray(at)) === 0;
}
