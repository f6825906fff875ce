import type { Family as IpFamily } from "@fairlead/net/address.ts";
import { FakeClock } from "@fairlead/runtime/fake-clock.ts";
import { ECHO_DROP_REASONS } from "@fairlead/speaker/layer2/echo/drop-reasons.ts";
import { EchoPort } from "@fairlead/speaker/layer2/interfaces/echo-port.ts";
import { KernelAddresses } from "@fairlead/speaker/layer2/kernel-addresses.ts";
import { address, hex } from "@fairlead/speaker/testing/values.ts";
import type { Dice } from "../simulation/dice.ts";
import { icmp6Sum, isRight, put, sealIcmp4, sealIcmp6, word, wordSum } from "./checksum.ts";
import { type Outcome, type Trial, Violation } from "./trial.ts";
import {
  expectSame,
  frameTrial,
  isAt,
  isOneOfAt,
  isStation,
  NoiseSocket,
  type NoisyFrame,
  OURS,
  OWN4,
  OWN6,
  tableOfTheWorld,
} from "./wire-world.ts";

/** Sound requests that were answered lately, or are too many, are dropped by these names. */
const SPENT = ["Looped", "RateLimited"];
/** Virtual time between two frames: the budget of 1,000 a second is now spent and now not. */
const MOST_GAP_MS = 2;

const DATA = "abcdef0123456789";
const ETHERNET = "020000000002 02000000000a";
/** Sound frames that noise is made of. */
export const ECHO4_SAMPLES: readonly Uint8Array[] = [
  `${ETHERNET} 0800 4520 0024 1234 4000 3f01 0000 c0000202 c0000264 0800 0000 beef 0001 ${DATA}`,
  `${ETHERNET} 0800 4500 001c 1235 0000 4001 0000 c0000203 c0000265 0800 0000 beef 0002 ${"00".repeat(18)}`,
  `${ETHERNET} 0800 4500 0024 1236 0000 4001 0000 c0000202 c0000268 0800 0000 beef 0003 ${DATA}`,
  `${ETHERNET} 0800 4500 0024 1236 0000 4001 0000 c0000264 c0000264 0800 0000 beef 0003 ${DATA}`,
  `${ETHERNET} 0800 4600 0028 1237 0000 4001 0000 c0000202 c0000264 01010100 0800 0000 beef 0004 ${DATA}`,
  `${ETHERNET} 0800 4500 0024 1238 2000 4001 0000 c0000202 c0000264 0800 0000 beef 0005 ${DATA}`,
].map(hex);
const NET = `2001 0db8 ${"0000".repeat(5)}`;
/** The same for IPv6. */
export const ECHO6_SAMPLES: readonly Uint8Array[] = [
  `${ETHERNET} 86dd 60012345 0010 3a40 ${NET} 0002 ${NET} 0100 8000 0000 beef 0001 ${DATA}`,
  `${ETHERNET} 86dd 6ff00000 0008 3a40 ${NET} 0003 ${NET} 0101 8000 0000 beef 0002`,
  `${ETHERNET} 86dd 60000000 0010 3a40 ${NET} 0002 ${NET} 0104 8000 0000 beef 0003 ${DATA}`,
  `${ETHERNET} 86dd 60000000 0010 3a40 ${"0000".repeat(7)} 0001 ${NET} 0100 8000 0000 beef 0003 ${DATA}`,
  `${ETHERNET} 86dd 60000000 0018 0040 ${NET} 0002 ${NET} 0100 3a00 0000 0000 0000 8000 0000 beef 0004 ${DATA}`,
].map(hex);

/** What differs between the families. */
interface Kind {
  readonly family: IpFamily;
  readonly samples: readonly Uint8Array[];
  readonly seal: (frame: Uint8Array, length: number) => void;
  readonly isSound: (frame: NoisyFrame) => boolean;
  /** @param sent the reply, for what may differ from one to the next */
  readonly reply: (request: Uint8Array, sent: Uint8Array) => Uint8Array;
}

