import { addressOf, type IpAddress } from "@fairlead/net/address.ts";
import type { Drop, Report } from "@fairlead/takeover/environment.ts";
import type { Keyring } from "@fairlead/takeover/messages/codec.ts";
import type { Path } from "@fairlead/takeover/messages/message.ts";
import { testKeys } from "@fairlead/takeover/testing/keys.ts";
import { Api, type VirtualIp } from "./api.ts";
import { Dice } from "./dice.ts";
import { Lan } from "./lan.ts";
import { Machine } from "./machine.ts";
import { Measure } from "./measure.ts";
import { Network } from "./network.ts";
import { Scheduler } from "./scheduler.ts";
import type { Station } from "./station.ts";

export interface WorldOptions {
  readonly seed: number;
  readonly nodes: number;
  readonly addresses: number;
  /** How many nodes the addresses are spread over at the start. @default all */
  readonly owners?: number;
  /** 2: the nodes' own addresses are on another network than the segments. */
  readonly networks: 1 | 2;
  /** How many segments there are. Every address is on all of them. */
  readonly segments: number;
  /** Whether each segment has a gateway that speakers use as their anchor. */
  readonly hasGateway: boolean;
  readonly caretake: boolean;
  /** Keep what happens, to be read. */
  readonly keepStory: boolean;
}

/** A datagram, as it was sent to a station. */
export interface Sent {
  readonly to: Station;
  readonly path: Path;
  readonly datagram: Uint8Array;
}

/** A whole cluster with its networks, gateways, clients and API, in virtual time. */
export class World {
  readonly options: WorldOptions;
  readonly scheduler = new Scheduler();
  readonly dice: Dice;
  readonly lans: readonly Lan[];
  readonly nodeNetwork: Network;
  readonly api: Api;
  readonly machines: readonly Machine[];
  readonly measure = new Measure();
  readonly paths: readonly Path[];
  readonly reports = new Map<Report["type"], number>();
  readonly drops = new Map<Drop, number>();
  /** Broken invariants, in words. */
  readonly broken: string[] = [];
  readonly lines: string[] = [];
  /** Every datagram that was sent while it was recorded, to be sent again. */
  readonly recorded: Sent[] = [];
  recording = false;
  udpBlocked = false;
  messages = 0;
  readonly #keys = new Map<number, Keyring>();
  #newestKey = 1;
  /** Until then the last change of the key goes on. */
  #keysBusyMs = 0;
  #incarnation = 1;
  #addresses = 0;

  constructor(options: WorldOptions) {
    this.options = options;
    this.dice = new Dice(options.seed);
    this.api = new Api(this);
    this.lans = range(options.segments).map((segment) => new Lan(this, segment));
    this.nodeNetwork = new Network(this.scheduler, this.dice, () => {});
    this.paths = options.networks === 1 ? ["Segment"] : ["Segment", "Node"];
    this.machines = range(options.nodes).map((number) => new Machine(this, number, this.lans));
    for (let i = 0; i < options.addresses; i++) {
      const names = this.machines.map(({ name }) => name);
      const first = i % (options.owners ?? names.length);
      this.api.create(this.newAddress(), [...names.slice(first), ...names.slice(0, first)].slice(0, 8));
    }
  }

  /** The first segment. */
  get lan(): Lan {
    const [lan] = this.lans;
    if (lan === undefined) throw new RangeError("there is no segment");
    return lan;
  }

  /** The first segment's network. */
  get segment(): Network {
    return this.lan.network;
  }

  /** A segment's network; of 0 that of the nodes' own addresses. @throws RangeError if there is none */
  network(segment: number): Network {
    const network = segment === 0 ? this.nodeNetwork : this.lans[segment - 1]?.network;
    if (network === undefined) throw new RangeError(`there is no segment ${segment}`);
    return network;
  }

  /** The VirtualIP whose owner the first node was at the start. */
  get first(): VirtualIp {
    const [object] = this.api.objects;
    if (object === undefined) throw new RangeError("there is no address");
    return object;
  }

  nextIncarnation(): number {
    return this.#incarnation++;
  }

