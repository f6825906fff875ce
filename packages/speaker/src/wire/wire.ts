import type { TakeoverKeys } from "@fairlead/api/takeover-keys.ts";
import { FAMILIES, type Family, type IpAddress } from "@fairlead/net/address.ts";
import type { Mac } from "@fairlead/net/mac.ts";
import type { Clock } from "@fairlead/runtime/clock.ts";
import type { Claim } from "@fairlead/takeover/claims/claim.ts";
import type { Memory, Reason, Report } from "@fairlead/takeover/environment.ts";
import type { Announcement, Place } from "../announcements/announcement.ts";
import type { PresentInterface } from "../announcements/present-interface.ts";
import type { AnnouncementTable, Outcome, TableChange } from "../announcements/table.ts";
import { machineOf, type NeighborNode } from "../failover/neighbors.ts";
import type { SegmentFrames } from "../failover/segment.ts";
import { Segments, type SegmentsOptions } from "../failover/segments.ts";
import type { InterfaceSelf } from "../layer2/interface-self.ts";
import { byInterface, type Quarantined, QuarantineRounds } from "../quarantine/rounds.ts";
import { ForeignClaims, foreignHost, inUse } from "./foreign-claims.ts";
import type { AddressState, AnnouncedOn, FromWire, KeptMemory, ToWire } from "./messages.ts";
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
  readonly #since = new Map<string, string>();
  /** By interface and address; with the reason for which it began to be announced, whatever the claim has become since. */
  readonly #claims = new Map<number, Map<string, { readonly claim: Claim; readonly reason: Reason }>>();
  readonly #letGo = new Set<string>();
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
    this.#forgetClaimsElsewhere(interfaces);
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
    for (const stopped of change.stopped) this.#since.delete(placeKey(stopped));
    // First of all: from here on requests are answered.
    this.#options.carrier.apply(change);
    const since = this.#options.clock
      .wall()
      .toISOString()
      .replace(/\.\d+Z$/, "Z");
    for (const started of change.started) {
      const key = placeKey(started);
      if (!this.#since.has(key)) this.#since.set(key, since);
    }
    for (const { address } of change.stopped)
      if (!this.#isAnnounced(address.text)) this.#foreign.ended(address.text);
    for (const { address } of [...change.stopped, ...change.started]) this.#changed(address.text);
    for (const key of change.outcomes.keys()) {
      this.#foreign.decided(key);
      this.#changed(key);
    }
  }

  /** Nothing is told of claims on an interface that is no more. */
  #forgetClaimsElsewhere(interfaces: readonly PresentInterface[]): void {
    const present = new Set(interfaces.map(({ index }) => index));
    for (const index of this.#claims.keys()) if (!present.has(index)) this.#claims.delete(index);
  }

  #claimed(address: IpAddress, interfaceIndex: number, claim: Claim | undefined, why: Reason): void {
    const claims =
      this.#claims.get(interfaceIndex) ??
      new Map<string, { readonly claim: Claim; readonly reason: Reason }>();
    this.#claims.set(interfaceIndex, claims);
    if (claim === undefined) {
      claims.delete(address.text);
      this.#letGo.add(address.text);
    } else {
      claims.set(address.text, { claim, reason: claims.get(address.text)?.reason ?? why });
      this.#letGo.delete(address.text);
      this.#foreign.decided(address.text);
    }
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
        this.#letGo.delete(key);
        this.#foreign.decided(key);
        this.#foreign.ended(key);
      }
      const asked = this.#quarantine.stateOf(key);
      const state: AddressState | undefined =
        outcome !== undefined
          ? this.#stateOf(key, outcome)
          : asked && { kind: "Quarantined", quietSince: asked.quietSince };
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

  #stateOf(key: string, { placed, resolution }: Outcome): AddressState {
    const live = this.#options.table.live(key).filter(({ caretaking }) => !caretaking);
    if (live.length > 0) return this.#answered(key, live, placed.epoch);
    const { epoch, nodes } = placed;
    if (nodes[0] === this.#options.node) {
      if (resolution.kind === "Refused") return { kind: "Refused", epoch, ...resolution.refusal };
      const failed = this.#failureText(resolution.on, placed.address);
      if (failed !== undefined) return socketFailed(epoch, failed);
      const foreign = this.#foreign.inTheWayOf(key);
      if (foreign !== undefined)
        return { kind: "Refused", epoch, ...inUse(placed.address, foreign), foreign };
    }
    // Where there is no link it is not heard that another has it, and so it is still claimed.
    const isCut = resolution.waiting.some((on) => this.#claims.get(on.interfaceIndex)?.has(key) === true);
    return { kind: this.#letGo.has(key) || isCut ? "LetGo" : "Waiting" };
  }

  #answered(key: string, live: readonly Announcement[], epoch: number): AddressState {
    const on: AnnouncedOn[] = [];
    for (const place of live) {
      if (this.#options.carrier.failureOn(place.interfaceIndex, place.address.family) !== undefined) continue;
      const { claim, reason = "Placed" } =
        this.#claims.get(place.interfaceIndex)?.get(place.address.text) ?? {};
      on.push({
        interface: place.interfaceName,
        mac: place.mac,
        since: this.#since.get(placeKey(place)) ?? "",
        epoch: claim?.epoch ?? epoch,
        step: claim?.step ?? 0,
        provisional: claim?.firm === false,
        reason,
      });
    }
    const contested = this.#foreign.contestingOf(key);
    if (on.length > 0) return { kind: "Announcing", on, ...(contested && { contested }) };
    const [{ address } = { address: undefined }] = live;
    return socketFailed(epoch, (address && this.#failureText(live, address)) ?? "");
  }

  /** Why nothing is received on any of these places; undefined: on one something is. */
  #failureText(places: readonly Place[], { family }: IpAddress): string | undefined {
    const { carrier } = this.#options;
    const failures = places.flatMap(({ interfaceIndex, interfaceName }) => {
      const failure = carrier.failureOn(interfaceIndex, family);
      return failure === undefined ? [] : [`on ${interfaceName}, ${failure}`];
    });
    return failures.length > 0 && failures.length === places.length ? failures.join("; ") : undefined;
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

function socketFailed(epoch: number, failure: string): AddressState {
  const message = `${failure}; it is tried again, and others are offered the address meanwhile. The speaker needs the capability NET_RAW`;
  return { kind: "Refused", epoch, reason: "SocketFailed", message };
}

function placeKey({ address, interfaceIndex, mac }: Announcement): string {
  return `${address.text}%${interfaceIndex}%${mac}`;
}
