import { type ChildProcess, spawn } from "node:child_process";
import { join } from "node:path";
import { parseAddress } from "@fairlead/net/address.ts";
import type { LogFields } from "@fairlead/runtime/log.ts";
import type { PresentInterface } from "../announcements/present-interface.ts";
import type { PlacedAddress, SnapshotUpdate } from "../announcements/snapshot.ts";
import type { FrameProtocol } from "../wire/counts.ts";
import type { AddressState, FromWire } from "../wire/messages.ts";

export type WireRequest =
  | { readonly ask: "update"; readonly update: SnapshotUpdate }
  | { readonly ask: "counts" }
  | { readonly ask: "stop" };

export type WireReport =
  | { readonly tell: "message"; readonly message: FromWire }
  | { readonly tell: "warning"; readonly event: string; readonly fields: LogFields }
  | { readonly tell: "death"; readonly reason: string }
  | {
      readonly tell: "counts";
      readonly frames: readonly {
        readonly protocol: string;
        readonly name: string;
        readonly count: number;
      }[];
    }
  | { readonly tell: "stopped" };

/** A real wire thread in a network namespace, seen from a test. */
export class WireAgent {
  readonly #process: ChildProcess;
  readonly #node: string;
  readonly #waiters = new Set<() => void>();
  readonly states = new Map<string, AddressState>();
  readonly warnings: string[] = [];
  interfaces: readonly PresentInterface[] = [];
  #counts: Extract<WireReport, { tell: "counts" }>["frames"] = [];
  #countsAsked = 0;
  #countsTold = 0;
  #stopped = false;

  constructor(namespace: string, node: string) {
    this.#node = node;
    const program = join(import.meta.dirname, "wire-process.ts");
    this.#process = spawn("ip", ["netns", "exec", namespace, process.execPath, program, node], {
      stdio: ["ignore", "inherit", "inherit", "ipc"],
      serialization: "advanced",
    });
    this.#process.on("message", (report: WireReport) => this.#take(report));
  }

  /** Places addresses on this node, under the next epoch. */
  place(
    texts: readonly string[],
    options: { epoch?: number; nodes?: readonly string[]; interfaces?: readonly string[] } = {},
  ): void {
    const { epoch = 1, nodes = [this.#node], interfaces } = options;
    const set = texts.map(
      (text): PlacedAddress => ({ address: address(text), epoch, nodes, interfaces, first: false }),
    );
    this.#ask({ ask: "update", update: { set, removed: [] } });
  }

  remove(texts: readonly string[]): void {
    this.#ask({ ask: "update", update: { set: [], removed: texts.map(address) } });
  }

  /** How often this became of a frame. */
  async count(protocol: FrameProtocol, name: string): Promise<number> {
    const asked = ++this.#countsAsked;
    this.#ask({ ask: "counts" });
    await this.until("the counts are there", () => this.#countsTold === asked);
    return this.#counts.find((one) => one.protocol === protocol && one.name === name)?.count ?? 0;
  }

  async stop(): Promise<void> {
    this.#ask({ ask: "stop" });
    await this.until("the wire thread stopped", () => this.#stopped);
  }

  /** Resolves when the condition holds; it is looked at after each report. @throws Error after 5 s */
  until(what: string, holds: () => boolean): Promise<void> {
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => {
        this.#waiters.delete(look);
        reject(new Error(`not within 5 s: ${what}; states ${JSON.stringify([...this.states])}`));
      }, 5000);
      const look = (): void => {
        if (!holds()) return;
        clearTimeout(timer);
        this.#waiters.delete(look);
        resolve();
      };
      this.#waiters.add(look);
      look();
    });
  }

  /** Resolves when the address is answered for (on this interface). */
  announced(text: string, on?: string): Promise<void> {
    return this.until(`${text} is announced`, () => {
      const state = this.states.get(text);
      return (
        state?.kind === "Announcing" && (on === undefined || state.on.some((one) => one.interface === on))
      );
    });
  }

  kill(): void {
    this.#process.kill("SIGKILL");
  }

  #ask(request: WireRequest): void {
    this.#process.send(request);
  }

  #take(report: WireReport): void {
    if (report.tell === "counts") {
      this.#counts = report.frames;
      this.#countsTold++;
    }
    if (report.tell === "stopped") this.#stopped = true;
    if (report.tell === "warning") this.warnings.push(report.event);
    if (report.tell === "death") throw new Error(`the wire thread died: ${report.reason}`);
    if (report.tell === "message" && report.message.type === "interfaces")
      this.interfaces = report.message.interfaces;
    if (report.tell === "message" && report.message.type === "states") {
      for (const [text, state] of report.message.states)
        if (state === undefined) this.states.delete(text);
        else this.states.set(text, state);
    }
    for (const look of [...this.#waiters]) look();
  }
}

function address(text: string): PlacedAddress["address"] {
  const parsed = parseAddress(text);
  if (!parsed.ok) throw new Error(parsed.error);
  return parsed.value;
}
