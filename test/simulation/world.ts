import { addressOf, type IpAddress } from "@fairlead/net/address.ts";
import { type Mac, macFromBytes } from "@fairlead/net/mac.ts";
import { type Claim, claimText, compareClaims } from "@fairlead/takeover/claims/claim.ts";
import type { Drop, Peer, Report } from "@fairlead/takeover/environment.ts";
import type { Keyring } from "@fairlead/takeover/messages/codec.ts";
import type { Path } from "@fairlead/takeover/messages/message.ts";
import { testKeys } from "@fairlead/takeover/testing/keys.ts";
import { Api, type VirtualIp } from "./api.ts";
import { Client } from "./client.ts";
import { Dice } from "./dice.ts";
import { Machine } from "./machine.ts";
import { Measure } from "./measure.ts";
import { Network, type Port } from "./network.ts";
import { Scheduler } from "./scheduler.ts";

export interface WorldOptions {
  readonly seed: number;
  readonly nodes: number;
  readonly addresses: number;
  /** 2: the nodes' own addresses are on another network than the segment. */
  readonly networks: 1 | 2;
  /** Whether there is a gateway that speakers use as their anchor. */
  readonly hasGateway: boolean;
  readonly caretake: boolean;
  /** Keep what happens, to be read. */
  readonly keepStory: boolean;
}

/** A whole cluster with its networks, gateway, clients and API, in virtual time. */
export class World {
  readonly options: WorldOptions;
  readonly scheduler = new Scheduler();
  readonly dice: Dice;
  readonly segment: Network;
  readonly nodeNetwork: Network;
  readonly api: Api;
  readonly machines: readonly Machine[];
  readonly peers: readonly Peer[];
  readonly clients: readonly Client[];
  readonly measure = new Measure();
  readonly paths: readonly Path[];
  readonly gateway = addressOf("IPv4", 0x0a0000fen);
  readonly reports = new Map<Report["type"], number>();
  readonly drops = new Map<Drop, number>();
  /** Broken invariants, in words. */
  readonly broken: string[] = [];
  readonly lines: string[] = [];
  /** Every datagram that was sent to this node, to be sent again. */
  readonly recorded: { readonly to: number; readonly path: Path; readonly datagram: Uint8Array }[] = [];
  recording = false;
  udpBlocked = false;
  messages = 0;
  readonly #keys = new Map<number, Keyring>();
  readonly #told = new Map<string, Claim>();
  #incarnation = 1;

