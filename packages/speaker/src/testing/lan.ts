import { spawn, spawnSync } from "node:child_process";

/** Why tests on a real segment are skipped, or undefined if they can run. */
export const LAN_UNAVAILABLE: string | undefined = unavailable();

function unavailable(): string | undefined {
  if (process.getuid?.() !== 0) return "skipped: needs root (network namespaces)";
  const missing = ["ip", "arping", "ndisc6"].filter((tool) => spawnSync("which", [tool]).status !== 0);
  return missing.length === 0 ? undefined : `skipped: ${missing.join(", ")} not installed`;
}

/** Runs `ip` with these words. @throws Error with what it wrote */
export function ip(words: string): string {
  const run = spawnSync("ip", words.split(" "), { encoding: "utf8" });
  if (run.status === 0) return run.stdout;
  throw new Error(`ip ${words}: ${run.error?.message ?? run.stderr}`);
}

/** What a program in a namespace came to. */
export interface Ran {
  readonly status: number;
  readonly output: string;
}

/** A segment of two: `node`, where the speaker is, and `client`, both with one interface `eth0`. */
export class Lan {
  readonly node = `fls-${process.pid}-node`;
  readonly client = `fls-${process.pid}-client`;

  constructor() {
    for (const namespace of [this.node, this.client]) ip(`netns add ${namespace}`);
    this.connect();
    ip(`-n ${this.client} link set lo up`);
    this.#up(this.client, "192.0.2.2/24", "2001:db8::2/64");
  }

  /** Plugs the node in: makes both ends of the cable. */
  connect(): void {
    ip(`-n ${this.client} link add eth0 type veth peer name eth0 netns ${this.node}`);
    for (const namespace of [this.node, this.client]) ip(`-n ${namespace} link set eth0 addrgenmode none`);
    this.#up(this.node, "192.0.2.1/24", "2001:db8::1/64");
  }

  /** Takes the cable away with both ends, plugs in another. */
  reconnect(): void {
    ip(`-n ${this.node} link del eth0`);
    this.connect();
    this.#up(this.client, "192.0.2.2/24", "2001:db8::2/64");
  }

  /** Runs a program in the client's namespace. */
  ask(...words: readonly string[]): Promise<Ran> {
    return new Promise((resolve, reject) => {
      const child = spawn("ip", ["netns", "exec", this.client, ...words]);
      let output = "";
      for (const stream of [child.stdout, child.stderr])
        stream.setEncoding("utf8").on("data", (text: string) => {
          output += text;
        });
      child.on("error", reject);
      child.on("close", (status) => resolve({ status: status ?? -1, output }));
    });
  }

  remove(): void {
    for (const namespace of [this.node, this.client]) ip(`netns del ${namespace}`);
  }

  #up(namespace: string, v4: string, v6: string): void {
    ip(`-n ${namespace} link set eth0 up`);
    ip(`-n ${namespace} addr add ${v4} dev eth0`);
    ip(`-n ${namespace} addr add ${v6} dev eth0 nodad`);
    // Without a link-local address the kernel sends no solicitations.
    ip(`-n ${namespace} addr add fe80::${v6.includes("::1/") ? 1 : 2}/64 dev eth0 nodad`);
  }
}
