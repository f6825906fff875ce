import type { TakeoverKeys } from "@fairlead/api/takeover-keys.ts";
import type { IpAddress } from "@fairlead/net/address.ts";
import type { Mac } from "@fairlead/net/mac.ts";
import { prefixOf } from "@fairlead/net/prefix.ts";
import type { FakeClock } from "@fairlead/runtime/fake-clock.ts";
import { type Claim, claimText } from "@fairlead/takeover/claims/claim.ts";
import type { Measurement, Memory, Report } from "@fairlead/takeover/environment.ts";
import type { PresentInterface } from "../announcements/present-interface.ts";
import { candidatesOf, resolve } from "../announcements/resolve.ts";
import type { Right } from "../announcements/right.ts";
import type { PlacedAddress } from "../announcements/snapshot.ts";
import { SharedKeyring } from "../failover/keyring.ts";
import type { NeighborNode } from "../failover/neighbors.ts";
import { NodePath } from "../failover/node-path.ts";
import { Segments } from "../failover/segments.ts";
import type { InterfaceSelf, Watched } from "../layer2/interface-self.ts";
import type { MemorySegment } from "./memory-segment.ts";
import { key } from "./values.ts";

export interface SegmentNodeOptions {
  readonly name: string;
  readonly clock: FakeClock;
  /** What its interfaces are plugged in to. */
  readonly lan: MemorySegment;
  readonly present: readonly PresentInterface[];
  /** The network of the nodes' own addresses, and this node's there. @default not known */
  readonly apart?: { readonly network: MemorySegment; readonly address: IpAddress } | undefined;
  /** @default one key that all nodes of a test share */
  readonly keys?: TakeoverKeys | undefined;
  readonly memories?: ReadonlyMap<string, readonly Memory[]>;
  readonly caretake?: boolean;
}

const SHARED: TakeoverKeys = { signing: key(1), accepted: [key(1)] };

let incarnations = 0n;

/** A node whose speaker runs the failover protocol; its frames and datagrams go over a segment in memory. */
export class SegmentNode {
  readonly name: string;
  readonly segments: Segments;
  readonly keys = new SharedKeyring();
  /** What it did to frames, in words: `own 192.0.2.7`, `silence on`. */
  readonly done: string[] = [];
  /** The claims that it told, in words. */
  readonly claims: string[] = [];
  readonly reports: Report[] = [];
  readonly measured: Measurement[] = [];
  /** The names of the nodes that the reports are about. */
  readonly reported = new Set<string>();
  readonly drops: string[] = [];
  /** Sockets that are open. */
  sockets = 0;
  readonly memories = new Map<string, Map<string, Memory>>();
  readonly rights = new Map<string, Right>();
  /** How many rights changed at once, each time. */
  readonly changed: number[] = [];
  /** By interface: the addresses whose frames are looked at, and the speakers. */
  readonly watched = new Map<
    string,
    { readonly addresses: Set<string>; readonly speakers: readonly Mac[] }
  >();
  readonly #silent = new Set<number>();
  readonly #lan: MemorySegment;
  readonly #apart: SegmentNodeOptions["apart"];
  #present: readonly PresentInterface[];

