import { Fact } from "@fairlead/linux/bpf.ts";
import type { PacketSocketOptions } from "@fairlead/linux/packet-socket.ts";
import { runFilter } from "@fairlead/linux/testing/bpf-interpreter.ts";
import { macToBytes } from "@fairlead/net/mac.ts";
import { ok } from "@fairlead/net/result.ts";
import { InterfaceTable } from "@fairlead/speaker/announcements/interface-table.ts";
import type { FrameCounts } from "@fairlead/speaker/layer2/interfaces/frame-counts.ts";
import type { OpenSocket } from "@fairlead/speaker/layer2/interfaces/port.ts";
import { address, announcement, hex, mac } from "@fairlead/speaker/testing/values.ts";
import type { Dice } from "../simulation/dice.ts";
import { mutate } from "./mutate.ts";
import { neverThrowing, type Outcome, type Trial, Violation } from "./trial.ts";

/** The interface's own MAC, and those of the others in the world. */
export const OURS: Uint8Array = hex("02 00 00 00 00 02");
export const ASKER: Uint8Array = hex("02 00 00 00 00 0a");
export const SPEAKER: Uint8Array = hex("02 00 00 00 00 0b");
export const HOLDER: Uint8Array = hex("02 00 00 00 00 0d");

/** What is answered for with the own MAC, what with the holder's, and what is only watched. */
export const OWN4: readonly Uint8Array[] = [hex("c0 00 02 64"), hex("c0 00 02 65")];
export const CARETAKEN4: Uint8Array = hex("c0 00 02 68");
export const WATCHED4: Uint8Array = hex("c0 00 02 fe");
export const OWN6: readonly Uint8Array[] = ["0100", "0101"].map((end) =>
  hex(`20010db8${"00".repeat(10)}${end}`),
);
export const CARETAKEN6: Uint8Array = hex(`20010db8${"00".repeat(10)}0104`);
export const WATCHED6: Uint8Array = hex(`20010db8${"00".repeat(10)}00fe`);
export const LINK_LOCAL: Uint8Array = hex(`fe80${"00".repeat(13)}02`);

/** Frames are read into a buffer of this length, in which those before have left their ends. */
const BUFFER_BYTES = 2048;
/** Of so many frames one is judged again with other bytes behind it. */
const AGAIN_ONE_IN = 8;
const OUTGOING = 4;

/** A table with two addresses of each family of our own, one caretaken and one watched. */
export function tableOfTheWorld(index = 2): InterfaceTable {
  const own = mac("02:00:00:00:00:02");
  const table = new InterfaceTable({ index, mac: own, macBytes: macToBytes(own) });
  for (const text of ["192.0.2.100", "192.0.2.101", "2001:db8::100", "2001:db8::101"])
    table.set(announcement(text));
  for (const text of ["192.0.2.104", "2001:db8::104"])
    table.set(announcement(text, { mac: "02:00:00:00:00:0d", caretaking: true }));
  table.watched.add([address("192.0.2.254"), address("2001:db8::fe")]);
  table.speakers.assign([mac("02:00:00:00:00:0b"), mac("02:00:00:00:00:0d")]);
  table.own4 = hex("c0 00 02 01");
  table.linkLocal = LINK_LOCAL;
  return table;
}

/** A packet socket without a network, that says what one frame came to. */
export class NoiseSocket {
  readonly counted: string[] = [];
  readonly sent: Uint8Array[] = [];
  #options: PacketSocketOptions | undefined;

  readonly counts: FrameCounts<never> = { add: (what) => this.counted.push(what) };

  readonly open: OpenSocket = (options) => {
    this.#options = options;
    const send = (frame: Uint8Array, length = frame.length): number => {
      this.sent.push(frame.slice(0, length));
      return 0;
    };
    const none = (): number => 0;
    return ok({
      ...{ send, setFilter: none, joinMulticast: none, leaveMulticast: none },
      ...{ close: () => {}, kernelDrops: 0 },
    });
  };

