import { type ChildProcess, spawn } from "node:child_process";
import { createInterface } from "node:readline";
import type { LabContext } from "./context.ts";
import { type Frame, PcapReader } from "./pcap.ts";
import { onMember } from "./reach.ts";
import { waitInLab } from "./readiness.ts";

/** What to capture. */
export interface CaptureOptions {
  /** @default "eth0" */
  readonly interface?: string;
  /** Frames that arrive, that leave, or both. @default "inout" */
  readonly direction?: "in" | "out" | "inout";
}

/** Frames that pass a member's interface, as tcpdump sees them. */
export class Capture {
  readonly #context: LabContext;
  readonly #title: string;
  readonly #child: ChildProcess;
  readonly #frames: Frame[] = [];
  readonly #ended: Promise<void>;

  private constructor(context: LabContext, title: string, child: ChildProcess) {
    this.#context = context;
    this.#title = title;
    this.#child = child;
    const reader = new PcapReader();
    child.stdout?.on("data", (bytes: Buffer) => this.#frames.push(...reader.push(bytes)));
    this.#ended = new Promise((resolve) => child.once("close", () => resolve()));
  }

  /**
   * Starts to capture; frames sent after it returns are seen.
   *
   * @param filter in tcpdump's words, such as `arp or icmp6`.
   */
  static async start(
    context: LabContext,
    member: string,
    filter: string,
    options: CaptureOptions = {},
  ): Promise<Capture> {
    const tcpdump = ["tcpdump", "-U", "-n", "-s", "0", "-w", "-", "--immediate-mode", "-Z", "root"];
    const where = ["-i", options.interface ?? "eth0", "-Q", options.direction ?? "inout"];
    const [program = "", ...argv] = onMember(context, member, [...tcpdump, ...where, filter]);
    const child = spawn(program, argv, { stdio: ["ignore", "pipe", "pipe"] });
    const capture = new Capture(context, `${filter} on ${member}`, child);
    await listening(child);
    return capture;
  }

  /** The frames so far. */
  get frames(): readonly Frame[] {
    return this.#frames;
  }

  /** Waits for a frame that matches, past ones included. @throws WaitError if none comes. */
  async frame(description: string, matches: (frame: Frame) => boolean, deadlineMs = 10_000): Promise<Frame> {
    return waitInLab(
      this.#context,
      `${description} (${this.#title})`,
      (see) => {
        see(`${this.#frames.length} other frames`);
        return this.#frames.find(matches);
      },
      { deadlineMs, everyMs: 10 },
    );
  }

  /** Ends the capture and returns all frames. */
  async stop(): Promise<readonly Frame[]> {
    this.#child.kill("SIGINT");
    await this.#ended;
    return this.#frames;
  }
}

function listening(child: ChildProcess): Promise<void> {
  return new Promise((resolve, reject) => {
    if (child.stderr === null) return reject(new Error("tcpdump has no error output"));
    const said: string[] = [];
    createInterface(child.stderr).on("line", (line) => {
      said.push(line);
      if (line.includes("listening on")) resolve();
    });
    child.once("error", reject);
    child.once("close", (code) => reject(new Error(`tcpdump ended with ${code}: ${said.join(" ")}`)));
  });
}