  constructor(options: SegmentNodeOptions) {
    const { name, clock, lan, present, apart, memories = new Map(), caretake = true } = options;
    this.name = name;
    this.#lan = lan;
    this.#apart = apart;
    this.#present = present;
    this.keys.set("keys" in options ? options.keys : SHARED);
    this.segments = new Segments({
      node: name,
      clock,
      keys: this.keys,
      newIncarnation: () => ++incarnations,
      memories,
      caretake,
      frames: {
        setRights: (index, changes) => {
          this.changed.push(changes.length);
          for (const { address, right } of changes) this.#setRight(address, index, right);
        },
        again: (address, index) => this.done.push(`again ${address.text}%${index}`),
        watch: (self, watched) => this.#watch(self, watched),
        watchMore: (index, addresses) => {
          for (const { text } of addresses) this.#watchedOn(index).add(text);
        },
        watchLess: (index, addresses) => {
          for (const { text } of addresses) this.#watchedOn(index).delete(text);
        },
        probe: (index, target, form) => {
          this.done.push(`${form} ${target.text}%${index}`);
          lan.ask(this.#port(index), target);
        },
        silence: (index, on) => {
          this.done.push(`silence ${on ? "on" : "off"}%${index}`);
          if (on) this.#silent.add(index);
          else this.#silent.delete(index);
        },
      },
      openPost: (self, onDatagram) => this.#openPost(self, onDatagram),
      nodePath: apart && this.#nodePath(apart),
      onClaim: (address, self, claim, reason) => this.claims.push(claimWords(address, self, claim, reason)),
      onReport: (_, report, peer) => {
        this.reports.push(report);
        if (peer !== undefined) this.reported.add(peer);
      },
      onMeasured: (_, what) => this.measured.push(what),
      onMemory: ({ name: on }, memory) => {
        const known = this.memories.get(on) ?? new Map<string, Memory>();
        this.memories.set(on, known.set(memory.address.text, memory));
      },
      onDrop: (reason) => this.drops.push(reason),
    });
    this.segments.setInterfaces(present);
    for (const { index } of present) this.#plug(index);
  }

  /** What its Speaker object says. */
  get neighbor(): NeighborNode {
    const interfaces = this.#present.flatMap(({ name, mac, addresses }) =>
      mac === undefined
        ? []
        : [
            {
              name,
              mac,
              addresses: addresses.map(({ address }) => address),
              subnets: addresses.map(({ address, prefixLength }) => prefixOf(address, prefixLength)),
            },
          ],
    );
    return { name: this.name, address: this.#apart?.address, interfaces };
  }

  setPresent(present: readonly PresentInterface[]): void {
    this.#present = present;
    this.segments.setInterfaces(present);
  }

  place(...some: readonly PlacedAddress[]): void {
    const candidates = candidatesOf(this.#present, []);
    this.segments.place(
      new Map(
        some.map((placed) => [placed.address.text, { placed, resolution: resolve(placed, candidates) }]),
      ),
    );
  }

  remove(...addresses: readonly IpAddress[]): void {
    this.segments.place(new Map(addresses.map(({ text }) => [text, undefined])));
  }

  /** The right to answer for the address on the interface of this index. */
  right(address: string, index = this.#present[0]?.index): Right | undefined {
    return this.rights.get(`${address}%${index}`);
  }

  /** Its power is cut: nothing of it is heard any more. */
  die(): void {
    for (const { index } of this.#present) this.#lan.leave(this.#port(index));
    this.#apart?.network.leave(this.name);
    this.segments.stop();
  }

  #plug(index: number, datagram: (bytes: Uint8Array) => void = () => {}): void {
    this.#lan.join(this.#port(index), {
      addresses: this.#kernel(index),
      answers: (address) => this.#answers(index, address),
      seen: (address, mac, gratuitous) => {
        const of = this.#present.find((one) => one.index === index)?.name ?? "";
        if (this.watched.get(of)?.addresses.has(address.text))
          this.segments.onSeen(index, address, mac, gratuitous);
      },
      datagram,
    });
  }

  /** Nobody answers other speakers in the place of a dead one. */
  #answers(index: number, address: IpAddress): Mac | undefined {
    const mac = this.#present.find((one) => one.index === index)?.mac;
    if (this.#kernel(index).some(({ text }) => text === address.text)) return mac;
    const right = this.right(address.text, index);
    return right?.kind === "Own" && !this.#silent.has(index) ? mac : undefined;
  }

  #kernel(index: number): readonly IpAddress[] {
    const present = this.#present.find((one) => one.index === index);
    return present?.addresses.map(({ address }) => address) ?? [];
  }

  #openPost(self: InterfaceSelf, onDatagram: (bytes: Uint8Array) => void) {
    const port = this.#port(self.index);
    let open = true;
    this.sockets++;
    this.#plug(self.index, (bytes) => {
      if (open) onDatagram(bytes);
    });
    return {
      send: (to: IpAddress, datagram: Uint8Array) => {
        if (open) this.#lan.send(port, to, datagram);
      },
      close: () => {
        if (open) this.sockets--;
        open = false;
      },
    };
  }

  #nodePath({ network, address }: NonNullable<SegmentNodeOptions["apart"]>): NodePath {
    return new NodePath({
      address,
      openPost: (datagram) => {
        this.sockets++;
        const station = { addresses: [address], answers: () => undefined, seen: () => {}, datagram };
        network.join(this.name, station);
        return {
          send: (to, bytes) => network.send(this.name, to, bytes),
          close: () => {
            this.sockets--;
            network.leave(this.name);
          },
        };
      },
      onDrop: (reason) => this.drops.push(reason),
    });
  }

  #setRight(address: IpAddress, index: number, right: Right | undefined): void {
    const key = `${address.text}%${index}`;
    const what = right === undefined ? "none" : right.kind === "Own" ? "own" : `as ${right.mac}`;
    this.done.push(`${what} ${key}`);
    const mac = this.#present.find((one) => one.index === index)?.mac;
    if (right === undefined) this.rights.delete(key);
    else this.rights.set(key, right);
    if (right?.kind === "Own" && mac !== undefined) this.#lan.tell(this.#port(index), address, mac);
  }

  #watch(self: InterfaceSelf, watched: Watched | undefined): void {
    if (watched === undefined) this.watched.delete(self.name);
    else {
      const addresses = new Set([...watched.addresses].map(({ text }) => text));
      this.watched.set(self.name, { addresses, speakers: [...watched.speakers] });
    }
  }

  #watchedOn(index: number): Set<string> {
    const name = this.#present.find((one) => one.index === index)?.name ?? "";
    const watched = this.watched.get(name);
    if (watched === undefined) throw new Error(`interface ${index} is not watched`);
    return watched.addresses;
  }

  #port(index: number): string {
    return `${this.name}%${index}`;
  }
}

function claimWords(
  address: IpAddress,
  self: InterfaceSelf,
  claim: Claim | undefined,
  reason: string,
): string {
  const what = claim === undefined ? "none" : claimText(claim);
  return `${address.text} on ${self.name}: ${what}, ${reason}`;
}
