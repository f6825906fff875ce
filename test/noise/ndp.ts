import { NdpPort } from "@fairlead/speaker/layer2/interfaces/ndp-port.ts";
import { NDP_DROP_REASONS } from "@fairlead/speaker/layer2/ndp/responder.ts";
import { hex } from "@fairlead/speaker/testing/values.ts";
import type { Dice } from "../simulation/dice.ts";
import { icmp6Sum, isRight, put, sealIcmp6, word } from "./checksum.ts";
import { Sightings } from "./sightings.ts";
import { type Outcome, type Trial, Violation } from "./trial.ts";
import {
  CARETAKEN6,
  expectSame,
  frameTrial,
  HOLDER,
  isAt,
  isOneOfAt,
  isStation,
  LINK_LOCAL,
  NoiseSocket,
  type NoisyFrame,
  OURS,
  OWN6,
  SPEAKER,
  tableOfTheWorld,
  WATCHED6,
} from "./wire-world.ts";

const HEADERS = 54;
const SHORTEST = 24;
const NO_TYPE = -1;
const UNSPECIFIED = new Uint8Array(16);
const ALL_NODES = hex("ff02 0000 0000 0000 0000 0000 0000 0001");
const SOLICITED_NODE = hex("ff02 0000 0000 0000 0000 0001 ff");

const NET = `2001 0db8 ${"0000".repeat(5)}`;
const TO_GROUP = `3333ff000100 02000000000a 86dd 60000000 0020 3aff ${NET} 0002 ff02 0000 0000 0000 0000 0001 ff00 0100`;
const TO_ALL = `333300000001 02000000000a 86dd 60000000 0020 3aff ${NET} 00fe ff02 ${"0000".repeat(6)} 0001`;
/** Sound frames that noise is made of. */
export const NDP_SAMPLES: readonly Uint8Array[] = [
  `${TO_GROUP} 87 00 0000 00000000 ${NET} 0100 0101 02000000000a`,
  `${TO_GROUP} 87 00 0000 00000000 ${NET} 0101 0101 02000000000a`,
  `${TO_GROUP} 87 00 0000 00000000 ${NET} 0104 0101 02000000000b`,
  `${TO_GROUP} 87 00 0000 00000000 ${NET} 0104 0101 02000000000a`,
  `020000000002 02000000000a 86dd 60000000 0018 3aff ${NET} 0002 ${NET} 0100 87 00 0000 00000000 ${NET} 0100`,
  `3333ff000100 02000000000a 86dd 60000000 0018 3aff ${"0000".repeat(8)} ff02 0000 0000 0000 0000 0001 ff00 0100 87 00 0000 00000000 ${NET} 0100`,
  `${TO_GROUP.replace(" 0020 ", " 0028 ")} 87 00 0000 00000000 ${NET} 0100 0e01 010203040506 0101 02000000000a`,
  `${TO_GROUP.replace(" 0020 ", " 0028 ")} 87 00 0000 00000000 ${NET} 0100 0102 02000000000a 0000000000000000`,
  `${TO_ALL} 88 00 0000 20000000 ${NET} 00fe 0201 02000000000a`,
  `${TO_ALL} 88 00 0000 20000000 ${NET} 0100 0201 02000000000a`,
  `${TO_ALL} 88 00 0000 20000000 ${NET} 0104 0201 02000000000d`,
  `020000000002 02000000000a 86dd 60000000 0018 3aff ${NET} 00fe fe80 ${"0000".repeat(6)} 0002 88 00 0000 60000000 ${NET} 00fe`,
]
  .map(hex)
  .map(sealed);

/** Neighbor discovery (RFC 4861, RFC 4862) through its port. */
export function ndpNoise(dice: Dice): Trial {
  const table = tableOfTheWorld();
  const socket = new NoiseSocket();
  const sightings = new Sightings();
  const port = new NdpPort({
    table,
    counts: { arp: socket.counts, ndp: socket.counts },
    openSocket: socket.open,
    memberships: () => ({ join: () => undefined, leave: () => {}, close: () => {} }),
    beforeFrame: () => sightings.clear(),
    onSeen: sightings.add,
    onError: () => {},
    onGroupFailure: () => {},
  });
  port.open();
  const check = (frame: NoisyFrame, outcome: Outcome): void => {
    const bytes = frame.bytes.subarray(0, frame.length);
    const due = isDue(frame) && !table.silent;
    if (due !== (outcome === "Answer"))
      throw new Violation(`${outcome}, and an answer is ${due ? "" : "not "}due`, bytes);
    if (due) expectSame("the answer", socket.sent[0], answerTo(bytes), bytes);
    sightings.check(bytes, [...OWN6, CARETAKEN6, WATCHED6], 62);
    if (sightings.any && !isSound(frame, 136)) throw new Violation("seen in what is not sound", bytes);
    const matters = due || outcome === "ForeignClaim" || sightings.any;
    if (matters && !socket.passes(bytes, frame.packetType))
      throw new Violation(`${outcome} is filtered out`, bytes);
  };
  const seal = (frame: Uint8Array, length: number): void => {
    const payload = word(frame, 18);
    if (length >= HEADERS + SHORTEST && payload >= SHORTEST && HEADERS + payload <= length)
      sealIcmp6(frame, payload);
  };
  return frameTrial({
    ...{ dice, table, socket, samples: NDP_SAMPLES, reasons: NDP_DROP_REASONS, check, seal },
    stateless: true,
  });
}

