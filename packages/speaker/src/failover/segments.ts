import type { IpAddress } from "@fairlead/net/address.ts";
import type { Mac } from "@fairlead/net/mac.ts";
import type { Memory } from "@fairlead/takeover/environment.ts";
import type { Place } from "../announcements/announcement.ts";
import type { PresentInterface } from "../announcements/present-interface.ts";
import type { PlacedAddress } from "../announcements/snapshot.ts";
import type { Outcome } from "../announcements/table.ts";
import type { NeighborNode } from "./neighbors.ts";
import { Segment, type SegmentOptions } from "./segment.ts";

export interface SegmentsOptions extends Omit<SegmentOptions, "incarnation"> {
  /** A random number of 64 bits, not 0. */
  readonly newIncarnation: () => bigint;
  /** What the last process kept, by interface. */
  readonly memories: ReadonlyMap<string, readonly Memory[]>;
}

/** The failover protocol on each interface on which an address of ours may be answered for. */
export class Segments {
  readonly #options: SegmentsOptions;
  readonly #segments = new Map<number, Segment>();
  /** Where each address could be answered for, by its text. */
  readonly #places = new Map<string, ReadonlySet<number>>();
  readonly #placed = new Map<string, PlacedAddress>();
  /** By interface and address: what a segment that is built anew begins with. */
  readonly #memories = new Map<string, Map<string, Memory>>();
  /** Interfaces on which no frames can be read. */
  readonly #unreadable = new Set<number>();
  #present: ReadonlyMap<number, PresentInterface> = new Map();
  #nodes: readonly NeighborNode[] = [];
  /** What is asked for and never answered for, by interface. */
  #asked: ReadonlyMap<string, readonly IpAddress[]> = new Map();

  constructor(options: SegmentsOptions) {
    this.#options = options;
    for (const [name, memories] of options.memories)
      this.#memories.set(name, new Map(memories.map((memory) => [memory.address.text, memory])));
  }

