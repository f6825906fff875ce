import type { TakeoverKeys } from "@fairlead/api/takeover-keys.ts";
import { FAMILIES, type Family, type IpAddress } from "@fairlead/net/address.ts";
import type { Mac } from "@fairlead/net/mac.ts";
import type { Clock } from "@fairlead/runtime/clock.ts";
import type { Claim } from "@fairlead/takeover/claims/claim.ts";
import type { Memory, Reason, Report } from "@fairlead/takeover/environment.ts";
import type { Announcement } from "../announcements/announcement.ts";
import type { PresentInterface } from "../announcements/present-interface.ts";
import type { AnnouncementTable, TableChange } from "../announcements/table.ts";
import { machineOf, type NeighborNode } from "../failover/neighbors.ts";
import type { SegmentFrames } from "../failover/segment.ts";
import { Segments, type SegmentsOptions } from "../failover/segments.ts";
import type { InterfaceSelf } from "../layer2/interface-self.ts";
import { byInterface, type Quarantined, QuarantineRounds } from "../quarantine/rounds.ts";
import { AddressStates } from "./address-states.ts";
import { ForeignClaims, foreignHost } from "./foreign-claims.ts";
import type { AddressState, FromWire, KeptMemory, ToWire } from "./messages.ts";
import { PendingUpdate } from "./pending-update.ts";

/** How long the last words of a process that will be back take, in ms; see Takeover.restarting. */
const RESTARTING_MS = 45;

/** So many addresses are placed or removed in one go; then sockets and timers have their turn. */
const PLACED_AT_ONCE = 500;

/** What carries the table out on the network. */
export interface Carrier extends Omit<SegmentFrames, "setRights" | "again"> {
  apply(change: TableChange): void;
  again(announcement: Announcement): void;
  failureOn(interfaceIndex: number, family: Family): string | undefined;
  stop(): void;
}

export interface WireOptions
  extends Omit<SegmentsOptions, "frames" | "onClaim" | "onMemory" | "memories" | "keys"> {
  readonly table: AnnouncementTable;
  readonly carrier: Carrier;
  readonly keys: SegmentsOptions["keys"] & { set(keys: TakeoverKeys | undefined): void };
  readonly clock: Clock;
  readonly memories: readonly KeptMemory[];
  /** An address came to be announced on an interface, or under another claim; undefined: it is no more. */
  readonly onTurn: SegmentsOptions["onClaim"];
  readonly post: (message: FromWire) => void;
  /** Called when the wire was told to stop and has stopped answering. */
  readonly onStop: () => void;
}

/**
 * The wire thread's middle: takes what the controller decided, who the other speakers are and which interfaces there are; lets the
 * failover protocol say what is answered for and the carrier answer; and tells what came of it. It waits for nobody.
 */
export class Wire {
  readonly #options: WireOptions;
  readonly #segments: Segments;
  readonly #pending = new PendingUpdate();
  /** Before they are, deciding would refuse every address. */
  #interfacesKnown = false;
  #carryingOn = false;
  readonly #states: AddressStates;
  readonly #foreign: ForeignClaims;
  readonly #quarantine: QuarantineRounds;
  #nodes: readonly NeighborNode[] = [];
  readonly #told = new Map<string, string>();
  readonly #untold = new Set<string>();
  readonly #unkept = new Map<string, KeptMemory>();
  #telling = false;
  #stopping = false;

