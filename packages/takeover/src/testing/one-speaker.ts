import { addressOf, type IpAddress } from "@fairlead/net/address.ts";
import { type Mac, macFromBytes } from "@fairlead/net/mac.ts";
import type { Claim } from "../claims/claim.ts";
import type { Timer } from "../clock.ts";
import type { Environment, Measurement, Peer, Report } from "../environment.ts";
import { decode, encode } from "../messages/codec.ts";
import type { Body } from "../messages/message.ts";
import { Takeover } from "../speaker/takeover.ts";
import { testKeys } from "./keys.ts";

const KEYS = testKeys(1, [1]);
const INCARNATION = 1000n;

export const ADDRESS: IpAddress = addressOf("IPv4", 0xc0000201n);
export const GATEWAY: IpAddress = addressOf("IPv4", 0x0a0000fen);
export const STRANGER: Mac = mac(99);

/** One speaker under test, node 1 of four, whose clock, wire and peers the test plays. */
export class OneSpeaker {
  readonly takeover: Takeover;
  /** What it did, in words. */
  done: string[] = [];
  /** What it sent, newest last. */
  sent: { readonly to: bigint; readonly body: Body }[] = [];
  readonly reports: Report["type"][] = [];
  readonly splits: Report[] = [];
  readonly measured: Measurement[] = [];
  #nowMs = 0;
  #timers: { readonly atMs: number; readonly run: () => void; live: boolean }[] = [];
  #sequence = 0;

  /** @param list the list of the address; node 1 is under test */
  constructor(list: readonly bigint[], gatewayAnswers = true) {
    const peers = [1, 2, 3, 4].map(peer);
    const [self] = peers;
    if (self === undefined) throw new RangeError("no peers");
    this.takeover = new Takeover({
      self,
      incarnation: INCARNATION,
      interfaceId: 1,
      paths: ["Segment"],
      surroundings: { carrier: true, anchor: GATEWAY, caretake: true },
      environment: this.#environment(gatewayAnswers),
    });
    this.takeover.onDirectory(peers);
    this.takeover.start([]);
    this.takeover.onPlacements([{ address: ADDRESS, epoch: 1, list, first: false }]);
  }

  /** A speaker that announces the address under 1.0, as 2 and 3 know. */
  static holding(list: readonly bigint[] = [1n, 2n, 3n], gatewayAnswers = true): OneSpeaker {
    const one = new OneSpeaker(list, true);
    const claim = { epoch: 1, step: 0, firm: true, index: 0, node: 1n };
    // Whoever is heard after a longer silence has it announce anew.
    for (let i = 0; i < 3; i++) {
      one.run(2000);
      for (const node of [2n, 3n]) one.hear(node, { type: "ClaimAck", items: [{ address: ADDRESS, claim }] });
    }
    one.forget();
    one.#gatewayAnswers = gatewayAnswers;
    return one;
  }

  #gatewayAnswers = true;

  run(forMs: number): void {
    const untilMs = this.#nowMs + forMs;
    for (;;) {
      const [next] = this.#timers
        .filter(({ live, atMs }) => live && atMs <= untilMs)
        .sort((a, b) => a.atMs - b.atMs);
      if (next === undefined) break;
      this.#nowMs = Math.max(this.#nowMs, next.atMs);
      next.live = false;
      next.run();
    }
    this.#timers = this.#timers.filter(({ live }) => live);
    this.#nowMs = untilMs;
  }

  /** From now on. */
  gatewayAnswers(answers: boolean): void {
    this.#gatewayAnswers = answers;
  }

  /** Time passes in which nothing runs. */
  stall(forMs: number): void {
    this.#nowMs += forMs;
  }

  forget(): void {
    this.done = [];
    this.sent = [];
  }

  /** A fresh message of another node. */
  hear(from: bigint, body: Body): void {
    const header = { path: "Segment", sender: from, incarnation: from, interfaceId: 0 } as const;
    const sequence = this.#sequence++;
    this.takeover.onMessage(
      encode({ ...header, receiverIncarnation: INCARNATION, sequence }, body, KEYS),
      "Segment",
    );
  }

  claim(from: bigint, claim: Omit<Claim, "node">): void {
    const list = [1n, 2n, 3n];
    const items = [{ address: ADDRESS, claim: { ...claim, node: from } }];
    this.hear(from, { type: "Claim", list, page: undefined, items });
  }

  /** The messages of one type that were sent to a node. */
  sentTo<T extends Body["type"]>(to: bigint, type: T): readonly Extract<Body, { type: T }>[] {
    return this.sent.flatMap((one) => (one.to === to && isOf(one.body, type) ? [one.body] : []));
  }

  #environment(gatewayAnswers: boolean): Environment {
    this.#gatewayAnswers = gatewayAnswers;
    const did =
      (what: string) =>
      (address: IpAddress): void => {
        if (address.text === ADDRESS.text) this.done.push(what);
      };
    return {
      clock: { nowMs: () => this.#nowMs, after: (delayMs, run) => this.#after(delayMs, run) },
      keys: KEYS,
      send: (to, _, datagram) => {
        const read = decode(datagram, KEYS);
        if (read.ok) this.sent.push({ to, body: read.value.body });
      },
      probe: (target) => {
        did("probe")(target);
        if (target.text === GATEWAY.text && this.#gatewayAnswers)
          this.#after(1, () => this.takeover.onSeen(GATEWAY, mac(50), false));
      },
      announce: did("announce"),
      announceAgain: did("again"),
      stop: did("stop"),
      caretake: did("caretake"),
      relieve: did("relieve"),
      silence: (on) => this.done.push(on ? "silence" : "speak"),
      tell: () => {},
      report: (report) => {
        this.reports.push(report.type);
        if (report.type === "SplitBrain") this.splits.push(report);
      },
      measured: (what) => this.measured.push(what),
      keep: () => {},
      drop: () => {},
    };
  }

  #after(delayMs: number, run: () => void): Timer {
    const timer = { atMs: this.#nowMs + delayMs, run, live: true };
    this.#timers.push(timer);
    return {
      cancel: () => {
        timer.live = false;
      },
    };
  }
}

/** The MAC of a node. */
export function mac(node: number): Mac {
  return macFromBytes(Uint8Array.of(2, 0, 0, 0, 0, node));
}

function peer(node: number): Peer {
  return { id: BigInt(node), mac: mac(node), kernel: addressOf("IPv4", 0x0a000000n + BigInt(node)) };
}

function isOf<T extends Body["type"]>(body: Body, type: T): body is Extract<Body, { type: T }> {
  return body.type === type;
}