const ECHO4: Kind = {
  family: "IPv4",
  samples: ECHO4_SAMPLES,
  seal: (frame, length) => {
    const end = 14 + word(frame, 16);
    if (length >= 42 && end >= 42 && end <= length) sealIcmp4(frame, end);
  },
  isSound: ({ bytes, length }) => {
    const end = 14 + word(bytes, 16);
    if (length < 42 || word(bytes, 12) !== 0x0800 || bytes[14] !== 0x45 || bytes[23] !== 1) return false;
    if (end < 42 || end > length || (word(bytes, 20) & 0x3fff) !== 0 || word(bytes, 34) !== 0x0800)
      return false;
    const first = bytes[26] ?? 0;
    if (first === 0 || first === 127 || first >= 224 || isAt(bytes, 26, bytes.subarray(30, 34))) return false;
    const summed = isRight(wordSum(bytes, 14, 34)) && isRight(wordSum(bytes, 34, end));
    return summed && isOneOfAt(bytes, 30, OWN4);
  },
  reply: (request, sent) => {
    const reply = Buffer.from(request.subarray(0, 14 + word(request, 16)));
    put(reply, 18, word(sent, 18));
    put(reply, 20, 0);
    reply[22] = 64;
    reply.set(request.subarray(30, 34), 26);
    reply.set(request.subarray(26, 30), 30);
    reply[34] = 0;
    sealIcmp4(reply, reply.length);
    return reply;
  },
};

const ECHO6: Kind = {
  family: "IPv6",
  samples: ECHO6_SAMPLES,
  seal: (frame, length) => {
    const payload = word(frame, 18);
    if (length >= 62 && payload >= 8 && 54 + payload <= length) sealIcmp6(frame, payload);
  },
  isSound: ({ bytes, length }) => {
    const payload = word(bytes, 18);
    if (length < 62 || word(bytes, 12) !== 0x86dd || (bytes[14] ?? 0) >> 4 !== 6 || bytes[20] !== 58)
      return false;
    if (payload < 8 || 54 + payload > length || word(bytes, 54) !== 0x8000) return false;
    if (bytes[22] === 0xff || isAt(bytes, 22, bytes.subarray(38, 54))) return false;
    const high = bytes.subarray(22, 37).every((byte) => byte === 0);
    if (high && (bytes[37] ?? 0) <= 1) return false;
    return isRight(icmp6Sum(bytes, payload)) && isOneOfAt(bytes, 38, OWN6);
  },
  reply: (request) => {
    const payload = word(request, 18);
    const reply = Buffer.from(request.subarray(0, 54 + payload));
    reply[15] = (reply[15] ?? 0) & 0xf0;
    put(reply, 16, 0);
    reply[21] = 64;
    reply.set(request.subarray(38, 54), 22);
    reply.set(request.subarray(22, 38), 38);
    reply[54] = 129;
    sealIcmp6(reply, payload);
    return reply;
  },
};

/** Pings (RFC 792, RFC 4443) through their port. */
export function echoNoise4(dice: Dice): Trial {
  return echoNoise(dice, ECHO4);
}

export function echoNoise6(dice: Dice): Trial {
  return echoNoise(dice, ECHO6);
}

function echoNoise(dice: Dice, kind: Kind): Trial {
  const table = tableOfTheWorld();
  const socket = new NoiseSocket();
  const clock = new FakeClock();
  const kernel = new KernelAddresses();
  kernel.assign([address("192.0.2.101"), address("2001:db8::101")]);
  const port = new EchoPort({
    ...{ table, family: kind.family, kernel, counts: socket.counts, openSocket: socket.open, clock },
    beforeFrame: () => clock.advance(dice.between(0, MOST_GAP_MS)),
    onError: () => {},
  });
  port.open();
  const kernels = kind.family === "IPv4" ? OWN4[1] : OWN6[1];
  const targetAt = kind.family === "IPv4" ? 30 : 38;
  const check = (frame: NoisyFrame, outcome: Outcome): void => {
    const bytes = frame.bytes.subarray(0, frame.length);
    const stations =
      frame.packetType <= 2 && isAt(bytes, 0, OURS) && isStation(bytes, 6) && !isAt(bytes, 6, OURS);
    const mayAnswer = stations && !table.silent && kind.isSound(frame);
    const due = mayAnswer && !(kernels !== undefined && isAt(bytes, targetAt, kernels));
    const [sent] = socket.sent;
    if (sent !== undefined) {
      if (!due) throw new Violation("answered what no answer is due to", bytes);
      const wanted = kind.reply(bytes, sent);
      wanted.set(bytes.subarray(6, 12), 0);
      wanted.set(OURS, 6);
      expectSame("the reply", sent, wanted, bytes);
      if (!socket.passes(bytes, 0)) throw new Violation("answered what is filtered out", bytes);
    } else if (due && !SPENT.includes(outcome))
      throw new Violation(`${outcome}, and an answer is due`, bytes);
  };
  return frameTrial({
    ...{ dice, table, socket, samples: kind.samples, reasons: ECHO_DROP_REASONS, check },
    ...{ stateless: false, seal: kind.seal },
  });
}