  constructor(options: WireOptions) {
    this.#options = options;
    const { clock } = options;
    const onChange = (key: string): void => this.#changed(key);
    this.#foreign = new ForeignClaims({ clock, onChange });
    this.#quarantine = new QuarantineRounds({ clock, onChange, ask: (one) => this.#ask(one) });
    this.#states = new AddressStates({ ...options, foreign: this.#foreign });
    const memories = new Map<string, Memory[]>();
    for (const { interface: name, memory } of options.memories) {
      const same = memories.get(name);
      if (same === undefined) memories.set(name, [memory]);
      else same.push(memory);
    }
    this.#segments = new Segments({
      ...options,
      memories,
      frames: this.#frames(),
      onClaim: (address, self, claim, reason) => {
        this.#claimed(address, self.index, claim, reason);
        options.onTurn(address, self, claim, reason);
      },
      onMemory: (self, memory) => {
        this.#unkept.set(`${self.name} ${memory.address.text}`, { interface: self.name, memory });
        this.#tellSoon();
      },
      onReport: (self, report, peer) => {
        if (report.type === "Conflict" || report.type === "AnsweredByNode") this.#conflicting(report, self);
        options.onReport(self, report, peer);
      },
    });
  }

  /** Takes a message of the control thread. */
  take(message: ToWire): void {
    if (this.#stopping) return;
    switch (message.type) {
      case "update":
        this.#pending.add(message.update);
        if (this.#interfacesKnown && !this.#carryingOn) this.#carryOn();
        return;
      case "quarantined":
        this.#quarantine.set(message.addresses);
        this.#segments.listenFor(byInterface(message.addresses));
        return;
      case "nodes":
        this.#nodes = message.nodes;
        this.#segments.setNodes(message.nodes);
        return;
      case "keys":
        this.#options.keys.set(message.keys);
        return;
      case "ping":
        this.#options.post({ type: "pong", id: message.id });
        return;
      case "stop":
        this.#stop(message.manner);
        return;
    }
  }

  /** Takes the interfaces that there are now. */
  setInterfaces(interfaces: readonly PresentInterface[]): void {
    if (this.#stopping) return;
    this.#options.post({ type: "interfaces", interfaces });
    // Rights on an interface that is another one end first: else the table answers with its new MAC before anybody asked.
    this.#segments.setInterfaces(interfaces);
    this.#carryOut(this.#options.table.setInterfaces(interfaces));
    this.#states.setInterfaces(interfaces);
    this.#interfacesKnown = true;
    if (!this.#carryingOn) this.#carryOn();
  }

  /** A frame says that this MAC has this address. */
  onSeen(interfaceIndex: number, address: IpAddress, mac: Mac, gratuitous: boolean): void {
    this.#quarantine.seen(address.text);
    this.#segments.onSeen(interfaceIndex, address, mac, gratuitous);
  }

  /** To be called before a frame of this interface is answered: this process may have stood still. */
  check(interfaceIndex: number): void {
    this.#segments.check(interfaceIndex);
  }

  /** Takes note that a port on this interface began or ceased to fail. */
  failureChanged(interfaceIndex: number): void {
    const { table, carrier, clock } = this.#options;
    for (const [key, { resolution }] of table.outcomes)
      if (
        resolution.kind === "Announce" &&
        resolution.on.some((one) => one.interfaceIndex === interfaceIndex)
      )
        this.#changed(key);
    // It may be the protocol that had the port opened just now.
    clock.after(0, () => {
      const isReadable = FAMILIES.every((family) => carrier.failureOn(interfaceIndex, family) === undefined);
      if (!this.#stopping) this.#segments.setReadable(interfaceIndex, isReadable);
    });
  }

  #frames(): SegmentFrames {
    const { table, carrier } = this.#options;
    return {
      setRights: (index, changes) => this.#apply(table.setRights(index, changes)),
      again: (address, index) => {
        const live = table.live(address.text).find((one) => one.interfaceIndex === index);
        if (live !== undefined && !live.caretaking) carrier.again(live);
      },
      watch: (self, watched) => carrier.watch(self, watched),
      watchMore: (index, addresses) => carrier.watchMore(index, addresses),
      watchLess: (index, addresses) => carrier.watchLess(index, addresses),
      probe: (index, target, form) => carrier.probe(index, target, form),
      silence: (index, on) => carrier.silence(index, on),
    };
  }

  /** Carries out the next slice of what was decided, and the others after it. */
  #carryOn(): void {
    this.#carryingOn = false;
    if (this.#stopping || this.#pending.size === 0) return;
    this.#carryOut(this.#options.table.update(this.#pending.take(PLACED_AT_ONCE)));
    if (this.#pending.size === 0) return;
    this.#carryingOn = true;
    this.#options.clock.after(0, () => this.#carryOn());
  }

  #carryOut(change: TableChange): void {
    this.#apply(change);
    this.#segments.place(change.outcomes);
  }

  #apply(change: TableChange): void {
    // First of all: from here on requests are answered.
    this.#options.carrier.apply(change);
    this.#states.changed(change);
    for (const { address } of change.stopped)
      if (!this.#isAnnounced(address.text)) this.#foreign.ended(address.text);
    for (const { address } of [...change.stopped, ...change.started]) this.#changed(address.text);
    for (const key of change.outcomes.keys()) {
      this.#foreign.decided(key);
      this.#changed(key);
    }
  }

  #claimed(address: IpAddress, interfaceIndex: number, claim: Claim | undefined, why: Reason): void {
    this.#states.claimed(address, interfaceIndex, claim, why);
    if (claim !== undefined) this.#foreign.decided(address.text);
    this.#changed(address.text);
  }

  /** One that is defended against keeps nothing from being announced. */
  #conflicting(
    { type, address, mac }: Extract<Report, { readonly type: "Conflict" | "AnsweredByNode" }>,
    self: InterfaceSelf,
  ): void {
    const host = foreignHost(self.name, mac, machineOf(mac, this.#nodes));
    if (type === "AnsweredByNode" || this.#isAnnounced(address.text))
      this.#foreign.contesting(address.text, host);
    else this.#foreign.preventing(address.text, host);
  }

  /** Under an own address: its host may be booting, and would give it up (RFC 5227 2.1.1). */
  #ask({ address, interface: name }: Quarantined): boolean {
    const { carrier } = this.#options;
    const index = this.#segments.hearingOn(name);
    if (index === undefined || carrier.failureOn(index, address.family) !== undefined) return false;
    carrier.probe(index, address, "Request");
    return true;
  }

  #isAnnounced(key: string): boolean {
    return this.#options.table.live(key).some(({ caretaking }) => !caretaking);
  }

  #changed(key: string): void {
    this.#untold.add(key);
    this.#tellSoon();
  }

  /** One message for all that changes in one go. */
  #tellSoon(): void {
    if (this.#telling) return;
    this.#telling = true;
    this.#options.clock.after(0, () => {
      this.#telling = false;
      this.#tell();
    });
  }

  #tell(): void {
    const { post, table } = this.#options;
    const states = new Map<string, AddressState | undefined>();
    for (const key of this.#untold) {
      const outcome = table.outcomes.get(key);
      if (outcome === undefined) {
        this.#states.forget(key);
        this.#foreign.decided(key);
        this.#foreign.ended(key);
      }
      const asked = this.#quarantine.stateOf(key);
      const state: AddressState | undefined =
        outcome !== undefined
          ? this.#states.of(key, outcome)
          : asked && { kind: "Quarantined", since: asked.since, quietSince: asked.quietSince };
      const text = state && JSON.stringify(state);
      if (this.#told.get(key) === text) continue;
      if (text === undefined) this.#told.delete(key);
      else this.#told.set(key, text);
      states.set(key, state);
    }
    this.#untold.clear();
    if (states.size > 0) post({ type: "states", states });
    if (this.#unkept.size > 0) post({ type: "memories", memories: [...this.#unkept.values()] });
    this.#unkept.clear();
  }

  #stop(manner: "Restart" | "Leave"): void {
    this.#stopping = true;
    this.#foreign.stop();
    this.#quarantine.stop();
    const end = (): void => {
      this.#segments.stop();
      this.#options.carrier.stop();
      this.#tell();
      this.#options.post({ type: "stopped" });
      this.#options.onStop();
    };
    if (manner === "Leave") {
      this.#segments.drain(end);
      return;
    }
    this.#segments.restarting();
    this.#options.clock.after(RESTARTING_MS, end);
  }
}
