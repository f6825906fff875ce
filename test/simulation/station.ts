import type { IpAddress } from "@fairlead/net/address.ts";
import { type Mac, macToBytes } from "@fairlead/net/mac.ts";
import type { Announcement } from "@fairlead/speaker/announcements/announcement.ts";
import { GratuitousSchedule } from "@fairlead/speaker/layer2/gratuitous.ts";
import { type Claim, claimText, isHigher } from "@fairlead/takeover/claims/claim.ts";
import type { Environment, Memory, Peer, Placement, Reason } from "@fairlead/takeover/environment.ts";
import type { Keyring } from "@fairlead/takeover/messages/codec.ts";
import type { Path } from "@fairlead/takeover/messages/message.ts";
import { Takeover } from "@fairlead/takeover/speaker/takeover.ts";
import { type Lan, peerOn } from "./lan.ts";
import type { Machine } from "./machine.ts";
import type { ProcessClock } from "./process.ts";
import { Witness } from "./witness.ts";
import type { World } from "./world.ts";

/** A speaker that runs for so long has learned what there is to know. */
const LEARNED_MS = 1000;

/** What a speaker's process has for one segment. */
interface Running {
  readonly clock: ProcessClock;
  readonly takeover: Takeover;
  readonly gratuitous: GratuitousSchedule;
  readonly witness: Witness;
  readonly sinceMs: number;
  silent: boolean;
}

/** A node on one segment: its port there, and the takeover code that its speaker runs for it. */
export class Station implements Peer {
  readonly machine: Machine;
  readonly lan: Lan;
  readonly id: bigint;
  readonly mac: Mac;
  readonly kernel: IpAddress;
  /** The file that the speaker keeps. */
  readonly memories = new Map<string, Memory>();
  /** What its status says. */
  readonly claims = new Map<string, Claim>();
  carrier = true;
  readonly #world: World;
  readonly #announced = new Map<string, IpAddress>();
  readonly #caretaken = new Map<string, Mac>();
  #running: Running | undefined;

  constructor(world: World, machine: Machine, lan: Lan) {
    const { id, mac, kernel } = peerOn(lan.number, machine.number);
    this.#world = world;
    this.machine = machine;
    this.lan = lan;
    this.id = id;
    this.mac = mac;
    this.kernel = kernel;
    lan.join(this);
  }

  /** The MAC that is given out here for an address now. */
  answerFor(address: IpAddress): Mac | undefined {
    const running = this.#running;
    if (running === undefined || !running.clock.running || !this.machine.forwards || running.silent)
      return undefined;
    return this.#announced.has(address.text) ? this.mac : this.#caretaken.get(address.text);
  }

  announces(address: IpAddress): boolean {
    return this.#announced.has(address.text);
  }

  caretakes(address: IpAddress): boolean {
    return this.#caretaken.has(address.text);
  }

  /** Whether its speaker runs for a while and knows that it is on the list of the address. */
  isInformedOf(address: IpAddress): boolean {
    const running = this.#running;
    return (
      running?.clock.running === true &&
      this.machine.forwards &&
      this.#world.scheduler.nowMs - running.sinceMs >= LEARNED_MS &&
      this.memories.get(address.text)?.placement?.list.includes(this.id) === true
    );
  }

