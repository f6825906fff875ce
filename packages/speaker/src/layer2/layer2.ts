import { ENETDOWN, errnoName } from "@fairlead/linux/errno.ts";
import type { Family, IpAddress } from "@fairlead/net/address.ts";
import { type BackoffBounds, backoffMs } from "@fairlead/runtime/backoff.ts";
import type { Clock, Timer } from "@fairlead/runtime/clock.ts";
import type { Log } from "@fairlead/runtime/log.ts";
import type { Random } from "@fairlead/runtime/random.ts";
import type { Announcement } from "../announcements/announcement.ts";
import type { InterfaceTable } from "../announcements/interface-table.ts";
import type { AnnouncementTable, TableChange } from "../announcements/table.ts";
import { GratuitousSchedule } from "./gratuitous.ts";
import { ArpPort } from "./interfaces/arp-port.ts";
import type { FamilyPort, FamilyPortOptions } from "./interfaces/family-port.ts";
import { NdpPort } from "./interfaces/ndp-port.ts";

const RETRY: BackoffBounds = { firstMs: 500, mostMs: 30_000 };

export interface Layer2Options extends Pick<FamilyPortOptions, "counts" | "openSocket" | "memberships"> {
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Log;
  /** See {@link GratuitousSchedule}. */
  readonly refreshMs: number;
  /** An interface can, or cannot any more, be answered on: see {@link Layer2.failureOn}. */
  readonly onFailureChange: (interfaceIndex: number) => void;
}

interface Failure {
  readonly text: string;
  readonly failures: number;
  readonly retry: Timer;
}

/**
 * Answers ARP and NDP for what the table says: one port a family on each interface that has something to answer for, opened
 * with its first address and closed with its last. A port that fails is opened again, with back-off.
 */
export class Layer2 {
  readonly #options: Layer2Options;
  readonly #table: AnnouncementTable;
  readonly #schedule: GratuitousSchedule;
  readonly #ports = new Map<string, FamilyPort>();
  readonly #failures = new Map<string, Failure>();
  #kernelDrops = 0;

  constructor(table: AnnouncementTable, options: Layer2Options) {
    this.#table = table;
    this.#options = options;
    const { clock, random, refreshMs } = options;
    const send = (announcement: Announcement, form: Parameters<FamilyPort["announce"]>[1]): void => {
      this.#ports.get(keyOf(announcement))?.announce(announcement, form);
    };
    this.#schedule = new GratuitousSchedule({ clock, random, refreshMs, send });
  }

  /** Carries out a change of the table. */
  apply(change: TableChange): void {
    const keys = new Map<string, { readonly index: number; readonly family: Family }>();
    for (const announcement of [...change.stopped, ...change.started])
      keys.set(keyOf(announcement), placeOf(announcement));
    for (const announcement of change.stopped) this.#schedule.withdraw(announcement);
    for (const [key, { index, family }] of keys) {
      const own = (one: Announcement): boolean => keyOf(one) === key;
      this.#sync(index, family, change.started.filter(own), change.stopped.filter(own));
    }
    for (const announcement of change.started) this.#schedule.announce(announcement);
  }

  /** Why nothing of this family is answered on the interface although it should be; undefined if all is well. */
  failureOn(interfaceIndex: number, family: Family): string | undefined {
    return this.#failures.get(portKey(interfaceIndex, family))?.text;
  }

  /** Frames that the kernel had no room for, of all ports. */
  get kernelDrops(): number {
    let open = 0;
    for (const port of this.#ports.values()) open += port.kernelDrops;
    return this.#kernelDrops + open;
  }

  /** Stops answering. */
  stop(): void {
    this.#schedule.stop();
    for (const key of [...this.#ports.keys()]) this.#close(key);
    for (const { retry } of this.#failures.values()) retry.cancel();
    this.#failures.clear();
  }

  #sync(
    index: number,
    family: Family,
    started: readonly Announcement[],
    stopped: readonly Announcement[],
  ): void {
    const key = portKey(index, family);
    const table = this.#table.onInterface(index);
    const port = this.#ports.get(key);
    if (table === undefined || sizeOf(table, family) === 0) {
      this.#close(key);
      this.#forget(key);
      return;
    }
    if (port?.table === table) {
      port.follow(started, stopped);
      return;
    }
    this.#close(key);
    this.#open(table, family);
  }

  #open(table: InterfaceTable, family: Family): void {
    const key = portKey(table.index, family);
    const { counts, openSocket, memberships, log } = this.#options;
    const options: FamilyPortOptions = {
      table,
      counts,
      openSocket,
      memberships,
      onError: (errno) => this.#failed(table, family, errno),
      onGroupFailure: (group: IpAddress, failure) =>
        log.warn("multicast group not joined", {
          interfaceIndex: table.index,
          group: group.text,
          error: failure,
        }),
    };
    const port = family === "IPv4" ? new ArpPort(options) : new NdpPort(options);
    const failure = port.open();
    if (failure !== undefined) {
      port.close();
      this.#retry(table, family, failure.message);
      return;
    }
    this.#ports.set(key, port);
    if (!this.#forget(key)) return;
    this.#options.log.info("packet socket opened again", { interfaceIndex: table.index, family });
    this.#options.onFailureChange(table.index);
    for (const one of (family === "IPv4" ? table.v4 : table.v6).values()) this.#schedule.announce(one);
  }

  /** A socket whose interface went down works again when it comes up; the table says whether it is used meanwhile. */
  #failed(table: InterfaceTable, family: Family, errno: number): void {
    if (errno === ENETDOWN) return;
    const key = portKey(table.index, family);
    if (this.#ports.get(key)?.table !== table) return;
    this.#close(key);
    this.#retry(table, family, `the packet socket failed: ${errnoName(errno)}`);
  }

  #retry(table: InterfaceTable, family: Family, text: string): void {
    const key = portKey(table.index, family);
    const before = this.#failures.get(key);
    before?.retry.cancel();
    const failures = (before?.failures ?? 0) + 1;
    const { clock, random, log, onFailureChange } = this.#options;
    const retry = clock.after(backoffMs(failures, RETRY, random), () => this.#again(table, family));
    this.#failures.set(key, { text, failures, retry });
    if (before?.text === text) return;
    log.warn("packet socket failed", { interfaceIndex: table.index, family, error: text });
    onFailureChange(table.index);
  }

  #again(table: InterfaceTable, family: Family): void {
    if (this.#table.onInterface(table.index) === table) this.#open(table, family);
  }

  #close(key: string): void {
    const port = this.#ports.get(key);
    if (port === undefined) return;
    this.#kernelDrops += port.kernelDrops;
    port.close();
    this.#ports.delete(key);
  }

  /** @returns whether there was a failure */
  #forget(key: string): boolean {
    this.#failures.get(key)?.retry.cancel();
    return this.#failures.delete(key);
  }
}

function placeOf(announcement: Announcement): { readonly index: number; readonly family: Family } {
  return { index: announcement.interfaceIndex, family: announcement.address.family };
}

function keyOf(announcement: Announcement): string {
  return portKey(announcement.interfaceIndex, announcement.address.family);
}

function portKey(index: number, family: Family): string {
  return `${family}%${index}`;
}

function sizeOf(table: InterfaceTable, family: Family): number {
  return family === "IPv4" ? table.v4.size : table.v6.size;
}