/** Whether RFC 4861 7.1 has this frame taken for a neighbor message of this type, sent by another. */
function isSound({ bytes, length, packetType }: NoisyFrame, type: number): boolean {
  if (length < HEADERS + SHORTEST || packetType > 2 || word(bytes, 12) !== 0x86dd) return false;
  if ((bytes[14] ?? 0) >> 4 !== 6 || bytes[20] !== 58 || bytes[21] !== 255) return false;
  if (word(bytes, 0) !== 0x3333 && !isAt(bytes, 0, OURS)) return false;
  if (isAt(bytes, 6, OURS) || bytes[54] !== type || bytes[55] !== 0) return false;
  const payload = word(bytes, 18);
  if (payload < SHORTEST || HEADERS + payload > length) return false;
  return isRight(icmp6Sum(bytes, payload)) && optionAt(bytes, HEADERS + payload, NO_TYPE) !== undefined;
}

/** Whether RFC 4861 7.2.4 and RFC 4862 5.4.3 have this frame answered, by the table of the world. */
function isDue(frame: NoisyFrame): boolean {
  const { bytes } = frame;
  if (!isOneOfAt(bytes, 62, [...OWN6, CARETAKEN6]) || !isSound(frame, 135)) return false;
  const option = optionAt(bytes, HEADERS + word(bytes, 18), 1);
  if (option === undefined || bytes[22] === 0xff) return false;
  const mac = option === 0 ? 6 : option;
  const isDad = isAt(bytes, 22, UNSPECIFIED);
  if (isDad && (option !== 0 || !isAt(bytes, 38, SOLICITED_NODE))) return false;
  if (!isDad && (!isStation(bytes, mac) || isAt(bytes, mac, OURS))) return false;
  return !isAt(bytes, 62, CARETAKEN6) || (!isAt(bytes, mac, SPEAKER) && !isAt(bytes, mac, HOLDER));
}

/**
 * Where the first option of this type has its MAC; 0 if there is none, undefined if the options are malformed (RFC 4861 4.6) or that
 * one is not 8 bytes long.
 */
function optionAt(bytes: Uint8Array, end: number, type: number): number | undefined {
  let found = 0;
  for (let at = HEADERS + SHORTEST; at < end; ) {
    const size = (bytes[at + 1] ?? 0) * 8;
    if (at + 1 >= end || size === 0 || size > end - at) return undefined;
    if (bytes[at] === type && found === 0) {
      if (size !== 8) return undefined;
      found = at + 2;
    }
    at += size;
  }
  return found;
}

function answerTo(asked: Uint8Array): Uint8Array {
  const at = (offset: number, length: number): Uint8Array => asked.subarray(offset, offset + length);
  const option = optionAt(asked, HEADERS + word(asked, 18), 1) ?? 0;
  const isDad = isAt(asked, 22, UNSPECIFIED);
  const isCaretaken = isAt(asked, 62, CARETAKEN6);
  return sealed(
    Buffer.concat([
      isDad ? hex("333300000001") : at(option === 0 ? 6 : option, 6),
      OURS,
      hex("86dd 60000000 0020 3aff"),
      isCaretaken ? LINK_LOCAL : at(62, 16),
      isDad ? ALL_NODES : at(22, 16),
      hex("8800 0000"),
      Uint8Array.of((isDad ? 0 : 0x40) | (isCaretaken ? 0 : 0x20), 0, 0, 0),
      at(62, 16),
      hex("0201"),
      isCaretaken ? HOLDER : OURS,
    ]),
  );
}

function sealed(frame: Uint8Array): Uint8Array {
  put(frame, 56, 0);
  sealIcmp6(frame, word(frame, 18));
  return frame;
}
