import type { IpAddress } from "@fairlead/net/address.ts";
import type { Takeover } from "@fairlead/takeover/speaker/takeover.ts";
import type { Lan } from "./lan.ts";
import { ProcessClock } from "./process.ts";
import { Station } from "./station.ts";
import type { World } from "./world.ts";

/** How far apart the clocks of two processes are at most. */
const MOST_AHEAD_MS = 1e9;

/** One node: a kernel, a port on each of its segments, and perhaps a speaker. */
export class Machine {
  readonly number: number;
  readonly name: string;
  readonly stations: readonly Station[];
  readonly #world: World;
  kernelAlive = true;
  #kernelStalled = false;
  #speaker: ProcessClock | undefined;

  constructor(world: World, number: number, lans: readonly Lan[]) {
    this.#world = world;
    this.number = number;
    this.name = `n${number}`;
    this.stations = lans.map((lan) => new Station(world, this, lan));
  }

  get hasSpeaker(): boolean {
    return this.#speaker !== undefined;
  }

  /** Whether packets through this node arrive: what the kernel does without any speaker. */
  get forwards(): boolean {
    return this.kernelAlive && !this.#kernelStalled;
  }

  on(segment: number): Station | undefined {
    return this.stations.find(({ lan }) => lan.number === segment);
  }

  announces(address: IpAddress): boolean {
    return this.stations.some((station) => station.announces(address));
  }

  /** @param cache whether the file that the last process kept is still there */
  startSpeaker(cache: boolean): void {
    if (this.#speaker !== undefined || !this.kernelAlive) return;
    this.#world.story(this, `speaker starts ${cache ? "with" : "without"} its cache`);
    const clock = new ProcessClock(this.#world.scheduler, this.#world.dice.between(0, MOST_AHEAD_MS));
    this.#speaker = clock;
    for (const station of this.stations) station.start(clock, cache);
    this.#world.api.speakerStarted(this);
  }

  /** The process dies; the kernel lives. */
  killSpeaker(): void {
    if (this.#speaker === undefined) return;
    this.#world.story(this, "speaker dies");
    for (const station of this.stations) station.end();
    this.#speaker.end();
    this.#speaker = undefined;
    this.#changed();
  }

  /** Runs something in the speaker's process for each segment, when it goes on. */
  inSpeaker(run: (takeover: Takeover) => void): void {
    for (const station of this.stations) station.inSpeaker(run);
  }

  /** The speaker is exchanged: it says so, ends, and is back after a while. */
  upgrade(awayMs: number): void {
    this.inSpeaker((takeover) => takeover.restarting());
    this.#world.later(31, () => this.killSpeaker());
    this.#world.later(31 + awayMs, () => this.startSpeaker(true));
  }

  /** Hands over everything. @param done called when nothing is left, or after 2 s */
  drain(done: () => void): void {
    let left = this.stations.length;
    this.inSpeaker((takeover) =>
      takeover.drain(() => {
        if (--left === 0) done();
      }),
    );
  }

  crash(): void {
    this.#world.story(this, "node dies");
    this.killSpeaker();
    this.kernelAlive = false;
    this.#kernelStalled = false;
    this.#changed();
  }

  boot(): void {
    if (this.kernelAlive) return;
    this.#world.story(this, "node boots");
    this.kernelAlive = true;
    this.#changed();
  }

  /** On all segments, or on one. */
  setCarrier(up: boolean, segment?: number): void {
    for (const station of this.stations)
      if (segment === undefined || segment === station.lan.number) station.setCarrier(up);
  }

  /** The speaker stands still, and the kernel with it if `whole`. */
  stall(forMs: number, { whole, hidden }: { readonly whole: boolean; readonly hidden: boolean }): void {
    const speaker = this.#speaker;
    if (speaker === undefined || !speaker.running) return;
    this.#world.story(this, `${whole ? "machine" : "speaker"} stalls for ${Math.round(forMs)} ms`);
    speaker.stall(hidden);
    if (whole) this.#kernelStalled = true;
    this.#changed();
    this.#world.later(forMs, () => {
      this.#world.story(this, "goes on");
      if (whole) this.#kernelStalled = false;
      speaker.resume();
      this.#changed();
    });
  }

  #changed(): void {
    for (const { lan } of this.stations) lan.changed();
  }
}
