import type { BpfInstruction } from "@fairlead/linux/bpf.ts";
import type { SystemError } from "@fairlead/linux/errno.ts";
import type { PacketSocket, PacketSocketOptions } from "@fairlead/linux/packet-socket.ts";
import type { Result } from "@fairlead/net/result.ts";
import { FollowedWords, fitted, openFitted } from "../followed-words.ts";
import type { WordBlocks } from "../word-blocks.ts";
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

/** What came and went of the words that a filter tells addresses by. */
export interface WordChange {
  readonly added: Iterable<number>;
  readonly removed: number;
}

export interface PortOptions<Verdict extends string> {
  readonly interfaceIndex: number;
  readonly etherType: number;
  readonly responder: Responder<Verdict | "Answer">;
  readonly filter: (targets: WordBlocks, senders: WordBlocks) => readonly BpfInstruction[];
  /** The words of all the addresses that are answered for now. */
  readonly targets: () => Iterable<number>;
  /** The words of all the addresses of which is to be seen who has them. */
  readonly senders: () => Iterable<number>;
  readonly counts: FrameCounts<Verdict>;
  readonly openSocket: OpenSocket;
  /** Called before each frame is judged. */
  readonly beforeFrame: () => void;
  readonly onError: (errno: number) => void;
}

/** One packet socket on one interface for one protocol: what the filter lets through is judged and answered at once. */
export class Port<Verdict extends string> {
  readonly #options: PortOptions<Verdict>;
  readonly #targets: FollowedWords;
  readonly #senders: FollowedWords;
  #socket: FrameSocket | undefined;

  constructor(options: PortOptions<Verdict>) {
    this.#options = options;
    this.#targets = new FollowedWords(options.targets);
    this.#senders = new FollowedWords(options.senders);
  }

  /** Opens the socket. @returns why it could not be opened */
  open(): SystemError | undefined {
    const { interfaceIndex, etherType, responder, counts, openSocket, beforeFrame, onError } = this.#options;
    const onFrame = (frame: Uint8Array, length: number, packetType: number): void => {
      beforeFrame();
      const verdict = responder.judge(frame, length, packetType);
      counts.add(verdict);
      if (verdict === "Answer" && this.#socket?.send(responder.reply) !== 0) counts.add("SendFailed");
    };
    const opened = openFitted(this.#sets, () =>
      openSocket({ interfaceIndex, protocol: etherType, filter: this.#filter(), onFrame, onError }),
    );
    if (!opened.ok) return opened.error;
    this.#socket = opened.value;
    return undefined;
  }

  get socket(): FrameSocket | undefined {
    return this.#socket;
  }

  /** Sends a frame that was not asked for. */
  send(frame: Uint8Array, as: "Gratuitous" | "Probe"): void {
    this.#options.counts.add(this.#socket?.send(frame) === 0 ? as : "SendFailed");
  }

  /** The words changed: lets the filter follow, unless it covers them already and is not far too wide. */
  follow(targets: WordChange, senders: WordChange): void {
    const changed = [
      this.#targets.follow(targets.added, targets.removed),
      this.#senders.follow(senders.added, senders.removed),
    ];
    if (!changed.includes(true)) return;
    const errno = fitted(this.#sets, () => this.#socket?.setFilter(this.#filter()) ?? 0);
    if (errno !== 0) this.#options.onError(errno);
  }

  close(): void {
    this.#socket?.close();
    this.#socket = undefined;
  }

  get #sets(): readonly FollowedWords[] {
    return [this.#targets, this.#senders];
  }

  #filter(): readonly BpfInstruction[] {
    return this.#options.filter(this.#targets.set, this.#senders.set);
  }
}