  constructor(options: WorldOptions) {
    this.options = options;
    this.dice = new Dice(options.seed);
    this.segment = new Network(this.scheduler, this.dice);
    this.nodeNetwork = new Network(this.scheduler, this.dice);
    this.paths = options.networks === 1 ? ["Segment"] : ["Segment", "Node"];
    this.api = new Api(this);
    this.peers = Array.from({ length: options.nodes }, (_, i) => peer(i + 1));
    this.machines = this.peers.map((one, i) => new Machine(this, i + 1, one));
    this.clients = [1000, 0].map((lockMs) => this.#client(lockMs));
    for (let i = 0; i < options.addresses; i++) {
      const address = addressOf("IPv4", 0xc0000201n + BigInt(i));
      const ids = this.machines.map(({ id }) => id);
      this.api.create(address, [...ids.slice(i), ...ids.slice(0, i)].slice(0, 8));
    }
  }

  get anchor(): IpAddress | undefined {
    return this.options.hasGateway ? this.gateway : undefined;
  }

  get caretake(): boolean {
    return this.options.caretake;
  }

  get addresses(): readonly IpAddress[] {
    return this.api.objects.map(({ address }) => address);
  }

  nextIncarnation(): number {
    return this.#incarnation++;
  }

  /** Starts everything and lets it settle; what follows is measured. */
  settle(): void {
    for (const machine of this.machines)
      this.scheduler.after(this.dice.between(0, 500), () => machine.startSpeaker(true));
    this.api.start();
    this.scheduler.runUntil(2000);
    for (const client of this.clients) for (const address of this.addresses) client.use(address);
    this.scheduler.runUntil(5500 + this.dice.between(0, 1000));
    this.measure.start(this.scheduler.nowMs);
    this.changed();
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

  /** The VirtualIP whose owner the first node was at the start. */
  get first(): VirtualIp {
    const [object] = this.api.objects;
    if (object === undefined) throw new RangeError("there is no address");
    return object;
  }

  /** The node that announces an address; the lowest if several do, undefined if none. */
  holderOf(address: IpAddress): Machine | undefined {
    return this.machines.find((machine) => machine.announces(address));
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

  send(from: Machine, to: bigint, path: Path, datagram: Uint8Array): void {
    const machine = this.machines[Number(to) - 1];
    if (machine === undefined) return;
    this.messages++;
    if (this.recording) this.recorded.push({ to: machine.number, path, datagram });
    if (this.udpBlocked || (path === "Segment" && !(from.carrier && machine.carrier))) return;
    const network = path === "Segment" ? this.segment : this.nodeNetwork;
    network.send(from.number, machine.number, () => machine.receive(datagram, path));
  }

  probe(from: Machine, target: IpAddress): void {
    if (!from.carrier) return;
    const answer =
      (by: Port) =>
      (mac: Mac): void =>
        this.segment.send(by, from.number, () => from.carrier && from.seen(target, mac, false));
    if (target.text === this.gateway.text) {
      const gatewayMac = macFromBytes(Uint8Array.of(2, 0, 0, 0, 1, 0));
      this.segment.send(from.number, "gateway", () => answer("gateway")(gatewayMac));
      return;
    }
    for (const other of this.machines)
      if (other !== from && other.carrier)
        this.segment.send(from.number, other.number, () => other.asked(target, true, answer(other.number)));
  }

  gratuitous(from: Machine, address: IpAddress): void {
    this.#broadcast(from.number, from.carrier, address, from.mac);
  }

  /** A host that is no speaker says that an address is its own. */
  stranger(address: IpAddress): void {
    this.#broadcast("gateway", true, address, macFromBytes(Uint8Array.of(2, 0, 0, 0, 9, 9)));
  }

  announced(machine: Machine, address: IpAddress): void {
    this.measure.announced(address, machine.number);
    this.changed();
  }

  /** Something that clients could notice has changed. */
  changed(): void {
    for (const address of this.addresses) {
      const answering = this.machines.filter(
        (machine) => machine.answerFor(address) !== undefined && this.#isConnected(machine),
      );
      const macOf = (machine: Machine): Mac | undefined => machine.answerFor(address);
      const answered = new Set(answering.map(macOf));
      const twice =
        answered.size > 1 &&
        answering.some((one) =>
          answering.some((other) => macOf(one) !== macOf(other) && this.#reachEachOther(one, other)),
        );
      const lost = this.clients.some((client) => !this.#forwards(client.macOf(address)));
      this.measure.look(address, this.scheduler.nowMs, { answered, twice, lost });
    }
  }

  story(machine: Machine | undefined, text: string): void {
    if (!this.options.keepStory) return;
    const who = machine === undefined ? "    " : `n${machine.number}`.padEnd(4);
    this.lines.push(`${(this.scheduler.nowMs / 1000).toFixed(3).padStart(8)} s  ${who} ${text}`);
  }

  reported(machine: Machine, report: Report): void {
    if (!this.reports.has(report.type)) this.story(machine, `reports ${report.type}`);
    this.reports.set(report.type, (this.reports.get(report.type) ?? 0) + 1);
  }

  dropped(reason: Drop): void {
    this.drops.set(reason, (this.drops.get(reason) ?? 0) + 1);
  }

  /** Invariant 3: what one process claims for an address only rises. */
  checkClaim(machine: Machine, address: IpAddress, claim: Claim | undefined): void {
    if (claim === undefined) return;
    const key = `${machine.number} ${address.text}`;
    const last = this.#told.get(key);
    if (last !== undefined && machine.memories.has(address.text) && compareClaims(claim, last) < 0)
      this.broken.push(
        `n${machine.number} claims ${address.text} under ${claimText(claim)} after ${claimText(last)}`,
      );
    this.#told.set(key, claim);
  }

  #broadcast(from: Port, carrier: boolean, address: IpAddress, mac: Mac): void {
    if (!carrier) return;
    for (const other of this.machines)
      if (other.number !== from && other.carrier)
        this.segment.send(from, other.number, () => other.seen(address, mac, true));
    for (const client of this.clients)
      this.segment.send(from, "client", () => client.gratuitous(address, mac));
  }

  #client(lockMs: number): Client {
    const { scheduler, segment } = this;
    return new Client({
      scheduler,
      lockMs,
      forwards: (mac) => this.#forwards(mac),
      onChange: () => this.changed(),
      ask: (address, answer) => {
        for (const machine of this.machines)
          if (machine.carrier)
            segment.send("client", machine.number, () =>
              machine.asked(address, false, (mac) =>
                segment.send(machine.number, "client", () => answer(mac)),
              ),
            );
      },
    });
  }

  #forwards(mac: Mac | undefined): boolean {
    const machine = this.machines.find((one) => one.mac === mac);
    return machine?.forwards === true && this.#isConnected(machine);
  }

  #reachEachOther(one: Machine, other: Machine): boolean {
    return this.segment.reaches(one.number, other.number) && this.segment.reaches(other.number, one.number);
  }

  #isConnected({ number, carrier }: Machine): boolean {
    return carrier && this.segment.reaches("client", number) && this.segment.reaches(number, "client");
  }
}

function peer(number: number): Peer {
  return {
    id: BigInt(number),
    mac: macFromBytes(Uint8Array.of(2, 0, 0, 0, 0, number)),
    kernel: addressOf("IPv4", 0x0a000000n + BigInt(number)),
  };
}
