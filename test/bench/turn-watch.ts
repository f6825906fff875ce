import { once } from "node:events";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { questionsFrom } from "../e2e/support/questions.ts";
import { interfaceIndex } from "../e2e/support/wire.ts";
import type { Lab } from "../lab/lab.ts";
import type { Spawned } from "../lab/reach.ts";
import type { TurnOrder, TurnProgress, TurnReport } from "./turn-messages.ts";

const PROGRAM = join(import.meta.dirname, "turn-asker.ts");
const CLIENT = "client-1";
const WAIT = { deadlineMs: 60_000, everyMs: 20 };

/** A client on the LAN that asks for many addresses until each is answered with another MAC. */
export class TurnWatch {
  readonly #lab: Lab;
  readonly #child: Spawned;
  #progress: TurnProgress = { held: 0, turned: 0 };
  readonly #report: Promise<TurnReport>;

  private constructor(lab: Lab, child: Spawned) {
    this.#lab = lab;
    this.#child = child;
    let last = "";
    const lines = createInterface(child.stdout).on("line", (line) => {
      last = line;
      const said = JSON.parse(line) as TurnProgress | TurnReport;
      if ("held" in said) this.#progress = said;
    });
    this.#report = once(lines, "close").then(() => {
      const said = JSON.parse(last) as TurnProgress | TurnReport;
      if ("held" in said) throw new Error(`the asker on ${CLIENT} ended without a report`);
      return said;
    });
    this.#report.catch(() => {});
  }

  /**
   * Begins to ask.
   *
   * @param from the MAC of who has the addresses; undefined if nobody has
   * @param perSecond questions for all of them together
   */
  static async begin(
    lab: Lab,
    addresses: readonly string[],
    from: string | undefined,
    perSecond: number,
  ): Promise<TurnWatch> {
    const ask = questionsFrom(lab, CLIENT);
    const questions = addresses.map((address) => {
      const frame = address.includes(":") ? ask.neighbor(address) : ask.arp(address);
      return { address, frame: Buffer.from(frame).toString("hex") };
    });
    const index = await interfaceIndex(lab, CLIENT);
    const argv = [process.execPath, "--no-warnings", PROGRAM, String(index)];
    const watch = new TurnWatch(lab, lab.spawn(CLIENT, argv));
    watch.#order({ questions, perSecond, ...(from !== undefined && { from }) });
    return watch;
  }

  /** Asks at another pace from now on, and counts anew. */
  pace(perSecond: number): void {
    this.#order({ perSecond });
  }

  /** Waits until so many addresses were answered with the MAC that has them. @throws WaitError if they are not */
  async held(count: number): Promise<void> {
    await this.#lab.waitFor(
      `${count} addresses are answered by who has them`,
      (see) => {
        see(this.#progress);
        return this.#progress.held >= count;
      },
      WAIT,
    );
  }

  /** Waits until so many addresses have turned, at most for so long. */
  async turned(count: number, deadlineMs: number): Promise<void> {
    const endMs = performance.now() + deadlineMs;
    const done = (see: (value: unknown) => void): boolean => {
      see(this.#progress);
      return this.#progress.turned >= count || performance.now() > endMs;
    };
    await this.#lab.waitFor(`${count} addresses have turned`, done, {
      deadlineMs: deadlineMs * 2,
      everyMs: 20,
    });
  }

  /** Asks no more. */
  async stop(): Promise<TurnReport> {
    this.#child.stdin.end();
    return await this.#report;
  }

  #order(order: TurnOrder): void {
    this.#child.stdin.write(`${JSON.stringify(order)}\n`);
  }
}
