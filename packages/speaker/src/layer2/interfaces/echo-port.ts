import type { BpfInstruction } from "@fairlead/linux/bpf.ts";
import type { SystemError } from "@fairlead/linux/errno.ts";
import type { Family, IpAddress } from "@fairlead/net/address.ts";
import type { Clock, Timer } from "@fairlead/runtime/clock.ts";
import { key4, words6 } from "../../announcements/address-key.ts";
import type { InterfaceTable } from "../../announcements/interface-table.ts";
import { EchoBudget } from "../echo/budget.ts";
import type { EchoDropReason, EchoVerdict } from "../echo/drop-reasons.ts";
import { DEAF, echoFilter4, echoFilter6 } from "../echo/filter.ts";
import { EchoResponder4 } from "../echo/responder4.ts";
import { EchoResponder6 } from "../echo/responder6.ts";
import { ETHER_TYPE_IPV4, ETHER_TYPE_IPV6 } from "../ethernet.ts";
import { FollowedWords, fitted, openFitted } from "../followed-words.ts";
import type { KernelAddresses } from "../kernel-addresses.ts";
import type { PortChange } from "./family-port.ts";
import type { FrameCounts } from "./frame-counts.ts";
import type { FrameSocket, OpenSocket } from "./port.ts";

/** Answers that an interface gives in a family, a second and at once. */
const MOST_PER_SECOND = 1_000;
/** How long nothing is listened to after there were more: a flood of pings must not keep this thread from its other work. */
const DEAF_MS = 250;

export interface EchoPortOptions {
  readonly table: InterfaceTable;
  readonly family: Family;
  readonly kernel: KernelAddresses;
  readonly counts: FrameCounts<EchoDropReason>;
  readonly openSocket: OpenSocket;
  readonly clock: Clock;
  /** Called before each frame is judged; may make the table silent. */
  readonly beforeFrame: () => void;
  /** Receiving failed; positive errno. */
  readonly onError: (errno: number) => void;
}

interface EchoResponder {
  readonly replyLength: number;
  judge(frame: Uint8Array, length: number, packetType: number): EchoVerdict;
}

/** Echo requests of one family on one interface. */
export class EchoPort {
  readonly table: InterfaceTable;
  readonly #options: EchoPortOptions;
  readonly #responder: EchoResponder;
  readonly #words: FollowedWords;
  #socket: FrameSocket | undefined;
  #deaf: Timer | undefined;

  constructor(options: EchoPortOptions) {
    const { table, family, kernel, clock } = options;
    this.table = table;
    this.#options = options;
    const nowMs = (): number => clock.nowMs();
    const budget = new EchoBudget(MOST_PER_SECOND, nowMs());
    const needs = { table, kernel, budget, nowMs };
    this.#responder = family === "IPv4" ? new EchoResponder4(needs) : new EchoResponder6(needs);
    this.#words = new FollowedWords(() => wordsOf(table, family));
  }

  /** Opens the socket. @returns why it could not be opened */
  open(): SystemError | undefined {
    const { table, family, counts, openSocket, beforeFrame, onError } = this.#options;
    const protocol = family === "IPv4" ? ETHER_TYPE_IPV4 : ETHER_TYPE_IPV6;
    const onFrame = (frame: Uint8Array, length: number, packetType: number): void => {
      beforeFrame();
      const verdict = this.#responder.judge(frame, length, packetType);
      counts.add(verdict);
      if (verdict === "Answer" && this.#socket?.send(frame, this.#responder.replyLength) !== 0)
        counts.add("SendFailed");
      if (verdict === "RateLimited") this.#listenLater();
    };
    const opened = openFitted([this.#words], () =>
      openSocket({ interfaceIndex: table.index, protocol, filter: this.#filter(), onFrame, onError }),
    );
    if (!opened.ok) return opened.error;
    this.#socket = opened.value;
    return undefined;
  }

  /** Lets the filter follow the table, which has changed. */
  follow({ started, stopped }: Pick<PortChange, "started" | "stopped">): void {
    const added = started.map(({ address }) => wordOf(address));
    if (this.#words.follow(added, stopped.length) && this.#deaf === undefined)
      this.#setFilter(() => this.#filter());
  }

  get kernelDrops(): number {
    return this.#socket?.kernelDrops ?? 0;
  }

  close(): void {
    this.#deaf?.cancel();
    this.#deaf = undefined;
    this.#socket?.close();
    this.#socket = undefined;
  }

  #listenLater(): void {
    if (this.#deaf !== undefined) return;
    this.#deaf = this.#options.clock.after(DEAF_MS, () => {
      this.#deaf = undefined;
      this.#setFilter(() => this.#filter());
    });
    this.#setFilter(() => DEAF);
  }

  #setFilter(filter: () => readonly BpfInstruction[]): void {
    const errno = fitted([this.#words], () => this.#socket?.setFilter(filter()) ?? 0);
    if (errno !== 0) this.#options.onError(errno);
  }

  #filter(): readonly BpfInstruction[] {
    const { set } = this.#words;
    return this.#options.family === "IPv4" ? echoFilter4(set) : echoFilter6(set);
  }
}

function wordOf(address: IpAddress): number {
  return address.family === "IPv4" ? key4(address) : words6(address)[3];
}

function* wordsOf({ v4, v6 }: InterfaceTable, family: Family): Iterable<number> {
  for (const { address } of (family === "IPv4" ? v4 : v6).values()) yield wordOf(address);
}
