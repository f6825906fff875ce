import { ENETDOWN, errnoName } from "@fairlead/linux/errno.ts";
import type { Family } from "@fairlead/net/address.ts";
import { type BackoffBounds, backoffMs } from "@fairlead/runtime/backoff.ts";
import type { Clock, Timer } from "@fairlead/runtime/clock.ts";
import type { Log } from "@fairlead/runtime/log.ts";
import type { Random } from "@fairlead/runtime/random.ts";
import type { InterfaceTable } from "../../announcements/interface-table.ts";
import type { PortChange } from "./family-port.ts";

const RETRY: BackoffBounds = { firstMs: 500, mostMs: 30_000 };

/** What can be kept open. */
export interface OpenedPort {
  /** @returns why it could not be opened */
  open(): Error | undefined;
  /** Lets it follow the table, which has changed. */
  follow(change: PortChange): void;
  /** Frames that the kernel had no room for since the port was opened. */
  readonly kernelDrops: number;
  close(): void;
}

export interface SteadyPortOptions<P extends OpenedPort> {
  readonly table: InterfaceTable;
  readonly family: Family;
  /** What it is for, for the log. */
  readonly purpose: "neighbors" | "echo";
  /** Makes a port that is not open yet; `onError` is to be called when receiving fails, with a positive errno. */
  readonly make: (table: InterfaceTable, onError: (errno: number) => void) => P;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Log;
  /** {@link SteadyPort.failure} changed. */
  readonly onFailureChange: () => void;
  /** It was opened after a failure: whatever the table holds has not been told. */
  readonly onOpenedAgain: () => void;
}

interface Failure {
  readonly text: string;
  readonly failures: number;
  readonly retry: Timer;
}

/** The port of one family on one interface, for as long as it is needed: one that fails is opened again, with back-off. */
export class SteadyPort<P extends OpenedPort> {
  readonly #options: SteadyPortOptions<P>;
  #table: InterfaceTable;
  #port: P | undefined;
  #failure: Failure | undefined;
  #kernelDrops = 0;

  constructor(options: SteadyPortOptions<P>) {
    this.#table = options.table;
    this.#options = options;
  }

  /** Opens it for the first time; told of what fails by {@link SteadyPortOptions.onFailureChange}. */
  start(): void {
    this.#open();
  }

  /** The port, unless it has failed. */
  get port(): P | undefined {
    return this.#port;
  }

  /** Why it is not open; undefined if it is. */
  get failure(): string | undefined {
    return this.#failure?.text;
  }

  /** Frames that the kernel had no room for, of all its sockets. */
  get kernelDrops(): number {
    return this.#kernelDrops + (this.#port?.kernelDrops ?? 0);
  }

  /** The table changed, or there is another. What is to be announced is a reason to try at once, what is to be watched is none. */
  follow(table: InterfaceTable, change: PortChange): void {
    const same = this.#table === table;
    this.#table = table;
    if (same && this.#port !== undefined) {
      this.#port.follow(change);
      return;
    }
    if (same && this.#failure !== undefined && change.started.length === 0) return;
    this.#close();
    this.#open();
  }

  stop(): void {
    this.#close();
    this.#failure?.retry.cancel();
    this.#failure = undefined;
  }

  #open(): void {
    const { family, purpose, log } = this.#options;
    const interfaceIndex = this.#table.index;
    const port: P = this.#options.make(this.#table, (errno) => this.#failed(port, errno));
    const error = port.open();
    if (error !== undefined) {
      port.close();
      this.#retry(error.message);
      return;
    }
    this.#port = port;
    if (this.#failure === undefined) return;
    this.#failure.retry.cancel();
    this.#failure = undefined;
    log.info("packet socket opened again", { interfaceIndex, family, purpose });
    this.#options.onFailureChange();
    this.#options.onOpenedAgain();
  }

  /** A socket whose interface went down works again when it comes up; the table says whether it is used meanwhile. */
  #failed(port: P, errno: number): void {
    if (errno === ENETDOWN || this.#port !== port) return;
    this.#close();
    this.#retry(`the packet socket failed: ${errnoName(errno)}`);
  }

  #retry(text: string): void {
    const { family, purpose, clock, random, log, onFailureChange } = this.#options;
    const before = this.#failure;
    before?.retry.cancel();
    const failures = (before?.failures ?? 0) + 1;
    const retry = clock.after(backoffMs(failures, RETRY, random), () => this.#open());
    this.#failure = { text, failures, retry };
    if (before?.text === text) return;
    log.warn("packet socket failed", { interfaceIndex: this.#table.index, family, purpose, error: text });
    onFailureChange();
  }

  #close(): void {
    const port = this.#port;
    if (port === undefined) return;
    this.#kernelDrops += port.kernelDrops;
    this.#port = undefined;
    port.close();
  }
}
