import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import type { Family, IpAddress } from "@fairlead/net/address.ts";
import type { Mac } from "@fairlead/net/mac.ts";
import type { BpfInstruction } from "../bpf.ts";
import type { NetInterface } from "../netlink/interface-table.ts";
import type { UdpDropReason } from "../udp-socket.ts";

/** What an agent can be asked to do. Each is answered by one number. */
export type Command =
  | {
      readonly do: "open";
      readonly interfaceIndex: number;
      readonly protocol: number;
      readonly filter: readonly BpfInstruction[];
    }
  | { readonly do: "send"; readonly frame: Uint8Array; readonly times: number }
  | { readonly do: "setFilter"; readonly filter: readonly BpfInstruction[] }
  | { readonly do: "join" | "leave"; readonly mac: Mac }
  | {
      readonly do: "openUdp";
      readonly family: Family;
      readonly interfaceName: string;
      readonly interfaceIndex: number;
      readonly port: number;
    }
  | { readonly do: "sendUdp"; readonly to: IpAddress; readonly data: Uint8Array; readonly times: number }
  | {
      /** Sends one datagram past the UDP socket, with this TTL or hop limit. */
      readonly do: "sendWithHops";
      readonly hops: number;
      readonly to: IpAddress;
      readonly port: number;
      readonly interfaceIndex: number;
      readonly data: Uint8Array;
    }
  | { readonly do: "udpDrops" | "closeUdp" }
  | { readonly do: "frames" | "drops" | "lastError" | "close" | "watch" | "stopWatch" | "overruns" };

/** What an agent tells. */
export type Report =
  | { readonly tell: "ready" }
  | { readonly tell: "answer"; readonly value: number }
  | { readonly tell: "frame"; readonly frame: Uint8Array; readonly packetType: number }
  | { readonly tell: "datagram"; readonly data: Uint8Array }
  | { readonly tell: "udpDrop"; readonly reason: UdpDropReason }
  | { readonly tell: "error"; readonly errno: number }
  | { readonly tell: "interfaces"; readonly interfaces: readonly NetInterface[] };

/** A process inside a network namespace that holds one packet socket, one UDP socket and one interface watch. */
export class Agent {
  readonly #process: ChildProcess;
  readonly #answers: ((value: number) => void)[] = [];
  readonly #waiters = new Set<() => void>();
  /** Everything received so far. */
  readonly frames: { readonly frame: Uint8Array; readonly packetType: number }[] = [];
  readonly datagrams: Uint8Array[] = [];
  readonly udpDrops: UdpDropReason[] = [];
  readonly errors: number[] = [];
  readonly reports: (readonly NetInterface[])[] = [];

  private constructor(child: ChildProcess) {
    this.#process = child;
    child.on("message", (report: Report) => this.#take(report));
  }

  /** Starts an agent in `namespace`. */
  static async start(namespace: string): Promise<Agent> {
    const program = join(import.meta.dirname, "agent-process.ts");
    const child = spawn("ip", ["netns", "exec", namespace, process.execPath, program], {
      stdio: ["ignore", "inherit", "inherit", "ipc"],
      serialization: "advanced",
    });
    await once(child, "message");
    return new Agent(child);
  }

  /** Asks for something; resolves with the answer. */
  ask(command: Command): Promise<number> {
    return new Promise((resolve) => {
      this.#answers.push(resolve);
      this.#process.send(command);
    });
  }

  /** Resolves when the condition holds; it is looked at after each report and now and then. @throws Error after `withinMs`. */
  until(what: string, holds: () => boolean, withinMs = 10_000): Promise<void> {
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => {
        done();
        reject(new Error(`not within ${withinMs} ms: ${what}`));
      }, withinMs);
      const look = (): void => {
        if (!holds()) return;
        done();
        resolve();
      };
      const again = setInterval(look, 50);
      const done = (): void => {
        clearTimeout(timer);
        clearInterval(again);
        this.#waiters.delete(look);
      };
      this.#waiters.add(look);
      look();
    });
  }

  /** Stops the process where it is, while `act` runs. */
  async frozen(act: () => unknown): Promise<void> {
    this.#process.kill("SIGSTOP");
    try {
      await act();
    } finally {
      this.#process.kill("SIGCONT");
    }
  }

  /** Ends the process and resolves with its exit code. */
  async stop(): Promise<number | null> {
    const exit = once(this.#process, "exit");
    this.#process.disconnect();
    const [code] = await exit;
    return code;
  }

  #take(report: Report): void {
    if (report.tell === "answer") this.#answers.shift()?.(report.value);
    if (report.tell === "frame") this.frames.push(report);
    if (report.tell === "datagram") this.datagrams.push(report.data);
    if (report.tell === "udpDrop") this.udpDrops.push(report.reason);
    if (report.tell === "error") this.errors.push(report.errno);
    if (report.tell === "interfaces") this.reports.push(report.interfaces);
    for (const look of [...this.#waiters]) look();
  }
}
