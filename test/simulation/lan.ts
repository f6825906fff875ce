import { addressOf, type IpAddress } from "@fairlead/net/address.ts";
import { type Mac, macFromBytes } from "@fairlead/net/mac.ts";
import type { Peer } from "@fairlead/takeover/environment.ts";
import { Client } from "./client.ts";
import { Network, type Port } from "./network.ts";
import type { Station } from "./station.ts";
import type { World } from "./world.ts";

/** How long a client ignores gratuitous ARP after a change: Linux, and a host that takes every frame. */
const LOCKS_MS = [1000, 0];

/** One segment: a network with the nodes on it, a gateway, clients, and perhaps a host that is none of ours. */
export class Lan {
  readonly number: number;
  readonly network: Network;
  readonly gateway: IpAddress;
  readonly clients: readonly Client[];
  readonly stations: Station[] = [];
  readonly #world: World;
  readonly #byKernel = new Map<string, Station>();
  readonly #byMac = new Map<Mac, Station>();
  /** Whom a frame about an address may concern: all that were ever told of it. */
  readonly #concerned = new Map<string, Set<Station>>();
  /** What a host that is none of ours answers for. */
  readonly #strange = new Set<string>();

  constructor(world: World, number: number) {
    this.#world = world;
    this.number = number;
    this.network = new Network(world.scheduler, world.dice, () => this.changed());
    this.gateway = addressOf("IPv4", 0x0a00fffen + (BigInt(number) << 16n));
    this.clients = LOCKS_MS.map((lockMs) => this.#client(lockMs));
  }

  join(station: Station): void {
    this.stations.push(station);
    this.#byKernel.set(station.kernel.text, station);
    this.#byMac.set(station.mac, station);
  }

  get anchor(): IpAddress | undefined {
    return this.#world.options.hasGateway ? this.gateway : undefined;
  }

  station(node: number): Station | undefined {
    return this.stations.find(({ machine }) => machine.number === node);
  }

  /** From now on frames about the address are this station's business. */
  concerns(address: IpAddress, station: Station): void {
    const stations = this.#concerned.get(address.text) ?? new Set();
    this.#concerned.set(address.text, stations.add(station));
  }

  /** All clients send to the address from now on. */
  use(address: IpAddress): void {
    for (const client of this.clients) client.use(address);
  }

  /** Asks who has an address. */
  probe(from: Station, target: IpAddress): void {
    if (!from.carrier) return;
    const { number } = from.machine;
    const answer = (by: Port, mac: Mac): void =>
      this.network.send(by, number, () => from.carrier && from.seen(target, mac, false));
    if (target.text === this.gateway.text) {
      this.network.send(number, "gateway", () => answer("gateway", macOf(1, this.number, 0)));
      return;
    }
    if (this.#strange.has(target.text))
      this.network.send(number, "stranger", () => answer("stranger", this.#strangersMac));
    for (const other of this.#askedFor(target))
      if (other !== from && other.carrier) {
        const by = other.machine.number;
        this.network.send(number, by, () => other.asked(target, true, (mac) => answer(by, mac)));
      }
  }

  gratuitous(from: Station, address: IpAddress): void {
    if (from.carrier) this.#broadcast(from.machine.number, address, from.mac);
  }

  /** A host that is no speaker says that an address is its own. */
  stranger(address: IpAddress): void {
    this.#broadcast("stranger", address, this.#strangersMac);
  }

  /** That host answers for the address from now on. */
  setStrange(address: IpAddress): void {
    this.#strange.add(address.text);
  }

  /** Something that clients could notice has changed. */
  changed(): void {
    for (const { address, segments } of this.#world.api.objects)
      if (segments.includes(this.number)) this.changedFor(address);
  }

  /** The same, for one address only. */
  changedFor(address: IpAddress): void {
    const concerned = [...(this.#concerned.get(address.text) ?? [])];
    const answering = concerned.filter(
      (station) => station.answerFor(address) !== undefined && this.#isConnected(station),
    );
    const answered = new Set(answering.map((station) => station.answerFor(address)));
    const twice =
      answered.size > 1 &&
      answering.some((one) =>
        answering.some(
          (other) =>
            one.answerFor(address) !== other.answerFor(address) &&
            this.network.connects(one.machine.number, other.machine.number),
        ),
      );
    const lost = this.clients.some((client) => !this.#forwards(client.macOf(address)));
    const stranded = answered.size === 0 && concerned.some((station) => this.#isWellPlaced(station, address));
    const moment = { answered, twice, lost, stranded };
    this.#world.measure.look(`${this.number} ${address.text}`, this.#world.scheduler.nowMs, moment);
  }

  get #strangersMac(): Mac {
    return macOf(9, this.number, 9);
  }

  /** Who could answer: for a kernel's address its node, for any other whoever was told of it. */
  #askedFor(target: IpAddress): Iterable<Station> {
    const kernel = this.#byKernel.get(target.text);
    return kernel === undefined ? (this.#concerned.get(target.text) ?? []) : [kernel];
  }

  #broadcast(from: Port, address: IpAddress, mac: Mac): void {
    for (const other of this.#concerned.get(address.text) ?? [])
      if (other.machine.number !== from && other.carrier)
        this.network.send(from, other.machine.number, () => other.seen(address, mac, true));
    for (const client of this.clients)
      this.network.send(from, "client", () => client.gratuitous(address, mac));
  }

  #client(lockMs: number): Client {
    const { network } = this;
    return new Client({
      scheduler: this.#world.scheduler,
      lockMs,
      forwards: (mac) => this.#forwards(mac),
      onChange: (address) => this.changedFor(address),
      ask: (address, answer) => {
        for (const station of this.#askedFor(address)) {
          const by = station.machine.number;
          if (station.carrier)
            network.send("client", by, () =>
              station.asked(address, false, (mac) => network.send(by, "client", () => answer(mac))),
            );
        }
      },
    });
  }

  #forwards(mac: Mac | undefined): boolean {
    const station = mac === undefined ? undefined : this.#byMac.get(mac);
    return station?.machine.forwards === true && this.#isConnected(station);
  }

  #isConnected({ machine, carrier }: Station): boolean {
    return carrier && this.network.connects("client", machine.number);
  }

  /** It knows of the address, had the time to learn, and sees no less of the segment than anybody. */
  #isWellPlaced(station: Station, address: IpAddress): boolean {
    return (
      station.isInformedOf(address) &&
      this.#isConnected(station) &&
      (this.anchor === undefined || this.network.connects("gateway", station.machine.number))
    );
  }
}

/** What a node is on a segment. */
export function peerOn(segment: number, node: number): Peer & { readonly kernel: IpAddress } {
  return {
    id: BigInt(node),
    mac: macOf(0, segment, node),
    kernel: addressOf("IPv4", 0x0a000000n + (BigInt(segment) << 16n) + BigInt(node)),
  };
}

function macOf(kind: number, segment: number, node: number): Mac {
  return macFromBytes(Uint8Array.of(2, kind, segment, 0, node >> 8, node & 0xff));
}
