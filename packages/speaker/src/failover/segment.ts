import type { IpAddress } from "@fairlead/net/address.ts";
import type { Mac } from "@fairlead/net/mac.ts";
import type { Clock } from "@fairlead/runtime/clock.ts";
import type { Claim, NodeId } from "@fairlead/takeover/claims/claim.ts";
import type { Surroundings } from "@fairlead/takeover/core/core.ts";
import type {
  Drop,
  Environment,
  Measurement,
  Memory,
  Peer,
  Reason,
  Report,
} from "@fairlead/takeover/environment.ts";
import type { Keyring } from "@fairlead/takeover/messages/codec.ts";
import type { Path } from "@fairlead/takeover/messages/message.ts";
import { Takeover } from "@fairlead/takeover/speaker/takeover.ts";
import type { PresentInterface } from "../announcements/present-interface.ts";
import type { RightChange } from "../announcements/right.ts";
import type { PlacedAddress } from "../announcements/snapshot.ts";
import type { InterfaceSelf, Watched } from "../layer2/interface-self.ts";
import type { ProbeForm } from "../layer2/interfaces/family-port.ts";
import { Neighborhood } from "./neighborhood.ts";
import { isAmong, type NeighborNode } from "./neighbors.ts";
import { interfaceIdOf, nodeIdOf } from "./node-id.ts";
import type { NodePath, NodePathUser } from "./node-path.ts";
import { anchorOf, isStill, kernelOf, sameAddresses, selfOf } from "./own-interface.ts";
import { SegmentRights } from "./segment-rights.ts";
import type { SpeakerPost } from "./speaker-post.ts";

/** What the protocol does to frames. */
export interface SegmentFrames {
  /** All that changes in one go. */
  setRights(interfaceIndex: number, changes: readonly RightChange[]): void;
  again(address: IpAddress, interfaceIndex: number): void;
  watch(self: InterfaceSelf, watched: Watched | undefined): void;
  watchMore(interfaceIndex: number, addresses: Iterable<IpAddress>): void;
  watchLess(interfaceIndex: number, addresses: Iterable<IpAddress>): void;
  probe(interfaceIndex: number, target: IpAddress, form: ProbeForm): void;
  silence(interfaceIndex: number, on: boolean): void;
}

export interface SegmentOptions {
  readonly node: string;
  readonly clock: Clock;
  readonly keys: Keyring;
  readonly frames: SegmentFrames;
  readonly openPost: (self: InterfaceSelf, onDatagram: (datagram: Uint8Array) => void) => SpeakerPost;
  /** Undefined: this node's own address is not known. */
  readonly nodePath: NodePath | undefined;
  /** Random, not 0. */
  readonly incarnation: bigint;
  /** Whether a dead speaker's addresses are answered for with its MAC. */
  readonly caretake: boolean;
  readonly onClaim: (
    address: IpAddress,
    self: InterfaceSelf,
    claim: Claim | undefined,
    reason: Reason,
  ) => void;
  /** @param peer the name of the node that the report is about, if it is about one that is known */
  readonly onReport: (self: InterfaceSelf, report: Report, peer: string | undefined) => void;
  /** @param peer as for reports */
  readonly onMeasured: (self: InterfaceSelf, what: Measurement, peer: string | undefined) => void;
  readonly onMemory: (self: InterfaceSelf, memory: Memory) => void;
  readonly onDrop: (reason: Drop) => void;
}

/** The failover protocol on one interface, tied to its frames and datagrams. */
export class Segment implements NodePathUser {
  readonly self: InterfaceSelf;
  readonly #options: SegmentOptions;
  readonly #takeover: Takeover;
  readonly #post: SpeakerPost;
  /** Undefined: this node's own address is on this interface, or not known. */
  readonly #nodePath: NodePath | undefined;
  readonly #placed = new Map<string, PlacedAddress>();
  readonly #rights: SegmentRights;
  /** Addresses that are placed nowhere and whose frames are listened for. */
  #asked: readonly IpAddress[] = [];
  #present: PresentInterface;
  #readable = true;
  readonly #neighborhood = new Neighborhood();

