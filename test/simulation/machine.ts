import type { IpAddress } from "@fairlead/net/address.ts";
import type { Mac } from "@fairlead/net/mac.ts";
import { type Claim, claimText } from "@fairlead/takeover/claims/claim.ts";
import type { Environment, Memory, Peer, Reason, Report } from "@fairlead/takeover/environment.ts";
import type { Keyring } from "@fairlead/takeover/messages/codec.ts";
import type { Path } from "@fairlead/takeover/messages/message.ts";
import { Takeover } from "@fairlead/takeover/speaker/takeover.ts";
import { ProcessClock } from "./process.ts";
import type { World } from "./world.ts";

/** When an address is told after it was taken over, in ms. */
const BURST_MS = [0, 100, 500, 1100, 2200, 3300];

const NO_MEMORIES: readonly Memory[] = [];

/** The speaker's process: it runs the takeover code and answers by what that code said. */
interface Speaker {
  readonly clock: ProcessClock;
  readonly takeover: Takeover;
  readonly announced: Map<string, IpAddress>;
  readonly caretaken: Map<string, Mac>;
  silent: boolean;
}

/** One node: a kernel, a port on each network, and perhaps a speaker. */
export class Machine implements Peer {
  readonly number: number;
  readonly id: bigint;
  readonly mac: Mac;
  readonly kernel: IpAddress;
  readonly memories = new Map<string, Memory>();
  readonly claims = new Map<string, Claim>();
  readonly #world: World;
  kernelAlive = true;
  carrier = true;
  #kernelStalled = false;
  #speaker: Speaker | undefined;

  constructor(world: World, number: number, names: Peer) {
    this.#world = world;
    this.number = number;
    this.id = names.id;
    this.mac = names.mac;
    this.kernel = names.kernel ?? world.gateway;
  }

  get hasSpeaker(): boolean {
    return this.#speaker !== undefined;
  }

  /** Whether packets through this node arrive: what the kernel does without any speaker. */
  get forwards(): boolean {
    return this.kernelAlive && !this.#kernelStalled;
  }

  /** The MAC that is given out here for an address now. */
  answerFor(address: IpAddress): Mac | undefined {
    const speaker = this.#speaker;
    if (speaker === undefined || !speaker.clock.running || !this.forwards || speaker.silent) return undefined;
    return speaker.announced.has(address.text) ? this.mac : speaker.caretaken.get(address.text);
  }

  announces(address: IpAddress): boolean {
    return this.#speaker?.announced.has(address.text) === true;
  }

  caretakes(address: IpAddress): boolean {
    return this.#speaker?.caretaken.has(address.text) === true;
  }