  /** Takes in who the other speakers are. */
  setNodes(nodes: readonly NeighborNode[]): void {
    this.#nodes = nodes;
    for (const segment of this.#segments.values()) segment.setNeighbors(nodes);
  }

  /** Takes in the interfaces that there are now; to be followed by the outcomes that they changed. */
  setInterfaces(interfaces: readonly PresentInterface[]): void {
    this.#present = new Map(interfaces.map((present) => [present.index, present]));
    for (const index of this.#unreadable) if (!this.#present.has(index)) this.#unreadable.delete(index);
    for (const [index, segment] of [...this.#segments]) {
      const present = this.#present.get(index);
      if (present !== undefined) this.#renamed(segment.self.name, present.name);
      if (present?.mac !== undefined && segment.isStill(present)) segment.setPresent(present, this.#nodes);
      else this.#renew(index);
    }
    this.#listenForAsked();
  }

  /** Takes in the addresses whose frames are listened for though they are placed nowhere, by the name of the interface. */
  listenFor(asked: ReadonlyMap<string, readonly IpAddress[]>): void {
    this.#asked = asked;
    this.#listenForAsked();
  }

  /** The index of an interface on which an answer would be heard; undefined: there is none of that name. */
  hearingOn(name: string): number | undefined {
    const segment = [...this.#segments.values()].find((one) => one.self.name === name);
    return segment?.hears ? segment.self.index : undefined;
  }

  /** Takes in where addresses could be answered for. */
  place(outcomes: ReadonlyMap<string, Outcome | undefined>): void {
    const set = new Map<number, PlacedAddress[]>();
    const removed = new Map<number, IpAddress[]>();
    for (const [key, outcome] of outcomes) {
      const before = this.#places.get(key) ?? new Set<number>();
      const placed = outcome?.placed ?? this.#placed.get(key);
      if (placed === undefined) continue;
      const after = new Set(
        outcome === undefined ? [] : placesOf(outcome).map((place) => place.interfaceIndex),
      );
      for (const index of after) push(set, index, placed);
      for (const index of before) if (!after.has(index)) push(removed, index, placed.address);
      if (outcome === undefined) {
        this.#places.delete(key);
        this.#placed.delete(key);
      } else {
        this.#places.set(key, after);
        this.#placed.set(key, placed);
      }
    }
    for (const index of new Set([...set.keys(), ...removed.keys()]))
      this.#segment(index)?.place(set.get(index) ?? [], removed.get(index) ?? []);
  }

  /** See {@link Segment.setReadable}. */
  setReadable(interfaceIndex: number, readable: boolean): void {
    if (readable) this.#unreadable.delete(interfaceIndex);
    else this.#unreadable.add(interfaceIndex);
    this.#segments.get(interfaceIndex)?.setReadable(readable);
  }

  onSeen(interfaceIndex: number, address: IpAddress, mac: Mac, gratuitous: boolean): void {
    this.#segments.get(interfaceIndex)?.onSeen(address, mac, gratuitous);
  }

  /** To be called before a frame of this interface is answered. */
  check(interfaceIndex: number): void {
    this.#segments.get(interfaceIndex)?.check();
  }

  /** This process exits and will be back. */
  restarting(): void {
    for (const segment of this.#segments.values()) segment.restarting();
  }

  /** This node leaves. @param done called when everything is handed over, or after 2 s */
  drain(done: () => void): void {
    let left = this.#segments.size;
    if (left === 0) done();
    for (const segment of this.#segments.values())
      segment.drain(() => {
        if (--left === 0) done();
      });
  }

  stop(): void {
    for (const segment of this.#segments.values()) segment.stop();
    this.#segments.clear();
  }

  #listenForAsked(): void {
    for (const present of this.#present.values()) {
      const asked = this.#asked.get(present.name) ?? [];
      const segment = asked.length > 0 ? this.#segment(present.index) : this.#segments.get(present.index);
      segment?.listenFor(asked);
    }
  }

  /** What was learned on an interface is still true under its new name. */
  #renamed(from: string, to: string): void {
    const memories = this.#memories.get(from);
    if (from === to || memories === undefined) return;
    this.#memories.delete(from);
    this.#memories.set(to, memories);
  }

  /** The interface is another one, or is no more. */
  #renew(index: number): void {
    this.#segments.get(index)?.stop();
    this.#segments.delete(index);
    const placed = [...this.#placed].flatMap(([key, one]) =>
      this.#places.get(key)?.has(index) ? [one] : [],
    );
    if (placed.length > 0) this.#segment(index)?.place(placed, []);
  }

  /** The segment of an interface, made when first something is placed there. */
  #segment(index: number): Segment | undefined {
    const known = this.#segments.get(index);
    const present = this.#present.get(index);
    if (known !== undefined || present?.mac === undefined) return known;
    const { newIncarnation, memories: _, ...options } = this.#options;
    // Of what is placed elsewhere by now, or not at all, nobody would ever let go.
    const memories = [...(this.#memories.get(present.name)?.values() ?? [])].filter(({ address }) =>
      this.#places.get(address.text)?.has(index),
    );
    const segment = new Segment(
      {
        ...options,
        incarnation: newIncarnation(),
        onMemory: (self, memory) => {
          this.#remember(self.name, memory);
          options.onMemory(self, memory);
        },
      },
      present,
      { memories, nodes: this.#nodes },
    );
    this.#segments.set(index, segment);
    segment.setReadable(!this.#unreadable.has(index));
    return segment;
  }

  #remember(name: string, memory: Memory): void {
    const memories = this.#memories.get(name) ?? new Map<string, Memory>();
    this.#memories.set(name, memories);
    const { placement, top, address } = memory;
    if (placement === undefined && top === undefined) memories.delete(address.text);
    else memories.set(address.text, memory);
  }
}

function placesOf({ resolution }: Outcome): readonly Place[] {
  return resolution.kind === "Announce" ? [...resolution.on, ...resolution.waiting] : resolution.waiting;
}

function push<T>(map: Map<number, T[]>, key: number, value: T): void {
  const values = map.get(key);
  if (values === undefined) map.set(key, [value]);
  else values.push(value);
}
