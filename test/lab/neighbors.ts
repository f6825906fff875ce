import { CommandError } from "./command.ts";
import type { LabContext } from "./context.ts";
import { exec } from "./reach.ts";

/** One entry of a member's ARP or NDP table. */
export interface Neighbor {
  readonly address: string;
  readonly interface: string;
  /** Absent while it is being asked for, and after that failed. */
  readonly mac: string | undefined;
  /** `REACHABLE`, `STALE`, `PERMANENT`, `FAILED`... */
  readonly state: string;
}

interface IpNeighbor {
  readonly dst: string;
  readonly dev: string;
  readonly lladdr?: string;
  readonly state?: readonly string[];
}

/** Reads the output of `ip -j neigh`. */
export function readNeighbors(json: string): readonly Neighbor[] {
  const entries = (json.trim() === "" ? [] : JSON.parse(json)) as readonly IpNeighbor[];
  return entries.map(({ dst, dev, lladdr, state }) => ({
    address: dst,
    interface: dev,
    mac: lladdr,
    state: state?.[0] ?? "NONE",
  }));
}

/** A member's ARP and NDP tables. */
export async function neighbors(context: LabContext, member: string): Promise<readonly Neighbor[]> {
  return readNeighbors((await exec(context, member, ["ip", "-j", "neigh", "show"])).stdout);
}

/** Makes a member forget one address, or all. */
export async function flushNeighbors(context: LabContext, member: string, address?: string): Promise<void> {
  const which = address === undefined ? ["all"] : ["to", address];
  await exec(context, member, ["ip", "neigh", "flush", ...which]);
}

/** Writes an entry by hand, which the kernel neither asks for nor forgets. */
export async function setNeighbor(
  context: LabContext,
  member: string,
  entry: { address: string; mac: string; interface?: string },
): Promise<void> {
  const argv = [
    "ip",
    "neigh",
    "replace",
    entry.address,
    "lladdr",
    entry.mac,
    "dev",
    entry.interface ?? "eth0",
  ];
  await exec(context, member, [...argv, "nud", "permanent"]);
}

/** One reply to an ARP request or a neighbor solicitation. */
export interface Resolution {
  readonly mac: string;
}

/** How to ask. */
export interface ResolveOptions {
  /** Requests to send, one a second; all replies to each are collected. @default 1 */
  readonly count?: number;
  /** @default "eth0" */
  readonly interface?: string;
}

/** Asks for an IPv4 address by ARP, outside the kernel's table. Every reply is listed: two MACs are two answerers. */
export async function arping(
  context: LabContext,
  member: string,
  address: string,
  options: ResolveOptions = {},
): Promise<readonly Resolution[]> {
  const count = options.count ?? 1;
  const argv = [
    "arping",
    "-b",
    "-c",
    String(count),
    "-w",
    String(count),
    "-I",
    options.interface ?? "eth0",
    address,
  ];
  const { stdout } = await exec(context, member, argv, { accept: [0, 1], deadlineMs: (count + 10) * 1000 });
  return readArping(stdout);
}

/** Reads the replies out of the output of `arping`. */
export function readArping(text: string): readonly Resolution[] {
  return [...text.matchAll(/^\w+ reply from \S+ \[([0-9A-Fa-f:]+)\]/gm)].map(([, mac = ""]) => ({
    mac: mac.toLowerCase(),
  }));
}

/** Asks for an IPv6 address by neighbor solicitation, outside the kernel's table. */
export async function ndisc(
  context: LabContext,
  member: string,
  address: string,
  options: ResolveOptions = {},
): Promise<readonly Resolution[]> {
  const count = String(options.count ?? 1);
  const argv = ["ndisc6", "-m", "-n", "-q", "-r", count, "-w", "1000", address, options.interface ?? "eth0"];
  const { stdout, stderr, code } = await exec(context, member, argv, { accept: [0, 1, 2] });
  if (code === 1 && stdout === "") throw new CommandError(argv, { code, stdout, stderr }, "exit code 1");
  return readNdisc(stdout);
}

/** Reads the MACs that `ndisc6 -q` prints, one a line. */
export function readNdisc(text: string): readonly Resolution[] {
  return [...text.matchAll(/^\s*([0-9A-Fa-f]{1,2}(?::[0-9A-Fa-f]{1,2}){5})\s*$/gm)].map(([, mac = ""]) => ({
    mac: mac
      .split(":")
      .map((octet) => octet.padStart(2, "0").toLowerCase())
      .join(":"),
  }));
}
