import { once } from "node:events";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { readWebAnswer, type WebAnswer } from "../../lab/attempt.ts";
import type { Lab } from "../../lab/lab.ts";
import type { Spawned } from "../../lab/reach.ts";

/** A reply of a web pod. */
export interface Reply extends WebAnswer {
  /** Milliseconds since 1970. */
  readonly atMs: number;
}

/** Between datagrams, in ms: often enough that no conntrack entry ends by itself. */
const EVERY_MS = 50;
const PROGRAM = join(import.meta.dirname, "repeat-datagram.ts");

/** Datagrams from one port of a client to an address, without end, as a phone call or a tunnel sends them. */
export class DatagramFlow {
  readonly address: string;
  readonly #lab: Lab;
  readonly #child: Spawned;
  readonly #replies: Reply[] = [];
  #ended: Promise<void> | undefined;

  private constructor(lab: Lab, address: string, child: Spawned) {
    this.#lab = lab;
    this.address = address;
    this.#child = child;
    createInterface(child.stdout).on("line", (line) => {
      const { atMs, text } = JSON.parse(line) as { readonly atMs: number; readonly text: string };
      this.#replies.push({ atMs, ...readWebAnswer(text) });
    });
  }

  /** Begins, and waits for the first reply. */
  static async begin(lab: Lab, member: string, address: string, port: number): Promise<DatagramFlow> {
    const argv = [process.execPath, "--no-warnings", PROGRAM, address, String(port), String(EVERY_MS)];
    const flow = new DatagramFlow(lab, address, lab.spawn(member, argv));
    try {
      await flow.until("any pod", () => true);
    } catch (error) {
      await flow.stop();
      throw error;
    }
    return flow;
  }

  /** Waits for a reply that fits. @param who words for the one who gives it */
  until(who: string, fits: (reply: Reply) => boolean): Promise<Reply> {
    return this.#lab.waitFor(`a datagram through ${this.address} is answered by ${who}`, (see) => {
      see(this.#replies.at(-1));
      return this.#replies.find(fits);
    });
  }

  /** Sends no more and returns all replies, in the order in which they came. */
  async stop(): Promise<readonly Reply[]> {
    this.#ended ??= this.#end();
    await this.#ended;
    return this.#replies;
  }

  async #end(): Promise<void> {
    if (this.#child.exitCode !== null || this.#child.signalCode !== null) return;
    const closed = once(this.#child, "close");
    this.#child.stdin.end();
    await closed;
  }
}

/** The longest time between two replies, in ms. */
export function longestGapMs(replies: readonly Reply[]): number {
  return Math.max(0, ...replies.slice(1).map(({ atMs }, i) => atMs - (replies[i]?.atMs ?? atMs)));
}