  constructor(
    options: SegmentOptions,
    present: PresentInterface,
    known: { readonly memories: Iterable<Memory>; readonly nodes: Iterable<NeighborNode> },
  ) {
    this.#options = options;
    this.#present = present;
    this.self = selfOf(present);
    this.#rights = new SegmentRights((changes) => options.frames.setRights(this.self.index, changes));
    this.#post = options.openPost(this.self, (datagram) => this.#take(datagram, "Segment"));
    this.#nodePath = nodePathOf(options, present);
    this.#nodePath?.join(this);
    this.#takeover = new Takeover({
      self: this.#peer(),
      incarnation: options.incarnation,
      interfaceId: interfaceIdOf(present.name),
      paths: this.#nodePath === undefined ? ["Segment"] : ["Segment", "Node"],
      surroundings: this.#surroundings(),
      environment: this.#environment(),
    });
    this.setNeighbors(known.nodes);
    this.#takeover.start(known.memories);
    this.#rights.settle();
  }

  /** Whether what was built upon still holds, see own-interface.ts. */
  isStill(present: PresentInterface): boolean {
    return isStill(this.self, present) && nodePathOf(this.#options, present) === this.#nodePath;
  }

  isFrom(sender: NodeId, interfaceId: number): boolean {
    return this.#neighborhood.get(sender)?.interfaceId === interfaceId;
  }

  /** Takes a datagram of the node path. */
  take(datagram: Uint8Array): void {
    this.#take(datagram, "Node");
  }

  /** Carrier, gateways or subnets may have changed. */
  setPresent(present: PresentInterface, nodes: Iterable<NeighborNode>): void {
    const before = this.#present;
    this.#present = present;
    if (!sameAddresses(before, present)) this.setNeighbors(nodes);
    if (before.carrier !== present.carrier || anchorOf(before)?.text !== anchorOf(present)?.text) {
      this.#takeover.onSurroundings(this.#surroundings());
      this.#rights.settle();
      this.#watch();
    }
  }

  /** Whether frames can be read there; if not, it is as without a link: what is announced is offered to others, and nothing is taken over. */
  setReadable(readable: boolean): void {
    if (this.#readable === readable) return;
    this.#readable = readable;
    this.#takeover.onSurroundings(this.#surroundings());
    this.#rights.settle();
  }

  /** Takes in who the other speakers are. */
  setNeighbors(nodes: Iterable<NeighborNode>): void {
    const { node } = this.#options;
    // What this node's Speaker object says is older than what it is, and an interface without a subnet is on no other's segment.
    const others = [...nodes].filter(({ name }) => name !== node);
    const moved = this.#neighborhood.set(this.#present, others);
    this.#takeover.onDirectory([this.#peer(), ...this.#neighborhood.peers]);
    this.#watch();
    // Without an address there is nothing to learn, and what it has learned it would not ask for again.
    if (moved && this.#placed.size > 0)
      this.#takeover.onPlacementChange(this.#neighborhood.placements(this.#placed.values()), []);
    this.#rights.settle();
  }

  /** Takes in what the controller decided about addresses on this interface. */
  place(set: readonly PlacedAddress[], removed: readonly IpAddress[]): void {
    for (const placed of set) this.#placed.set(placed.address.text, placed);
    for (const { text } of removed) this.#placed.delete(text);
    const { frames } = this.#options;
    frames.watchMore(
      this.self.index,
      set.map(({ address }) => address),
    );
    const watchedAnyhow = new Set(this.#watchedAnyhow().map(({ text }) => text));
    frames.watchLess(
      this.self.index,
      removed.filter(({ text }) => !watchedAnyhow.has(text)),
    );
    this.#takeover.onPlacementChange(this.#neighborhood.placements(set), removed);
    this.#rights.settle();
  }

  /** Listens for frames of these too, whatever is placed. */
  listenFor(asked: readonly IpAddress[]): void {
    const before = this.#asked;
    if (before.length === 0 && asked.length === 0) return;
    this.#asked = asked;
    const { frames } = this.#options;
    frames.watchMore(this.self.index, asked);
    const needed = new Set([...this.#placed.keys(), ...this.#watchedAnyhow().map(({ text }) => text)]);
    frames.watchLess(
      this.self.index,
      before.filter(({ text }) => !needed.has(text)),
    );
  }

  /** Whether an answer would be heard. */
  get hears(): boolean {
    return this.#present.carrier;
  }

  onSeen(address: IpAddress, mac: Mac, gratuitous: boolean): void {
    this.#takeover.onSeen(address, mac, gratuitous);
    this.#rights.settle();
  }

  /** To be called before a frame is answered that may have waited while this process stood still. */
  check(): void {
    this.#takeover.check();
    this.#rights.settle();
  }

  /** See {@link Takeover.restarting}. */
  restarting(): void {
    this.#takeover.restarting();
  }

  /** See {@link Takeover.drain}. */
  drain(done: () => void): void {
    this.#takeover.drain(done);
    this.#rights.settle();
  }

  /** Ends without a word. */
  stop(): void {
    const { frames } = this.#options;
    const { index } = this.self;
    this.#takeover.stop();
    this.#post.close();
    this.#nodePath?.leave(this);
    this.#rights.end();
    frames.silence(index, false);
    frames.watch(this.self, undefined);
  }

  /** This node, as the others know it. */
  #peer(): Peer {
    return { id: nodeIdOf(this.#options.node), mac: this.self.mac, kernel: kernelOf(this.#present) };
  }

  #surroundings(): Surroundings {
    const carrier = this.#present.carrier && this.#readable;
    return { carrier, anchor: anchorOf(this.#present), caretake: this.#options.caretake };
  }

  /** Whose frames tell something: all addresses that this node may come to hold, and the witnesses. */
  #watch(): void {
    const addresses = [...[...this.#placed.values()].map(({ address }) => address), ...this.#watchedAnyhow()];
    const gateway = anchorOf(this.#present);
    this.#options.frames.watch(this.self, { addresses, speakers: this.#neighborhood.macs, gateway });
  }

  #watchedAnyhow(): readonly IpAddress[] {
    return [...this.#witnesses(), ...this.#asked];
  }

  /** The kernels of the others, and the anchor. */
  #witnesses(): readonly IpAddress[] {
    const anchor = anchorOf(this.#present);
    const { kernels } = this.#neighborhood;
    return anchor === undefined ? kernels : [...kernels, anchor];
  }

  #environment(): Environment {
    const { clock, keys, frames, onClaim, onReport, onMeasured, onMemory, onDrop } = this.#options;
    const { self } = this;
    return {
      clock: {
        nowMs: () => clock.nowMs(),
        after: (delayMs, run) =>
          clock.after(delayMs, () => {
            run();
            this.#rights.settle();
          }),
      },
      keys,
      send: (to, path, datagram) => {
        // Nobody hears of a claim before this node answers by it.
        this.#rights.settle();
        const neighbor = this.#neighborhood.get(to);
        const address = path === "Segment" ? neighbor?.kernel : neighbor?.apart;
        if (address === undefined) return;
        if (path === "Segment") this.#post.send(address, datagram);
        else this.#nodePath?.send(address, datagram);
      },
      // A node that boots looks for others that have its addresses, and gives up one that is probed for: RFC 4862 5.4.3, RFC 5227 2.1.1.
      probe: (target) =>
        frames.probe(self.index, target, this.#placed.has(target.text) ? "Probe" : "Request"),
      announce: (address) => this.#rights.own(address),
      announceAgain: (address) => {
        this.#rights.settle();
        frames.again(address, self.index);
      },
      stop: (address) => this.#rights.disown(address),
      caretake: (address, mac) => this.#rights.caretake(address, mac),
      relieve: (address) => this.#rights.relieve(address),
      silence: (on) => frames.silence(self.index, on),
      tell: (address, claim, reason) => onClaim(address, self, claim, reason),
      report: (report) => onReport(self, report, this.#neighborhood.nameOf(report)),
      measured: (what) => onMeasured(self, what, this.#neighborhood.nameOf(what)),
      keep: (memory) => onMemory(self, memory),
      drop: onDrop,
    };
  }

  #take(datagram: Uint8Array, path: Path): void {
    this.#takeover.onMessage(datagram, path);
    this.#rights.settle();
  }
}

/** The node path, where it is another way than the interface itself. */
function nodePathOf(
  { nodePath }: Pick<SegmentOptions, "nodePath">,
  { addresses }: PresentInterface,
): NodePath | undefined {
  const own = addresses.map(({ address }) => address);
  return isAmong(nodePath?.address, own) ? undefined : nodePath;
}
