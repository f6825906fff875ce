import { addressToBytes, FAMILIES, type Family, type IpAddress } from "@fairlead/net/address.ts";
import { type Mac, macToBytes } from "@fairlead/net/mac.ts";
import type { Clock } from "@fairlead/runtime/clock.ts";
import type { Log } from "@fairlead/runtime/log.ts";
import type { Random } from "@fairlead/runtime/random.ts";
import type { Announcement } from "../announcements/announcement.ts";
import { InterfaceTable, type TableInterface } from "../announcements/interface-table.ts";
import type { TableChange } from "../announcements/table.ts";
import type { EchoDropReason } from "./echo/drop-reasons.ts";
import { type GratuitousForm, GratuitousSchedule } from "./gratuitous.ts";
import type { InterfaceSelf, Watched } from "./interface-self.ts";
import { ArpPort } from "./interfaces/arp-port.ts";
import { EchoPort } from "./interfaces/echo-port.ts";
import type { FamilyPort, FamilyPortOptions, PortChange, ProbeForm } from "./interfaces/family-port.ts";
import type { FrameCounts } from "./interfaces/frame-counts.ts";
import { NdpPort } from "./interfaces/ndp-port.ts";
import { SteadyPort } from "./interfaces/steady-port.ts";
import { KernelAddresses } from "./kernel-addresses.ts";

export interface Layer2Options extends Pick<FamilyPortOptions, "openSocket" | "memberships"> {
  readonly counts: FamilyPortOptions["counts"] & {
    readonly icmp: FrameCounts<EchoDropReason>;
    readonly icmp6: FrameCounts<EchoDropReason>;
  };
  /** Whether pings to what is announced are answered. */
  readonly answerPing: boolean;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Log;
  /** See {@link GratuitousSchedule}. */
  readonly refreshMs: number;
  /** An interface can, or cannot any more, be answered on: see {@link Layer2.failureOn}. */
  readonly onFailureChange: (interfaceIndex: number) => void;
  /**
   * A station on the segment says that it has an address that is watched or announced there. Called before the frame is
   * answered; may change what is announced.
   */
  readonly onSeen: (interfaceIndex: number, address: IpAddress, mac: Mac, gratuitous: boolean) => void;
  /** Called before a frame is judged or sent unasked, so that a process that stood still can say {@link Layer2.silence} first. */
  readonly beforeFrame: (interfaceIndex: number) => void;
}

/**
 * Answers ARP and NDP for what is announced and tells who has what is watched: one port a family on each interface that has
 * something to answer for or to watch, opened with its first address and closed with its last.
 */
export class Layer2 {
  readonly #options: Layer2Options;
  readonly #schedule: GratuitousSchedule;
  readonly #tables = new Map<number, InterfaceTable>();
  /** Interfaces whose table is kept though it may be empty. */
  readonly #watched = new Set<number>();
  readonly #ports = new Map<string, SteadyPort<FamilyPort>>();
  readonly #echoes = new Map<string, SteadyPort<EchoPort>>();
  readonly #kernelAddresses = new KernelAddresses();
  readonly #silent = new Set<number>();
  #kernelDrops = 0;

  constructor(options: Layer2Options) {
    this.#options = options;
    const { clock, random, refreshMs } = options;
    const send = (announcement: Announcement, form: GratuitousForm): void => this.#tell(announcement, form);
    this.#schedule = new GratuitousSchedule({ clock, random, refreshMs, send });
  }

  /**
   * Carries out a change of what is announced. A caretaken address is answered for and never told.
   *
   * @throws Error for an address to be caretaken on an interface that is not watched: its own MAC is not known
   */
  apply({ started, stopped }: TableChange): void {
    for (const one of stopped) {
      this.#schedule.withdraw(one);
      this.#tables.get(one.interfaceIndex)?.delete(one);
    }
    for (const one of started) this.#tableFor(one).set(one);
    for (const index of new Set([...stopped, ...started].map((one) => one.interfaceIndex)))
      this.#follow(index, { started: started.filter(on(index)), stopped: stopped.filter(on(index)) });
    for (const one of started)
      if (one.caretaking) this.#schedule.withdraw(one);
      else this.#schedule.announce(one);
  }

  /** Tells an address to the segment from the first round on, if it is announced. */
  again({ interfaceIndex, address }: Announcement): void {
    const announcement = this.#tables.get(interfaceIndex)?.get(address);
    if (announcement?.caretaking === false) this.#schedule.announce(announcement);
  }

