import { addressOf, type IpAddress } from "@fairlead/net/address.ts";
import { macFromBytes } from "@fairlead/net/mac.ts";
import { SharedKeyring } from "@fairlead/speaker/failover/keyring.ts";
import { address, key } from "@fairlead/speaker/testing/values.ts";
import type { Clock } from "@fairlead/takeover/clock.ts";
import type { Environment, Peer } from "@fairlead/takeover/environment.ts";
import { decode, MOST_BYTES } from "@fairlead/takeover/messages/codec.ts";
import { Takeover } from "@fairlead/takeover/speaker/takeover.ts";
import type { Dice } from "../simulation/dice.ts";
import { Scheduler } from "../simulation/scheduler.ts";
import { Violation } from "./trial.ts";

export const SELF = 1n;
export const INCARNATION = 1000n;

/** What a datagram is dropped for before anybody looks at what it says. */
const UNREAD = [
  ...["TooShort", "TooLong", "NotOurs", "OtherVersion", "WrongLength", "UnknownKey", "WrongTag", "Malformed"],
  ...["OtherReceiver", "Retired", "Duplicate", "OutOfOrder", "OtherSegment", "Own", "Unchecked"],
];

export const PLACED: readonly IpAddress[] = [address("198.51.100.200"), address("2001:db8::200")];
/** The cluster's keys. */
export const CLUSTER: SharedKeyring = keyring(1);

/** One speaker of four with real keys, in virtual time, and what it does. */
export class HearingSpeaker {
  readonly takeover: Takeover;
  readonly #dice: Dice;
  readonly #scheduler = new Scheduler();
  #unread: string[] = [];
  #effects = 0;

  constructor(dice: Dice) {
    this.#dice = dice;
    const peers = [1, 2, 3, 4].map(peer);
    const [self] = peers;
    if (self === undefined) throw new RangeError("no peers");
    this.takeover = new Takeover({
      ...{ self, incarnation: INCARNATION, interfaceId: 1, paths: ["Segment"] },
      surroundings: { carrier: true, anchor: address("198.51.100.1"), caretake: true },
      environment: this.#environment(),
    });
    this.takeover.onDirectory(peers);
    this.takeover.start([]);
    const placement = { epoch: 1, first: false };
    this.takeover.onPlacements(
      PLACED.map((where, i) => ({
        ...placement,
        address: where,
        list: i === 0 ? [1n, 2n, 3n] : [2n, 1n, 3n],
      })),
    );
  }

  /** @returns why it was dropped unread, and how many things came of it at once */
  hear(bytes: Uint8Array): { readonly unread: string | undefined; readonly effects: number } {
    this.#scheduler.runUntil(this.#scheduler.nowMs + this.#dice.below(3));
    this.#unread = [];
    this.#effects = 0;
    this.takeover.onMessage(bytes, "Segment");
    const [unread, more] = this.#unread;
    if (more !== undefined) throw new Violation(`dropped for ${this.#unread.join()}`, bytes);
    return { unread, effects: this.#effects };
  }

  #clock(): Clock {
    return {
      nowMs: () => this.#scheduler.nowMs,
      after: (delayMs, run) => {
        let live = true;
        this.#scheduler.after(delayMs, () => {
          if (live) run();
        });
        return {
          cancel: () => {
            live = false;
          },
        };
      },
    };
  }

  #environment(): Environment {
    const effect = (): void => {
      this.#effects++;
    };
    const placedOnly = (where: IpAddress): void => {
      this.#effects++;
      if (!PLACED.some(({ text }) => text === where.text)) throw new Error(`${where.text} is answered for`);
    };
    return {
      ...{ clock: this.#clock(), keys: CLUSTER, probe: effect, announceAgain: placedOnly, stop: effect },
      ...{ announce: placedOnly, caretake: effect, relieve: effect, silence: effect, tell: effect },
      ...{ report: effect, keep: effect, measured: () => {} },
      send: (_to, _path, datagram) => {
        this.#effects++;
        if (datagram.length > MOST_BYTES || (this.#dice.below(8) === 0 && !decode(datagram, CLUSTER).ok))
          throw new Violation("a datagram was sent that nobody can read", datagram);
      },
      drop: (reason) => {
        if (UNREAD.includes(reason)) this.#unread.push(reason);
      },
    };
  }
}

/** Two keys whose bytes are these and the next. */
export function keyring(byte: number): SharedKeyring {
  const keys = new SharedKeyring();
  keys.set({ signing: key(1, byte), accepted: [key(1, byte), key(2, byte + 1)] });
  return keys;
}

function peer(node: number): Peer {
  const kernel = addressOf("IPv4", 0xc633640an + BigInt(node));
  return { id: BigInt(node), mac: macFromBytes(Uint8Array.of(2, 0, 0, 0, 0, node)), kernel };
}