  /** One that there was not before; every third is of IPv6. */
  newAddress(): IpAddress {
    const number = BigInt(this.#addresses++);
    if (number % 3n !== 1n) return addressOf("IPv4", 0xac100001n + number);
    return addressOf("IPv6", (0x20010db8n << 96n) + 1n + number);
  }

  /** Starts everything and lets it settle; what follows is measured. */
  settle(): void {
    for (const machine of this.machines)
      this.scheduler.after(this.dice.between(0, 500), () => machine.startSpeaker(true));
    // Nobody decides about what only starts, so that the lists are as they were written.
    this.api.controller.up = false;
    this.api.start();
    this.scheduler.runUntil(2000);
    this.api.controller.up = true;
    for (const lan of this.lans) for (const { address } of this.api.objects) lan.use(address);
    this.scheduler.runUntil(3500 + this.dice.between(0, 1000));
    this.measure.start(this.scheduler.nowMs);
    for (const lan of this.lans) lan.changed();
  }

  /** Lets time pass. */
  run(forMs: number): void {
    this.scheduler.runUntil(this.scheduler.nowMs + forMs);
  }

  later(afterMs: number, run: () => void): void {
    this.scheduler.after(afterMs, run);
  }

  machine(number: number): Machine {
    const machine = this.machines[number - 1];
    if (machine === undefined) throw new RangeError(`there is no node ${number}`);
    return machine;
  }

  /** The node that announces an address; the lowest if several do, undefined if none. */
  holderOf(address: IpAddress): Machine | undefined {
    return this.machines.find((machine) => machine.announces(address));
  }

  /**
   * Changes the key in the three steps of the controller: all nodes know the new one, all sign with it, all forget the old one. In each
   * step one node after the other hears of it.
   */
  rollOutKey(forMs: number): void {
    const startMs = Math.max(this.scheduler.nowMs, this.#keysBusyMs);
    this.#keysBusyMs = startMs + forMs;
    const before = this.#newestKey;
    const next = (before % 250) + 1;
    this.#newestKey = next;
    const steps: readonly (readonly [number, readonly number[]])[] = [
      [before, [before, next]],
      [next, [before, next]],
      [next, [next]],
    ];
    for (const [i, [signing, known]] of steps.entries())
      for (const { number } of this.machines) {
        const atMs = startMs + ((i + this.dice.between(0, 0.9)) * forMs) / steps.length;
        this.scheduler.at(atMs, () => this.setKeys(number, signing, known));
      }
  }

  /** From now on this node signs with one key and knows these. */
  setKeys(node: number, signing: number, known: readonly number[]): void {
    this.#keys.set(node, testKeys(signing, known));
  }

  keysOf(node: number): Keyring {
    const keys = this.#keys.get(node) ?? testKeys(1, [1]);
    this.#keys.set(node, keys);
    return keys;
  }

  send(from: Station, to: bigint, path: Path, datagram: Uint8Array): void {
    const station = this.machines[Number(to) - 1]?.on(from.lan.number);
    if (station === undefined) return;
    this.messages++;
    if (this.recording) this.recorded.push({ to: station, path, datagram });
    if (this.udpBlocked || (path === "Segment" && !(from.carrier && station.carrier))) return;
    const network = path === "Segment" ? from.lan.network : this.nodeNetwork;
    network.send(from.machine.number, station.machine.number, () => station.receive(datagram, path));
  }

  story(machine: Machine | undefined, text: string): void {
    if (!this.options.keepStory) return;
    const who = (machine?.name ?? "").padEnd(4);
    this.lines.push(`${(this.scheduler.nowMs / 1000).toFixed(3).padStart(8)} s  ${who} ${text}`);
  }

  /** Something that must always hold does not. */
  isBroken(text: string): void {
    this.story(undefined, `BROKEN: ${text}`);
    this.broken.push(text);
  }

  reported(station: Station, report: Report): void {
    if (!this.reports.has(report.type)) station.story(`reports ${report.type}`);
    this.reports.set(report.type, (this.reports.get(report.type) ?? 0) + 1);
  }

  dropped(reason: Drop): void {
    this.drops.set(reason, (this.drops.get(reason) ?? 0) + 1);
  }
}

/** From 1. */
function range(length: number): readonly number[] {
  return Array.from({ length }, (_, i) => i + 1);
}