  /** @param cache whether the file that the last process kept is still there */
  startSpeaker(cache: boolean): void {
    if (this.#speaker !== undefined || !this.kernelAlive) return;
    const world = this.#world;
    const clock = new ProcessClock(world.scheduler);
    const memories = cache ? [...this.memories.values()] : NO_MEMORIES;
    if (!cache) this.memories.clear();
    world.story(this, `speaker starts ${cache ? "with" : "without"} its cache`);
    const takeover = new Takeover({
      self: this,
      incarnation: BigInt(world.nextIncarnation()),
      segment: 1,
      paths: world.paths,
      surroundings: { carrier: this.carrier, anchor: world.anchor, caretake: world.caretake },
      environment: this.#environment(clock),
    });
    this.#speaker = { clock, takeover, announced: new Map(), caretaken: new Map(), silent: false };
    this.claims.clear();
    takeover.onDirectory(world.peers);
    takeover.start(memories);
    world.api.speakerStarted(this);
  }

  /** The process dies; the kernel lives. */
  killSpeaker(): void {
    if (this.#speaker === undefined) return;
    this.#world.story(this, "speaker dies");
    this.#speaker.takeover.stop();
    this.#speaker.clock.end();
    this.#speaker = undefined;
    this.claims.clear();
    this.#world.changed();
  }

  /** Runs something in the speaker's process, when it goes on. */
  inSpeaker(run: (takeover: Takeover) => void): void {
    const speaker = this.#speaker;
    speaker?.clock.deliver(() => run(speaker.takeover));
  }

  crash(): void {
    this.#world.story(this, "node dies");
    this.killSpeaker();
    this.kernelAlive = false;
    this.#kernelStalled = false;
    this.#world.changed();
  }

  boot(): void {
    if (this.kernelAlive) return;
    this.#world.story(this, "node boots");
    this.kernelAlive = true;
    this.#world.changed();
  }

  setCarrier(up: boolean): void {
    if (this.carrier === up) return;
    this.carrier = up;
    this.#world.story(this, `carrier ${up ? "back" : "lost"}`);
    const { anchor, caretake } = this.#world;
    this.inSpeaker((takeover) => takeover.onSurroundings({ carrier: this.carrier, anchor, caretake }));
    this.#world.changed();
  }

  /** The speaker stands still, and the kernel with it if `whole`. */
  stall(forMs: number, { whole, hidden }: { readonly whole: boolean; readonly hidden: boolean }): void {
    const speaker = this.#speaker;
    if (speaker === undefined || !speaker.clock.running) return;
    const world = this.#world;
    world.story(this, `${whole ? "machine" : "speaker"} stalls for ${Math.round(forMs)} ms`);
    speaker.clock.stall(hidden);
    if (whole) this.#kernelStalled = true;
    world.changed();
    world.scheduler.after(forMs, () => {
      world.story(this, "goes on");
      if (whole) this.#kernelStalled = false;
      speaker.clock.resume();
      world.changed();
    });
  }

  /** A datagram arrives at the node. */
  receive(datagram: Uint8Array, path: Path): void {
    if (!this.kernelAlive) return;
    this.inSpeaker((takeover) => takeover.onMessage(datagram, path));
  }

  /** Somebody asks the segment for an address. @param answer sends an answer with this MAC */
  asked(target: IpAddress, bySpeaker: boolean, answer: (mac: Mac) => void): void {
    if (!this.forwards) return;
    if (target.text === this.kernel.text) answer(this.mac);
    this.inSpeaker((takeover) => {
      takeover.check();
      const mac = this.answerFor(target);
      if (mac !== undefined && (mac === this.mac || !bySpeaker)) answer(mac);
    });
  }

  /** A frame of another says that this MAC has this address. */
  seen(address: IpAddress, mac: Mac, gratuitous: boolean): void {
    if (!this.forwards) return;
    this.inSpeaker((takeover) => takeover.onSeen(address, mac, gratuitous));
  }

  #environment(clock: ProcessClock): Environment {
    const world = this.#world;
    const machine = this;
    const said = (text: string): void => world.story(this, text);
    const burst = (address: IpAddress): void => {
      const speaker = this.#speaker;
      for (const at of BURST_MS)
        clock.after(at, () => {
          if (speaker?.announced.has(address.text) === true && !speaker.silent)
            world.gratuitous(this, address);
        });
    };
    return {
      clock,
      get keys(): Keyring {
        return world.keysOf(machine.number);
      },
      send: (to, path, datagram) => world.send(this, to, path, datagram),
      probe: (target) => world.probe(this, target),
      announce: (address) => {
        said(`announces ${address.text}`);
        this.#speaker?.announced.set(address.text, address);
        world.announced(this, address);
        burst(address);
      },
      announceAgain: burst,
      stop: (address) => {
        said(`stops announcing ${address.text}`);
        this.#speaker?.announced.delete(address.text);
        world.changed();
      },
      caretake: (address, mac) => {
        said(`answers for ${address.text} with ${mac}`);
        this.#speaker?.caretaken.set(address.text, mac);
        world.changed();
      },
      relieve: (address) => {
        said(`ends to answer for ${address.text} in another's place`);
        this.#speaker?.caretaken.delete(address.text);
        world.changed();
      },
      silence: (on) => {
        said(on ? "is in doubt" : "goes on after doubt");
        if (this.#speaker !== undefined) this.#speaker.silent = on;
        world.changed();
      },
      tell: (address, claim, reason) => this.#tell(address, claim, reason),
      report: (report: Report) => world.reported(this, report),
      measured: () => {},
      keep: (memory) => {
        if (memory.placement === undefined && memory.top === undefined)
          this.memories.delete(memory.address.text);
        else this.memories.set(memory.address.text, memory);
      },
      drop: (reason) => world.dropped(reason),
    };
  }

  #tell(address: IpAddress, claim: Claim | undefined, reason: Reason): void {
    const world = this.#world;
    world.story(
      this,
      claim === undefined
        ? `${address.text}: no claim any more (${reason})`
        : `${address.text}: claim ${claimText(claim)} (${reason})`,
    );
    if (claim === undefined) this.claims.delete(address.text);
    else this.claims.set(address.text, claim);
    world.checkClaim(this, address, claim);
    world.api.statusChanged(this);
  }
}