  start(clock: ProcessClock, cache: boolean): void {
    const world = this.#world;
    if (!cache) this.memories.clear();
    const witness = new Witness(clock);
    const takeover = new Takeover({
      self: this,
      incarnation: BigInt(world.nextIncarnation()),
      interfaceId: this.lan.number,
      paths: world.paths,
      surroundings: this.#surroundings(),
      environment: this.#environment(clock, witness),
    });
    const gratuitous = new GratuitousSchedule({
      clock,
      random: { next: () => world.dice.between(0, 1) },
      refreshMs: 0,
      send: ({ address }) => {
        if (this.#running?.silent === false) this.lan.gratuitous(this, address);
      },
    });
    this.#running = { clock, takeover, gratuitous, witness, sinceMs: world.scheduler.nowMs, silent: false };
    takeover.onDirectory(this.lan.stations);
    takeover.start([...this.memories.values()]);
    world.later(LEARNED_MS, () => this.lan.changed());
  }

  /** The process is gone. */
  end(): void {
    this.#running?.takeover.stop();
    this.#running = undefined;
    this.#announced.clear();
    this.#caretaken.clear();
    this.claims.clear();
  }

  /** Runs something in the speaker's process, when it goes on. */
  inSpeaker(run: (takeover: Takeover) => void): void {
    const running = this.#running;
    running?.clock.deliver(() => run(running.takeover));
  }

  setCarrier(up: boolean): void {
    if (this.carrier === up) return;
    this.carrier = up;
    this.story(`carrier ${up ? "back" : "lost"}`);
    this.inSpeaker((takeover) => takeover.onSurroundings(this.#surroundings()));
    this.lan.changed();
  }

  /** What the API says of addresses on this segment. */
  place(placements: readonly Placement[], gone: readonly IpAddress[] | "Others"): void {
    for (const { address } of placements) this.lan.concerns(address, this);
    this.inSpeaker((takeover) =>
      gone === "Others" ? takeover.onPlacements(placements) : takeover.onPlacementChange(placements, gone),
    );
  }

  receive(datagram: Uint8Array, path: Path): void {
    if (!this.machine.kernelAlive) return;
    this.inSpeaker((takeover) => {
      this.#running?.witness.heard(datagram);
      takeover.onMessage(datagram, path);
    });
  }

  /** Somebody asks the segment for an address. @param answer sends an answer with this MAC */
  asked(target: IpAddress, bySpeaker: boolean, answer: (mac: Mac) => void): void {
    if (!this.machine.forwards) return;
    if (target.text === this.kernel.text) answer(this.mac);
    this.inSpeaker((takeover) => {
      takeover.check();
      const mac = this.answerFor(target);
      if (mac !== undefined && (mac === this.mac || !bySpeaker)) answer(mac);
    });
  }

  /** A frame of another says that this MAC has this address. */
  seen(address: IpAddress, mac: Mac, gratuitous: boolean): void {
    if (this.machine.forwards) this.inSpeaker((takeover) => takeover.onSeen(address, mac, gratuitous));
  }

  story(text: string): void {
    this.#world.story(this.machine, this.#world.lans.length > 1 ? `(lan ${this.lan.number}) ${text}` : text);
  }

  #surroundings() {
    const { lan, carrier } = this;
    return { carrier, anchor: lan.anchor, caretake: this.#world.options.caretake };
  }

  #announcement(address: IpAddress): Announcement {
    const { mac } = this;
    const place = { interfaceIndex: this.lan.number, interfaceName: `lan${this.lan.number}` };
    return { address, ...place, mac, macBytes: macToBytes(mac), caretaking: false };
  }

  #environment(clock: ProcessClock, witness: Witness): Environment {
    const world = this.#world;
    const { lan, machine } = this;
    const told = (address: IpAddress, text: string): void => {
      this.story(text);
      lan.changedFor(address);
    };
    return {
      clock,
      get keys(): Keyring {
        return world.keysOf(machine.number);
      },
      send: (to, path, datagram) => world.send(this, to, path, datagram),
      probe: (target) => {
        witness.probed();
        lan.probe(this, target);
      },
      announce: (address) => {
        if (!witness.mayAnnounce()) world.isBroken(`n${machine.number} announces ${address.text} unasked`);
        lan.concerns(address, this);
        this.#announced.set(address.text, address);
        world.measure.announced(`${lan.number} ${address.text}`, machine.number);
        told(address, `announces ${address.text}`);
        this.#running?.gratuitous.announce(this.#announcement(address));
      },
      announceAgain: (address) => this.#running?.gratuitous.announce(this.#announcement(address)),
      stop: (address) => {
        this.#announced.delete(address.text);
        this.#running?.gratuitous.withdraw(this.#announcement(address));
        told(address, `stops announcing ${address.text}`);
      },
      caretake: (address, mac) => {
        lan.concerns(address, this);
        this.#caretaken.set(address.text, mac);
        told(address, `answers for ${address.text} with ${mac}`);
      },
      relieve: (address) => {
        this.#caretaken.delete(address.text);
        told(address, `ends to answer for ${address.text} in another's place`);
      },
      silence: (on) => {
        if (this.#running !== undefined) this.#running.silent = on;
        this.story(on ? "is in doubt" : "goes on after doubt");
        lan.changed();
      },
      tell: (address, claim, reason) => this.#tell(address, claim, reason),
      report: (report) => world.reported(this, report),
      measured: () => {},
      keep: (memory) => this.#keep(memory),
      drop: (reason) => world.dropped(reason),
    };
  }

  /** Invariant 3: what one speaker knows and claims only rises. */
  #keep(memory: Memory): void {
    const { address, placement, top } = memory;
    const before = this.memories.get(address.text);
    if (placement === undefined && top === undefined) {
      this.memories.delete(address.text);
      return;
    }
    if (before?.top !== undefined && (top === undefined || isHigher(before.top, top)))
      this.#world.isBroken(`n${this.machine.number} knows less of ${address.text} than before`);
    this.memories.set(address.text, memory);
  }

  #tell(address: IpAddress, claim: Claim | undefined, reason: Reason): void {
    const before = this.claims.get(address.text);
    if (claim === undefined) this.claims.delete(address.text);
    else {
      if (before !== undefined && isHigher(before, claim))
        this.#world.isBroken(
          `n${this.machine.number} claims ${address.text} under ${claimText(claim)} after ${claimText(before)}`,
        );
      this.claims.set(address.text, claim);
    }
    this.story(`${address.text}: ${claim ? `claim ${claimText(claim)}` : "no claim any more"} (${reason})`);
    this.#world.api.statusChanged(this, address);
  }
}