  /**
   * Says what an interface is, and what is watched there from now on: nothing if undefined. To be called again whenever either
   * changes; for an address more or less, {@link watchMore} and {@link watchLess} cost less.
   */
  watch(self: InterfaceSelf, watched: Watched | undefined): void {
    if (watched === undefined) this.#watched.delete(self.index);
    else this.#watched.add(self.index);
    const table = this.#tableOf(self);
    table.own4 = self.v4 === undefined ? undefined : addressToBytes(self.v4);
    table.linkLocal = self.linkLocal === undefined ? undefined : addressToBytes(self.linkLocal);
    table.speakers.assign(watched?.speakers ?? []);
    const gateway = watched?.gateway;
    if (gateway?.text !== table.gateway?.address.text)
      table.gateway = gateway === undefined ? undefined : { address: gateway, mac: undefined };
    const addresses = [...(watched?.addresses ?? [])];
    const unwatched = table.watched.remove(table.watched.without(addresses));
    this.#follow(self.index, { watched: table.watched.add(addresses), unwatched });
  }

  /** Watches these too, on an interface that is watched; on any other nothing happens. */
  watchMore(interfaceIndex: number, addresses: Iterable<IpAddress>): void {
    if (!this.#watched.has(interfaceIndex)) return;
    const watched = this.#tables.get(interfaceIndex)?.watched.add(addresses);
    if (watched !== undefined) this.#follow(interfaceIndex, { watched });
  }

  /** Does not watch these any more. */
  watchLess(interfaceIndex: number, addresses: Iterable<IpAddress>): void {
    const unwatched = this.#tables.get(interfaceIndex)?.watched.remove(addresses);
    if (unwatched !== undefined) this.#follow(interfaceIndex, { unwatched });
  }

  /** Asks the segment who has the address. */
  probe(interfaceIndex: number, target: IpAddress, form: ProbeForm): void {
    this.#ports.get(portKey(interfaceIndex, target.family))?.port?.probe(target, form);
  }

  /** Says which addresses the kernel has itself: pings to those it answers. */
  kernelHas(addresses: Iterable<IpAddress>): void {
    this.#kernelAddresses.assign(addresses);
  }

  /** While silent, nothing is answered on the interface and nothing is announced; it is seen and asked on. */
  silence(interfaceIndex: number, on: boolean): void {
    if (on) this.#silent.add(interfaceIndex);
    else this.#silent.delete(interfaceIndex);
    const table = this.#tables.get(interfaceIndex);
    if (table !== undefined) table.silent = on;
  }

  /** Why nothing of this family is received on the interface although it should be; undefined if all is well. */
  failureOn(interfaceIndex: number, family: Family): string | undefined {
    return this.#ports.get(portKey(interfaceIndex, family))?.failure;
  }

  /** Frames that the kernel had no room for, of all ports. */
  get kernelDrops(): number {
    let open = 0;
    for (const port of [...this.#ports.values(), ...this.#echoes.values()]) open += port.kernelDrops;
    return this.#kernelDrops + open;
  }

  /** Stops answering. */
  stop(): void {
    this.#schedule.stop();
    for (const ports of [this.#ports, this.#echoes])
      for (const key of [...ports.keys()]) this.#close(ports, key);
    this.#tables.clear();
    this.#watched.clear();
  }

  #tell(announcement: Announcement, form: GratuitousForm): void {
    const { interfaceIndex, address } = announcement;
    const port = this.#ports.get(portKey(interfaceIndex, address.family))?.port;
    if (port === undefined) return;
    this.#options.beforeFrame(interfaceIndex);
    if (!port.table.silent) port.announce(announcement, form);
  }

  #tableFor(announcement: Announcement): InterfaceTable {
    const { interfaceIndex: index, interfaceName, mac, macBytes, caretaking } = announcement;
    if (!caretaking) return this.#tableOf({ index, mac, macBytes });
    const table = this.#tables.get(index);
    if (table !== undefined) return table;
    throw new Error(`${announcement.address.text} is caretaken on ${interfaceName}, which is not watched`);
  }

  /** The table of an interface; another if its MAC has changed. */
  #tableOf(own: TableInterface): InterfaceTable {
    const before = this.#tables.get(own.index);
    if (before?.mac === own.mac) return before;
    const table = new InterfaceTable(own, before);
    table.silent = this.#silent.has(own.index);
    this.#tables.set(own.index, table);
    return table;
  }

  /** Opens, changes or closes the ports of an interface whose table has changed. */
  #follow(index: number, change: Partial<PortChange>): void {
    const table = this.#tables.get(index);
    if (table === undefined) return;
    for (const family of FAMILIES) {
      const key = portKey(index, family);
      const ofFamily = changeOf(family, change);
      if (!table.isUsed(family)) this.#closePort(index, family);
      else this.#port(key, table, family, ofFamily);
      if (!this.#options.answerPing || announcedIn(table, family) === 0) this.#close(this.#echoes, key);
      else this.#echo(key, table, family, ofFamily);
    }
    const used = FAMILIES.some((family) => table.isUsed(family));
    if (!used && !this.#watched.has(index)) this.#tables.delete(index);
  }

  /** One that failed does not any more. */
  #closePort(index: number, family: Family): void {
    const hasFailed = this.failureOn(index, family) !== undefined;
    this.#close(this.#ports, portKey(index, family));
    if (hasFailed) this.#options.onFailureChange(index);
  }

  #port(key: string, table: InterfaceTable, family: Family, change: PortChange): void {
    const open = this.#ports.get(key);
    if (open !== undefined) {
      open.follow(table, change);
      return;
    }
    const { index } = table;
    const { clock, random, log, onFailureChange } = this.#options;
    const port = new SteadyPort<FamilyPort>({
      table,
      family,
      purpose: "neighbors",
      make: (own, onError) => this.#familyPort(own, family, onError),
      clock,
      random,
      log,
      onFailureChange: () => onFailureChange(index),
      onOpenedAgain: () => this.#tellAll(index, family),
    });
    this.#ports.set(key, port);
    port.start();
  }

  #familyPort(table: InterfaceTable, family: Family, onError: (errno: number) => void): FamilyPort {
    const { index } = table;
    const { counts, openSocket, memberships, log, onSeen, beforeFrame } = this.#options;
    const options: FamilyPortOptions = {
      table,
      counts,
      openSocket,
      memberships,
      beforeFrame: () => beforeFrame(index),
      onSeen: (address, mac, gratuitous) => {
        if (address.text === table.gateway?.address.text) table.gateway.mac = macToBytes(mac);
        onSeen(index, address, mac, gratuitous);
      },
      onError,
      onGroupFailure: (group, failure) =>
        log.warn("multicast group not joined", { interfaceIndex: index, group: group.text, error: failure }),
    };
    return family === "IPv4" ? new ArpPort(options) : new NdpPort(options);
  }

