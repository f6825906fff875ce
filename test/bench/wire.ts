import type { ChildProcess } from "node:child_process";
import { join } from "node:path";
import { createInterface } from "node:readline";
import type { Lab } from "../lab/lab.ts";
import type { WireEvent, WireOrder } from "./wire-messages.ts";

const PROGRAM = join(import.meta.dirname, "wire-asker.ts");

/** What a client on the LAN finds out about addresses by asking for them. */
export class Wire {
  readonly #child: ChildProcess;
  readonly #ended: Promise<void>;

  private constructor(child: ChildProcess) {
    this.#child = child;
    this.#ended = new Promise((resolve) => child.once("close", () => resolve()));
  }

  /** Starts the asker on the first client; resolves when it hears the LAN. */
  static async open(lab: Lab, onEvent: (event: WireEvent) => void): Promise<Wire> {
    const child = lab.spawn("client-1", [process.execPath, "--no-warnings", PROGRAM, "eth0"]);
    const lines = createInterface(child.stdout);
    await new Promise<void>((resolve, reject) => {
      lines.once("line", () => resolve());
      child.once("error", reject);
      child.once("close", (code) => reject(new Error(`the asker on client-1 ended with ${code}`)));
    });
    lines.on("line", (line) => onEvent(JSON.parse(line) as WireEvent));
    return new Wire(child);
  }

  ask(address: string, until: WireOrder["until"]): void {
    const order: WireOrder = { address, until };
    this.#child.stdin?.write(`${JSON.stringify(order)}\n`);
  }

  async close(): Promise<void> {
    this.#child.stdin?.end();
    await this.#ended;
  }
}
