import type { Announcer, Placement as Recorded } from "@fairlead/api/virtual-ip.ts";
import type { IpAddress } from "@fairlead/net/address.ts";
import type { Claim } from "@fairlead/takeover/claims/claim.ts";
import type { Placement } from "@fairlead/takeover/environment.ts";
import { Controller } from "./controller.ts";
import type { Machine } from "./machine.ts";
import type { Station } from "./station.ts";
import type { World } from "./world.ts";

/** How often the API's news go round, writes arrive and the controller decides. */
const TICK_MS = 250;
/** A speaker that starts removes its status of what it does not hold once it had time to learn. */
const SETTLED_MS = 1500;

/** One VirtualIP. */
export interface VirtualIp {
  readonly address: IpAddress;
  /** On which it is answered for. */
  readonly segments: readonly number[];
  placement: Recorded;
  /** The node that a person wants it on. */
  wish: string | undefined;
  /** By segment and node: what the status says. */
  readonly announcers: Map<string, Announcer & { readonly claim: Claim }>;
  /** Nobody ever announced it. */
  isNew: boolean;
}

/** The API server: who can write to it and hears of it, and when. */
export class Api {
  readonly objects: VirtualIp[] = [];
  readonly controller: Controller;
  readonly #world: World;
  readonly #cut = new Set<number>();
  readonly #byAddress = new Map<string, VirtualIp>();
  /** What each speaker has not heard of yet. */
  readonly #news = new Map<string, Set<VirtualIp> | "All">();
  /** What each speaker has not written yet. */
  readonly #dirty = new Map<Station, Set<string>>();
  #up = true;

  constructor(world: World) {
    this.#world = world;
    this.controller = new Controller(world, (object, before) => this.#changed(object, before));
  }

  get up(): boolean {
    return this.#up;
  }

  start(): void {
    this.#tick();
  }

  /** A VirtualIP as somebody left it who wrote this list. */
  create(address: IpAddress, nodes: readonly string[], isNew = false): VirtualIp {
    const segments = this.#world.lans.map(({ number }) => number);
    const placement: Recorded = {
      epoch: 1,
      nodes,
      ...(segments.length > 1 && { interfaces: segments.map((number) => `lan${number}`) }),
      protocols: ["Layer2"],
    };
    const object = { address, segments, placement, wish: undefined, announcers: new Map(), isNew };
    this.objects.push(object);
    this.#byAddress.set(address.text, object);
    this.controller.created(object);
    this.#changed(object, []);
    return object;
  }

  setUp(up: boolean): void {
    this.#up = up;
    this.#world.story(undefined, `the API is ${up ? "back" : "gone"}`);
    // What was not heard of while nobody listened counts from now.
    if (up) this.controller.forgetSilence();
  }

  /** Cuts one node off the API, or not any more. */
  setCut(node: number, cut: boolean): void {
    if (cut) this.#cut.add(node);
    else this.#cut.delete(node);
  }

  healPaths(): void {
    this.#cut.clear();
  }

  /** An order: this address is to be there. */
  move(object: VirtualIp, to: number): void {
    if (!this.#up) return;
    object.wish = this.#world.machine(to).name;
    this.#world.story(undefined, `${object.address.text} is to move to ${object.wish}`);
    this.controller.look(object);
  }

  speakerStarted(machine: Machine): void {
    this.#news.set(machine.name, "All");
    this.#world.later(SETTLED_MS, () => {
      for (const station of machine.stations)
        for (const { address } of this.objects) this.statusChanged(station, address);
    });
  }

  statusChanged(station: Station, address: IpAddress): void {
    const dirty = this.#dirty.get(station) ?? new Set();
    this.#dirty.set(station, dirty.add(address.text));
  }

  #tick(): void {
    const { machines } = this.#world;
    this.#world.later(TICK_MS, () => this.#tick());
    if (!this.#up) return;
    for (const machine of machines) {
      if (!machine.forwards || this.#cut.has(machine.number)) continue;
      this.controller.heardOf(machine);
      if (!machine.hasSpeaker) continue;
      for (const station of machine.stations) this.#write(station);
      this.#tell(machine);
    }
    this.controller.run();
  }

  #write(station: Station): void {
    const { lan, machine, mac, claims } = station;
    for (const text of this.#dirty.get(station) ?? []) {
      const object = this.#byAddress.get(text);
      if (object === undefined) continue;
      const claim = claims.get(text);
      const key = `${lan.number} ${machine.name}`;
      if (claim === undefined) {
        if (!object.announcers.delete(key)) continue;
      } else {
        const { epoch, step, firm } = claim;
        const said = { node: machine.name, interface: `lan${lan.number}`, mac, epoch, step, since: "" };
        object.announcers.set(key, { ...said, provisional: !firm, claim });
        object.isNew = false;
      }
      this.controller.look(object);
    }
    this.#dirty.delete(station);
  }

  /** A speaker hears of what names its node, and of what it announces; anything else is none of its business. */
  #tell(machine: Machine): void {
    const news = this.#news.get(machine.name);
    if (news === undefined) return;
    this.#news.delete(machine.name);
    const objects = news === "All" ? this.controller.concerning(machine.name) : [...news];
    for (const station of machine.stations) {
      const set: Placement[] = [];
      const gone: IpAddress[] = [];
      for (const object of objects) {
        if (!object.segments.includes(station.lan.number)) continue;
        const isAnnounced = object.announcers.has(`${station.lan.number} ${machine.name}`);
        if (object.placement.nodes.includes(machine.name) || isAnnounced) set.push(this.#placementOf(object));
        else gone.push(object.address);
      }
      if (set.length + gone.length > 0 || news === "All")
        station.place(set, news === "All" ? "Others" : gone);
    }
  }

  #placementOf({ address, placement, announcers, isNew }: VirtualIp): Placement {
    const list = placement.nodes.map((name) => BigInt(name.slice(1)));
    const nowhereElse = [...announcers.values()].every(({ node }) => node === placement.nodes[0]);
    return { address, epoch: placement.epoch, list, first: isNew, nowhereElse };
  }

  #changed(object: VirtualIp, before: readonly string[]): void {
    const announcing = [...object.announcers.values()].map(({ node }) => node);
    for (const name of new Set([...before, ...object.placement.nodes, ...announcing])) {
      const news = this.#news.get(name) ?? new Set();
      if (news !== "All") this.#news.set(name, news.add(object));
    }
  }
}