  /** Hands a frame in. @throws Violation unless it is counted under one name, and answered once if that is "Answer" */
  judge(frame: Uint8Array, length: number, packetType: number): Outcome {
    this.counted.length = 0;
    this.sent.length = 0;
    this.#options?.onFrame(frame, length, packetType);
    const [outcome, more] = this.counted;
    if (outcome === undefined || more !== undefined)
      throw new Violation(`counted as ${JSON.stringify(this.counted)}`, frame.subarray(0, length));
    if (this.sent.length !== (outcome === "Answer" ? 1 : 0))
      throw new Violation(`${outcome} with ${this.sent.length} frames sent`, frame.subarray(0, length));
    return outcome;
  }

  /** Whether the kernel's filter hands the frame on. */
  passes(frame: Uint8Array, packetType: number): boolean {
    const facts = new Map([[Fact.packetType, packetType]]);
    return runFilter(this.#options?.filter ?? [], frame, facts) > 0;
  }
}

/** One frame of noise as it was received, before it was judged. */
export interface NoisyFrame {
  readonly bytes: Uint8Array;
  readonly length: number;
  readonly packetType: number;
}

export interface FrameTrialOptions {
  readonly dice: Dice;
  readonly table: InterfaceTable;
  readonly socket: NoiseSocket;
  readonly samples: readonly Uint8Array[];
  readonly reasons: readonly string[];
  /** Makes the checksums right, as far as the frame reaches. */
  readonly seal: (frame: Uint8Array, length: number) => void;
  /** Whether the verdict on a frame depends on it alone, and judging it leaves it as it was. */
  readonly stateless: boolean;
  /** @throws Violation if the outcome, or what was sent, is not what the frame asks for */
  readonly check: (frame: NoisyFrame, outcome: Outcome) => void;
}

/** One frame of noise, whatever the protocol. */
export function frameTrial(options: FrameTrialOptions): Trial {
  const { dice, table, socket, samples, reasons, seal, stateless, check } = options;
  const buffer = new Uint8Array(BUFFER_BYTES);
  const before = new Uint8Array(BUFFER_BYTES);
  return () => {
    const length = mutate(dice, samples, buffer);
    if (dice.chance(0.7)) seal(buffer, length);
    const packetType = dice.chance(0.9) ? dice.below(3) : dice.below(OUTGOING + 1);
    table.silent = dice.below(64) === 0;
    before.set(buffer.subarray(0, length));
    const frame = { bytes: before, length, packetType };
    const bytes = before.subarray(0, length);
    return neverThrowing(bytes, () => {
      const outcome = socket.judge(buffer, length, packetType);
      if (outcome !== "Answer" && !reasons.includes(outcome))
        throw new Violation(`dropped as ${outcome}`, bytes);
      check(frame, outcome);
      if (stateless && dice.below(AGAIN_ONE_IN) === 0) {
        buffer.fill(dice.below(256), length, length + 64);
        const again = socket.judge(buffer, length, packetType);
        if (again !== outcome)
          throw new Violation(`${outcome}, and ${again} with other bytes behind it`, bytes);
      }
      return outcome;
    });
  };
}

/** Whether the bytes at an offset are these. */
export function isAt(frame: Uint8Array, at: number, wanted: Uint8Array): boolean {
  for (let i = 0; i < wanted.length; i++) if (frame[at + i] !== wanted[i]) return false;
  return true;
}

export function isOneOfAt(frame: Uint8Array, at: number, wanted: readonly Uint8Array[]): boolean {
  return wanted.some((one) => isAt(frame, at, one));
}

/** Whether the 6 bytes can be one station's MAC. */
export function isStation(frame: Uint8Array, at: number): boolean {
  const zero = isAt(frame, at, new Uint8Array(6));
  return !zero && (frame[at] ?? 1) % 2 === 0;
}

/** @throws Violation unless both are the same bytes */
export function expectSame(
  what: string,
  seen: Uint8Array | undefined,
  wanted: Uint8Array,
  frame: Uint8Array,
): void {
  if (seen === undefined || Buffer.compare(seen, wanted) !== 0)
    throw new Violation(
      `${what} is ${Buffer.from(seen ?? []).toString("hex")} and not ${Buffer.from(wanted).toString("hex")}`,
      frame,
    );
}