  /** Without it an address is announced all the same. */
  #echo(key: string, table: InterfaceTable, family: Family, change: PortChange): void {
    const open = this.#echoes.get(key);
    if (open !== undefined) {
      open.follow(table, change);
      return;
    }
    const { counts, openSocket, clock, random, log, beforeFrame } = this.#options;
    const port = new SteadyPort<EchoPort>({
      table,
      family,
      purpose: "echo",
      make: (own, onError) =>
        new EchoPort({
          table: own,
          family,
          kernel: this.#kernelAddresses,
          counts: family === "IPv4" ? counts.icmp : counts.icmp6,
          openSocket,
          clock,
          beforeFrame: () => beforeFrame(own.index),
          onError,
        }),
      clock,
      random,
      log,
      onFailureChange: () => {},
      onOpenedAgain: () => {},
    });
    this.#echoes.set(key, port);
    port.start();
  }

  #tellAll(index: number, family: Family): void {
    const table = this.#tables.get(index);
    if (table === undefined) return;
    for (const one of (family === "IPv4" ? table.v4 : table.v6).values()) this.again(one);
  }

  #close(ports: Map<string, { stop(): void; readonly kernelDrops: number }>, key: string): void {
    const port = ports.get(key);
    if (port === undefined) return;
    port.stop();
    this.#kernelDrops += port.kernelDrops;
    ports.delete(key);
  }
}

function on(index: number): (announcement: Announcement) => boolean {
  return ({ interfaceIndex }) => interfaceIndex === index;
}

/** The part of a change that concerns one family. */
function changeOf(family: Family, change: Partial<PortChange>): PortChange {
  const announced = (some: readonly Announcement[] = []): readonly Announcement[] =>
    some.filter(({ address }) => address.family === family);
  const seen = (some: readonly IpAddress[] = []): readonly IpAddress[] =>
    some.filter((address) => address.family === family);
  return {
    started: announced(change.started),
    stopped: announced(change.stopped),
    watched: seen(change.watched),
    unwatched: seen(change.unwatched),
  };
}

function announcedIn({ v4, v6 }: InterfaceTable, family: Family): number {
  return family === "IPv4" ? v4.size : v6.size;
}

function portKey(index: number, family: Family): string {
  return `${family}%${index}`;
}
