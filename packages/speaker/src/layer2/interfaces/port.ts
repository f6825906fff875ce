import type { BpfInstruction } from "@fairlead/linux/bpf.ts";
import type { SystemError } from "@fairlead/linux/errno.ts";
import type { PacketSocket, PacketSocketOptions } from "@fairlead/linux/packet-socket.ts";
import type { Result } from "@fairlead/net/result.ts";
import { coverRanges, isCovered, type WordRange } from "../cover.ts";
import type { FrameCounts } from "./frame-counts.ts";

/** What a packet socket must do for a port. */
export type FrameSocket = Pick<
  PacketSocket,
  "send" | "setFilter" | "joinMulticast" | "leaveMulticast" | "close" | "kernelDrops"
>;

/** Opens a packet socket; `PacketSocket.open`, or a stand-in for it. */
export type OpenSocket = (options: PacketSocketOptions) => Result<FrameSocket, SystemError>;

/** The machine that judges the frames of a port. */
export interface Responder<Verdict extends string> {
  readonly reply: Uint8Array;
  judge(frame: Uint8Array, length: number, packetType: number): Verdict;
}

export interface PortOptions<Verdict extends string> {
  readonly interfaceIndex: number;
  readonly etherType: number;
  readonly responder: Responder<Verdict | "Answer">;
  readonly filter: (ranges: readonly WordRange[]) => readonly BpfInstruction[];
  /** The words that the filter tells addresses by: all those that are answered for now. */
  readonly words: () => Iterable<number>;
  readonly counts: FrameCounts<Verdict>;
  readonly openSocket: OpenSocket;
  readonly onError: (errno: number) => void;
}

/** One packet socket on one interface for one protocol: what the filter lets through is judged and answered at once. */
export class Port<Verdict extends string> {
  readonly #options: PortOptions<Verdict>;
  #ranges: readonly WordRange[];
  #socket: FrameSocket | undefined;

  constructor(options: PortOptions<Verdict>) {
    this.#options = options;
    this.#ranges = coverRanges(options.words());
  }

  /** Opens the socket. @returns why it could not be opened */
  open(): SystemError | undefined {
    const { interfaceIndex, etherType, filter, responder, counts, onError } = this.#options;
    const opened = this.#options.openSocket({
      interfaceIndex,
      protocol: etherType,
      filter: filter(this.#ranges),
      onFrame: (frame, length, packetType) => {
        const verdict = responder.judge(frame, length, packetType);
        counts.add(verdict);
        if (verdict === "Answer" && this.#socket?.send(responder.reply) !== 0) counts.add("SendFailed");
      },
      onError,
    });
    if (!opened.ok) return opened.error;
    this.#socket = opened.value;
    return undefined;
  }

  get socket(): FrameSocket | undefined {
    return this.#socket;
  }

  /** Sends a frame that was not asked for. */
  send(frame: Uint8Array): void {
    this.#options.counts.add(this.#socket?.send(frame) === 0 ? "Gratuitous" : "SendFailed");
  }

  /** The words changed: lets the filter follow, unless it covers them already and is not far too wide. */
  follow(added: Iterable<number>, removed: boolean): void {
    const uncovered = [...added].some((word) => !isCovered(this.#ranges, word));
    if (!uncovered && !removed) return;
    const ranges = coverRanges(this.#options.words());
    if (sameRanges(ranges, this.#ranges)) return;
    this.#ranges = ranges;
    const errno = this.#socket?.setFilter(this.#options.filter(ranges)) ?? 0;
    if (errno !== 0) this.#options.onError(errno);
  }

  close(): void {
    this.#socket?.close();
    this.#socket = undefined;
  }
}

function sameRanges(a: readonly WordRange[], b: readonly WordRange[]): boolean {
  return (
    a.length === b.length && a.every(({ first, last }, i) => first === b[i]?.first && last === b[i]?.last)
  );
}
